import { Worker } from "node:worker_threads";
import { DataError, WorkerError } from "../../errors.js";
import { withoutTelemetry } from "../../telemetry.js";
import { threadEntry } from "../../thread-entry.js";
import type { EmbedReply, EmbedRequest, Failure, WorkerGreeting, WorkerStart } from "./messages.js";
import type { PackedItems } from "./packed-items.js";

/** Someone who waits for vectors. */
interface Waiting {
  /** Of which encoder, for messages. */
  readonly encoder: string;
  readonly resolve: (vectors: Float32Array) => void;
  readonly reject: (error: Error) => void;
}

/** One worker thread with encoders in it. */
export class EmbeddingThread {
  /** What became of the encoders there. Rejects with WorkerError when the thread does not come up. */
  readonly greeting: Promise<WorkerGreeting>;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;
  #ended: WorkerError | null = null;

  constructor(start: WorkerStart) {
    withoutTelemetry();
    this.#worker = new Worker(threadEntry(import.meta.url, "embedding-worker"), {
      name: "likewise",
      workerData: start,
    });
    this.greeting = new Promise((resolve, reject) => {
      this.#worker.once("message", (greeting: WorkerGreeting) => {
        this.#worker.on("message", (reply: EmbedReply) => this.#receive(reply));
        resolve(greeting);
      });
      this.#worker.on("error", (cause) => reject(this.#end("it met an error that nobody caught", cause)));
      this.#worker.on("messageerror", (cause) => reject(this.#end("its answer could not be read", cause)));
      this.#worker.on("exit", (code) => reject(this.#end(`it ended with code ${code}`)));
    });
    this.greeting.catch(() => undefined);
  }

  /** Batches that were given and not answered yet. */
  get load(): number {
    return this.#waiting.size;
  }

  /**
   * What an encoder gives for items.
   * @throws DataError as the encoder threw it; WorkerError for whatever else happens there.
   */
  embed(encoder: string, items: PackedItems): Promise<Float32Array> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== null) throw this.#ended;
      const id = this.#asked;
      this.#worker.postMessage({ id, encoder, items } satisfies EmbedRequest);
      this.#asked += 1;
      this.#waiting.set(id, { encoder, resolve, reject });
    });
  }

  /** Ends the thread; whoever still waits gets an error. */
  async stop(): Promise<void> {
    this.#end("filling was ended");
    await this.#worker.terminate();
  }

  #receive(reply: EmbedReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ("vectors" in reply) waiting?.resolve(reply.vectors);
    else waiting?.reject(errorOf(waiting.encoder, reply.failure));
  }

  #end(reason: string, cause?: unknown): WorkerError {
    const why = cause === undefined ? reason : `${reason}: ${cause instanceof Error ? cause.message : String(cause)}`;
    this.#ended ??= new WorkerError(
      `a worker that computes vectors has stopped: ${why}; vectors that were stored before are kept (workers: 0 in CacheConfig ` +
        "computes in this thread)",
      { cause },
    );
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
    return this.#ended;
  }
}

function errorOf(encoder: string, { message, stack, code }: Failure): Error {
  const cause = new Error(message);
  cause.stack = stack;
  if (code === "DATA") return new DataError(message, undefined, undefined, { cause });
  return new WorkerError(`encoder "${encoder}" failed in a worker: ${message}`, { cause });
}
