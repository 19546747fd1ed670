import type { InferenceSession, Tensor } from "onnxruntime-node";
import { errorCode } from "../../error-code.js";
import { EngineError } from "../../errors.js";
import { withoutTelemetry } from "../../telemetry.js";
import { mapEntries } from "../../tensor/tree.js";
import { freeNow } from "./free-now.js";
import type { OnnxData, OnnxType } from "./model.js";

/** Version of onnxruntime-node that this library is tested with. */
const TESTED_VERSION = "1.30.0";

/**
 * How long a thread of a graph that has nothing to do holds its core before it sleeps, in microseconds. With as many threads as cores, the
 * loop, the loader or another program waits for that core, and the graph for them: with the runtime's own, much longer time, steps take up to
 * a quarter longer while something else is running.
 */
const SPIN_MICROSECONDS = "100";

/** The execution provider that every build has. */
export const PROCESSOR = "cpu";

/** Numbers as the native runtime reads them; booleans are bytes. */
export type NativeData = Float32Array | Int32Array | Uint8Array;

/** A tensor of the native runtime, over an array that it does not copy. */
export type NativeTensor = Tensor;

/** A loaded graph. Runs block the thread they are started on. */
export interface NativeGraph {
  /**
   * Runs on tensors by name. The results are new arrays each time, except those for which there is a target, which is the result then;
   * with targets, every output that is wanted has to be named, with null for a new array.
   */
  run(
    inputs: Readonly<Record<string, NativeTensor>>,
    targets: Readonly<Record<string, NativeTensor | null>>,
  ): Promise<Readonly<Record<string, NativeTensor>>>;
  /** Frees what the runtime holds for this graph. */
  release(): Promise<void>;
}

/** onnxruntime-node. */
export interface NativeRuntime {
  readonly version: string;
  tensor(type: OnnxType, data: NativeData | OnnxData, shape: readonly number[]): NativeTensor;
  /** Execution providers that this build knows: "cpu", "cuda", "webgpu"… */
  readonly providers: readonly string[];
  /**
   * @param bytes an ONNX file.
   * @param provider what runs it; default the processor.
   */
  load(bytes: Uint8Array, threads: number, provider?: string): Promise<NativeGraph>;
}

/**
 * Loads onnxruntime-node, an optional dependency.
 *
 * @throws EngineError with the command that installs it.
 */
export async function loadRuntime(
  load: () => Promise<typeof import("onnxruntime-node")> = () => import("onnxruntime-node"),
): Promise<NativeRuntime> {
  let runtime: typeof import("onnxruntime-node");
  withoutTelemetry();
  try {
    runtime = await load();
  } catch (cause) {
    throw new EngineError(howToInstall(cause), { cause });
  }
  return {
    version: runtime.env.versions.node ?? "of unknown version",
    providers: runtime.listSupportedBackends().map(({ name }) => name),
    tensor: (type, data, shape) => new runtime.Tensor(type, data as Float32Array, shape),
    load: async (bytes, threads, provider) =>
      toGraph(await runtime.InferenceSession.create(bytes, options(threads, provider))),
  };
}

function toGraph(session: InferenceSession): NativeGraph {
  return {
    async run(inputs, targets) {
      const results = await session.run(inputs, targets);
      const copies: ArrayBuffer[] = [];
      const own = mapEntries(results, (result, name) => {
        const target = targets[name] ?? null;
        if (target === null) return result;
        const [copied, written] = [result, target].map(({ data }) => (data as NativeData).buffer as ArrayBuffer);
        if (copied !== undefined && copied !== written) copies.push(copied);
        return target;
      });
      freeNow(copies);
      return own;
    },
    release: () => session.release(),
  };
}

function options(threads: number, provider = PROCESSOR): InferenceSession.SessionOptions {
  return {
    // What the provider has no code for, the processor does.
    executionProviders: provider === PROCESSOR ? [PROCESSOR] : [provider, PROCESSOR],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: "all",
    // A plan of all intermediates as one block holds up to twice as much, and saves no time that could be measured.
    enableMemPattern: false,
    // Errors alone: warnings of the runtime speak of the graph, which users never see.
    logSeverityLevel: 3,
    extra: {
      session: {
        // Slots of an optimizer decay to numbers so small that processors handle them a hundred times slower than zero.
        set_denormal_as_zero: "1",
        "intra_op.spin_duration_us": SPIN_MICROSECONDS,
        force_spinning_stop: "1",
      },
    },
  };
}

function howToInstall(cause: unknown): string {
  const install =
    `npm install onnxruntime-node@${TESTED_VERSION} (for the processor alone, put onnxruntime-node-install=skip ` +
    `into .npmrc first: it then downloads no CUDA libraries)`;
  const missing = errorCode(cause) === "ERR_MODULE_NOT_FOUND";
  if (missing) return `onnxruntime-node is not installed; install it: ${install}`;
  const reason = cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : String(cause);
  return `onnxruntime-node does not load: ${reason}; install it again: ${install}`;
}
