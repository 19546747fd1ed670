import type { CacheConfig } from "../../cache/cache-config.js";
import { modelModuleUrl } from "../../cache/model-module.js";
import type { Elsewhere } from "../../cache/row-computer.js";
import type { FrozenEncoder } from "../../contracts/encoder.js";
import { ConfigError, WorkerError } from "../../errors.js";
import { savedPart } from "../../model/model-file.js";
import { backendInUse } from "../../tensor/backend.js";
import { EmbeddingThread } from "./embedding-thread.js";
import type { WorkerGreeting, WorkerStart } from "./messages.js";
import { packItems, unportable, type PackedItems } from "./packed-items.js";

/** Batches a worker has at most: one it computes, one that waits. */
const BATCHES = 2;

/** Whose vectors are computed. */
export interface NamedEncoder<in Item> {
  readonly name: string;
  readonly encoder: FrozenEncoder<Item>;
}

/** Worker threads that compute the vectors of encoders; they start when the first vector is asked for. */
export class EmbeddingWorkers<Item> implements Elsewhere<Item>, AsyncDisposable {
  readonly ahead: number;
  readonly #config: CacheConfig;
  readonly #encoders: readonly NamedEncoder<Item>[];
  #threads: readonly EmbeddingThread[] = [];
  #starting: Promise<void> | null = null;
  #stopped = false;

  constructor(config: CacheConfig, encoders: readonly NamedEncoder<Item>[]) {
    this.ahead = BATCHES * config.workers;
    this.#config = config;
    this.#encoders = encoders;
  }

  /**
   * @throws ConfigError listing the encoders that workers cannot make again or that are not the same there; DataError naming an item that
   * cannot be given to a worker, or as the encoder threw it; WorkerError when a worker fails.
   */
  async embed(encoder: string, items: readonly Item[], positions: readonly number[]): Promise<Float32Array> {
    const packed = packItems(items, positions);
    await (this.#starting ??= this.#start());
    if (this.#stopped) throw new WorkerError("filling was ended while vectors were still to be computed");
    const [first, ...others] = this.#threads as readonly [EmbeddingThread, ...EmbeddingThread[]];
    const idlest = others.reduce((least, thread) => (thread.load < least.load ? thread : least), first);
    try {
      return await idlest.embed(encoder, packed);
    } catch (error) {
      throw error instanceof DOMException && error.name === "DataCloneError"
        ? cloneError(packed, positions, error)
        : error;
    }
  }

  /** Ends the threads; vectors that are still waited for are an error. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#threads.map((thread) => thread.stop()));
  }

  async #start(): Promise<void> {
    const encoders = this.#encoders.map(({ name, encoder }) => {
      const [packed] = packItems([{ saved: savedPart(encoder), weights: encoder.weights }], [0]).items;
      return { name, ...(packed as Omit<WorkerStart["encoders"][number], "name">) };
    });
    const start = { encoders, modelModule: modelModuleUrl(this.#config), backend: backendInUse() };
    const count = this.#stopped ? 0 : this.#config.workers;
    this.#threads = Array.from({ length: count }, () => new EmbeddingThread(start));
    const greetings = await Promise.all(this.#threads.map(({ greeting }) => greeting));
    const problems = this.#encoders.flatMap(({ name, encoder }) => {
      const fingerprint = encoder.fingerprint();
      const problem = greetings
        .map((greeting) =>
          problemOf(
            greeting.find((said) => said.name === name),
            fingerprint,
          ),
        )
        .find((found) => found !== null);
      return problem === undefined
        ? []
        : [`workers cannot compute the vectors of encoder "${name}" (${encoder.type}): ${problem}, or use workers: 0`];
    });
    if (problems.length > 0) throw new ConfigError("CacheConfig", problems);
  }
}

function problemOf(said: WorkerGreeting[number] | undefined, fingerprint: string): string | null {
  if (said === undefined || "problem" in said) return `${said?.problem ?? "it was not made"}; change modelModule`;
  if (said.fingerprint === fingerprint) return null;
  return (
    "made again from its configuration and weights it has another fingerprint; let these hold everything that its vectors depend on, and " +
    "let modelModule export the very class"
  );
}

/** Finds the item that cannot be sent. */
function cloneError({ items }: PackedItems, positions: readonly number[], cause: DOMException): unknown {
  for (const [row, item] of items.entries()) {
    try {
      structuredClone(item);
    } catch {
      return unportable(positions[row] ?? row, `what threads cannot exchange (${cause.message})`, cause);
    }
  }
  return cause;
}
