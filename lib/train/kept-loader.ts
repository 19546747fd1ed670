import { KeptItem, KeptItems } from "../cache/kept-items.js";
import type { Batch } from "../contracts/batch.js";
import { Loader, type EpochRequest, type ItemPlaces } from "../contracts/loader.js";
import type { Group, Kind } from "../contracts/samples.js";

/** Epochs of a stream in which vectors were missing, after which it is read in every epoch. */
const MOST_MISSED = 2;

/**
 * Gives the batches of another loader with what stands for the items, which caches take for the items.
 *
 * A stream is read from its beginning to find a single item. So when vectors are missing the rest of the epoch is read along, and all
 * epochs when that happens again.
 */
export class KeptLoader<K extends Kind, Item> extends Loader<K, Item> {
  /** What is known of the items. */
  readonly kept: KeptItems<Item>;
  readonly #loader: Loader<K, Item>;
  readonly #places: ItemPlaces<K, Item>;
  readonly #onReadAgain: (reason: string) => void;
  /** How often items were read because a vector was missing. */
  #reads = 0;
  #missed = 0;

  constructor(loader: Loader<K, Item>, places: ItemPlaces<K, Item>, onReadAgain: (reason: string) => void) {
    super();
    this.#loader = loader;
    this.#places = places;
    this.#onReadAgain = onReadAgain;
    this.kept = new KeptItems<Item>({
      read: (some) => {
        this.#reads += 1;
        return places.read(some);
      },
    });
  }

  override get kind(): K {
    return this.#loader.kind;
  }

  override get batchesPerEpoch(): number | null {
    return this.#loader.batchesPerEpoch;
  }

  override get augmented(): boolean {
    return this.#loader.augmented;
  }

  /** Whether every epoch is known to be of the same items, whatever happens. */
  get isFixed(): boolean {
    return !this.#isStream;
  }

  override async *epoch(request: EpochRequest): AsyncGenerator<Batch<K, Item>, void, undefined> {
    let next = request.skip ?? 0;
    const problem = await this.#problem();
    if (problem === null) {
      const before = this.#reads;
      let missed = false;
      for await (const batch of this.#places.epoch(request)) {
        const items = batch.items.map((place) => new KeptItem(this.kept, place));
        yield { ...batch, items: items as readonly unknown[] as readonly Item[] }; // read by caches alone
        next = batch.position + 1;
        missed = this.#isStream && this.#reads > before && (await this.#places.problem?.()) === null;
        if (missed) break;
      }
      if (!missed) return;
      this.#missed += 1;
    } else this.#onReadAgain(problem);
    yield* this.#loader.epoch({ ...request, skip: next });
  }

  override items(): AsyncIterable<Item> {
    return this.#loader.items();
  }

  override groups(): Promise<readonly Group[]> {
    return this.#loader.groups();
  }

  get #isStream(): boolean {
    return this.#places.problem !== undefined;
  }

  async #problem(): Promise<string | null> {
    if (this.#missed >= MOST_MISSED)
      return "their vectors find no room (raise maxBytes of CacheConfig, or give a saveDir)";
    return (await this.#places.problem?.()) ?? null;
  }
}
