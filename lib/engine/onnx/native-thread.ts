import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { EngineError } from "../../errors.js";
import { withoutTelemetry } from "../../telemetry.js";
import { threadEntry } from "../../thread-entry.js";
import type {
  AnswerTo,
  NativeAnswers,
  NativeGreeting,
  NativeReply,
  NativeRequest,
  NativeTask,
} from "./native-messages.js";
import { leaveAtExit, waitAtExit, WorkSign } from "./work-sign.js";

/** Someone who waits for an answer. */
interface Waiting {
  readonly resolve: (answer: NativeAnswers[keyof NativeAnswers]) => void;
  readonly reject: (error: EngineError) => void;
}

/**
 * The thread that runs graphs, so that timers, progress and loading of data go on meanwhile. It keeps the process alive only while
 * an answer is awaited.
 */
export class NativeThread {
  readonly version: string;
  /** Execution providers that the runtime knows. */
  readonly providers: readonly string[];
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;
  /** Why nothing can be asked any more. */
  #ended: string | null = null;

  private constructor(
    worker: Worker,
    sign: WorkSign,
    { version, providers }: Extract<NativeGreeting, { readonly version: string }>,
  ) {
    this.#worker = worker;
    this.version = version;
    this.providers = providers;
    worker.on("message", (reply: NativeReply) => this.#receive(reply));
    worker.on("messageerror", (error) => this.#end(`an answer could not be read: ${error.message}`));
    worker.on("error", (error) => this.#end(error instanceof Error ? error.message : String(error)));
    worker.on("exit", (code) => {
      leaveAtExit(sign);
      this.#end(`it ended with code ${code}`);
    });
    worker.unref();
    waitAtExit(sign);
  }

  /** @throws EngineError when onnxruntime-node does not load. */
  static async start(): Promise<NativeThread> {
    withoutTelemetry();
    const sign = new WorkSign();
    const entry = threadEntry(import.meta.url, "native-worker");
    const worker = new Worker(entry, { name: "likewise", workerData: sign.shared });
    const greeting = await firstMessage(worker);
    if ("version" in greeting) return new NativeThread(worker, sign, greeting);
    await worker.terminate();
    throw new EngineError(greeting.missing);
  }

  /**
   * @param handedOver buffers in the task that the asker gives away.
   * @throws EngineError with what the native runtime says.
   */
  ask<Task extends NativeTask>(task: Task, handedOver: readonly ArrayBuffer[] = []): Promise<AnswerTo<Task>> {
    if (this.#ended !== null) return Promise.reject(this.#failure(this.#ended));
    this.#asked += 1;
    const id = this.#asked;
    return new Promise<AnswerTo<Task>>((resolve, reject) => {
      if (this.#waiting.size === 0) this.#worker.ref();
      this.#waiting.set(id, { resolve: resolve as Waiting["resolve"], reject });
      this.#worker.postMessage({ id, task } satisfies NativeRequest, handedOver);
    });
  }

  /** False once the thread has ended. */
  get alive(): boolean {
    return this.#ended === null;
  }

  /** Asks for something that cannot fail and is not waited for; tasks are done in order. */
  tell(task: NativeTask): void {
    if (this.#ended === null) this.#worker.postMessage({ id: null, task } satisfies NativeRequest);
  }

  /** Ends the thread; whoever still waits gets an error. */
  async stop(): Promise<void> {
    this.#end("the engine was closed");
    await this.#worker.terminate();
  }

  #receive(reply: NativeReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if ("answer" in reply) waiting?.resolve(reply.answer);
    else waiting?.reject(new EngineError(reply.problem));
  }

  #end(reason: string): void {
    this.#ended ??= reason;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(this.#failure(this.#ended));
  }

  #failure(reason: string): EngineError {
    return new EngineError(`the thread of the compiled engine has stopped: ${reason}`);
  }
}

async function firstMessage(worker: Worker): Promise<NativeGreeting> {
  try {
    return ((await once(worker, "message")) as [NativeGreeting])[0];
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { missing: `the thread of the compiled engine does not start: ${why}` };
  }
}
