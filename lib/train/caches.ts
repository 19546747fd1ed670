import type { CacheConfig } from "../cache/cache-config.js";
import type { CachedEncoder } from "../cache/cached-encoder.js";
import { cachedEncoders } from "../cache/cached-encoders.js";
import { fillFromBlocks } from "../cache/fill.js";
import { isRouting } from "../contracts/encoder.js";
import { InterruptedError } from "../errors.js";
import type { Kind } from "../contracts/samples.js";
import type { Assembled } from "../model/assemble.js";
import type { EmbedRows } from "../model/collate.js";
import { withGuide } from "../model/guide.js";
import type { HostTensors } from "../tensor/host.js";
import { LateTensor } from "../tensor/late-tensor.js";
import type { TrainEvent } from "./events.js";
import { LoadedItems, type LoadedItemsOptions } from "./loaded-items.js";
import type { Loaders } from "./run.js";
import type { Warnings } from "./warnings.js";
import { EmbeddingWorkers } from "./workers/embedding-workers.js";

/** The caches of a run: vectors of frozen encoders, from memory where the model asks for it. */
export class Caches<K extends Kind, Item> {
  readonly #cached: ReadonlyMap<string, CachedEncoder<Item>>;
  readonly #config: CacheConfig | null;
  readonly #warnings: Warnings;
  /** True when nothing but the caches looks at items. */
  readonly #keepsItems: boolean;
  readonly #numbersItems: boolean;
  readonly #routing: NonNullable<LoadedItemsOptions<Item>["routing"]>;

  constructor({ caches, encoders, guide, xbm }: Assembled<K, Item>, warnings: Warnings) {
    this.#warnings = warnings;
    this.#config = caches;
    // The configuration's key extractors take this model's items: the compiler cannot see it, because a configuration without any fits all.
    const config = caches as CacheConfig<Item> | null;
    this.#cached =
      config === null
        ? new Map<string, never>()
        : cachedEncoders(config, withGuide(encoders, guide), (message) => warnings.warn("CACHE", message));
    const all = withGuide(encoders, guide);
    this.#keepsItems = all.every(([name]) => this.#cached.has(name));
    this.#routing = all.flatMap(([name, encoder]) => (isRouting(encoder) ? [[name, encoder] as const] : []));
    this.#numbersItems = xbm !== null;
  }

  /** Vectors of a frozen encoder, cached or computed. */
  readonly embedRows: EmbedRows<Item> = (name, encoder, items) =>
    this.#cached.get(name)?.lateRows(items) ?? encoder.embed(items);

  /** Takes back the vectors of a batch that nobody will look at again. */
  readonly recycleInputs = (inputs: HostTensors): void => {
    for (const [name, encoder] of this.#cached) {
      const input = inputs[`frozen/${name}`];
      const vectors = input instanceof LateTensor ? input.release() : input?.data;
      if (vectors instanceof Float32Array) encoder.recycle(vectors);
    }
  };

  /** Closes the files and gives up their locks. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const encoder of this.#cached.values()) await encoder.close();
  }

  /**
   * Computes the vectors of all items before the first epoch, and says how far it is.
   * @returns the loaders to train with: they give the same batches, without reading an item again where nothing else looks at items.
   * @throws InterruptedError when the signal ends it.
   */
  async *fill(loaders: Loaders<K, Item>, signal: AbortSignal | null): AsyncGenerator<TrainEvent, Loaders<K, Item>> {
    if (this.#config === null || this.#cached.size === 0) return loaders;
    const { train, validation } = loaders;
    const { maxStreamItems } = this.#config;
    const read = [train, ...(validation === undefined ? [] : [validation])].map(
      (loader) =>
        new LoadedItems<K, Item>(loader, {
          ...{ keeps: this.#keepsItems, numbers: this.#numbersItems, routing: this.#routing, maxStreamItems },
          onReadAgain: (reason) => this.#warnOfReading(loader === train ? "train" : "validation", reason),
        }),
    );
    const counts = read.map(({ itemCount }) => itemCount);
    const total = counts.includes(null) ? null : counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
    const { batchSize } = this.#config;
    const encoders = [...this.#cached.values()];
    const encoder = encoders.map(({ name }) => name).join(", ");
    let done = 0;
    await using workers = this.#config.workers === 0 ? null : new EmbeddingWorkers(this.#config, encoders);
    let waiting: (() => void) | null = null;
    let running = true;
    const filling = fillFromBlocks(encoders, concatenate(read.map((each) => each.blocks(batchSize))), batchSize, {
      ...{ expected: total, elsewhere: workers, signal },
      onProgress: (count) => {
        done = count;
        waiting?.();
      },
    }).finally(() => {
      running = false;
      waiting?.();
    });
    filling.catch(() => undefined);
    let told = -1;
    const began = performance.now();
    const sum = (of: (each: CachedEncoder<Item>) => number): number =>
      encoders.reduce((all, each) => all + of(each), 0);
    const [missesBefore, hitsBefore] = [sum(({ misses }) => misses), sum(({ hits }) => hits)];
    const event = async (of: number | null, finished: boolean): Promise<TrainEvent> => {
      const stored = await Promise.all(encoders.map((each) => each.storedBytes()));
      return {
        type: "caching",
        ...{ encoder, done, total: of, finished },
        computed: sum(({ misses }) => misses) - missesBefore,
        loaded: sum(({ loaded }) => loaded),
        hits: sum(({ hits }) => hits) - hitsBefore,
        memoryBytes: encoders[0]?.memoryBytes ?? 0,
        diskBytes: stored.reduce((all, bytes) => all + bytes, 0),
        seconds: (performance.now() - began) / 1000,
      };
    };
    while (running) {
      if (done === told) {
        await new Promise<void>((resolve) => {
          waiting = resolve;
        });
        continue;
      }
      told = done;
      yield await event(total, false);
    }
    const { items, full } = await filling;
    if (signal?.aborted === true) {
      const kept = this.#config.saveDir === null ? "" : "; the vectors in saveDir are found by the next run";
      throw new InterruptedError(`training was stopped while the caches were filled${kept}`, { cause: signal.reason });
    }
    done = items;
    yield await event(items, true);
    if (full.length > 0) {
      const message = `the cache has no room for all vectors of encoder ${full.join(", ")}; the rest is computed when needed (raise maxBytes of CacheConfig)`;
      this.#warnings.warn("CACHE_FULL", message);
    }
    const [first = train, second] = read.map(({ loader }) => loader);
    return { train: first, ...(second === undefined ? {} : { validation: second }) };
  }

  #warnOfReading(which: string, reason: string): void {
    const message = `the samples of the ${which} loader are read in every epoch, though all vectors are cached: ${reason}`;
    this.#warnings.warn("READ_AGAIN", message, `READ_AGAIN ${which}`);
  }
}

async function* concatenate<T>(all: readonly AsyncIterable<T>[]): AsyncGenerator<T> {
  for (const each of all) yield* each;
}
