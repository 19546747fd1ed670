import { availableParallelism } from "node:os";
import type { Engine, Program, Session } from "../contracts/engine.js";
import { ConfigError, UsageError } from "../errors.js";
import { prepareBackend } from "../tensor/backend.js";
import type { HostTensors } from "../tensor/host.js";
import { CompiledSession } from "./compiled-session.js";
import { useNativeProducts } from "./onnx-products.js";
import { returnThread, takeThread } from "./onnx/idle-threads.js";
import type { NativeSettings } from "./onnx/native-messages.js";
import type { NativeThread } from "./onnx/native-thread.js";
import { requireProvider } from "./onnx/require-provider.js";
import { PROCESSOR } from "./onnx/session.js";

/** How the compiled engine runs. */
export interface CompiledEngineOptions {
  /** Threads of native code. Null and default: half the processors, at most four. */
  readonly threads?: number | null;
  /** What runs the graphs, by the name that the native runtime has for it. Default null: the processor. */
  readonly executionProvider?: string | null;
}

/** Beyond this, steps of the usual size get slower rather than faster. */
const MOST_THREADS = 4;

/**
 * Runs programs natively: each is traced once for every set of input shapes, written as one graph, and run by onnxruntime-node on a
 * thread of its own. What cannot be traced runs eagerly.
 */
export class CompiledEngine implements Engine {
  readonly name = "compiled";
  readonly description: string;
  readonly #thread: NativeThread;
  readonly #settings: NativeSettings;
  readonly #sessions = new Set<CompiledSession>();
  #started = 0;
  #closed = false;

  private constructor(thread: NativeThread, settings: NativeSettings) {
    this.#thread = thread;
    this.#settings = settings;
    const { provider, threads } = settings;
    const where = provider === PROCESSOR ? "CPU" : provider;
    this.description = `compiled, onnxruntime-node ${thread.version} (${where}, ${threads} thread${threads === 1 ? "" : "s"})`;
  }

  /** @throws EngineError with what to install, when onnxruntime-node does not load or cannot run on the provider that was asked for. */
  static async open({ threads, executionProvider }: CompiledEngineOptions = {}): Promise<CompiledEngine> {
    const wanted = threads ?? Math.max(1, Math.min(MOST_THREADS, availableParallelism() >> 1));
    if (!Number.isInteger(wanted) || wanted < 1)
      throw new ConfigError("CompiledEngine", [`threads must be a whole number from 1, got ${wanted}`]);
    // A backend is there for what is not compiled: recording, encoders that compute with tensors, programs that fall back.
    const [thread, backend] = await Promise.allSettled([takeThread(), prepareBackend()]);
    if (thread.status === "rejected") throw thread.reason;
    useNativeProducts();
    try {
      if (backend.status === "rejected") throw backend.reason;
      const provider = executionProvider ?? PROCESSOR;
      await requireProvider(thread.value, provider);
      return new CompiledEngine(thread.value, { threads: wanted, provider });
    } catch (error) {
      returnThread(thread.value);
      throw error;
    }
  }

  async start(
    programs: Readonly<Record<string, Program>>,
    carried: HostTensors,
    warn: (message: string) => void = (message) => process.emitWarning(message),
  ): Promise<Session> {
    if (this.#closed) throw new UsageError("this engine is closed; open another");
    this.#started += 1;
    const session = await CompiledSession.open({
      ...{ thread: this.#thread, id: this.#started, settings: this.#settings, programs, carried, warn },
      onClose: () => this.#sessions.delete(session),
    });
    this.#sessions.add(session);
    return session;
  }

  /** Closes every session that is still open. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.all([...this.#sessions].map((session) => session[Symbol.asyncDispose]()));
    returnThread(this.#thread);
  }
}
