import { inBlocks, type ItemBlock } from "../cache/fill.js";
import { KeptItem, KeptItems } from "../cache/kept-items.js";
import type { Batch } from "../contracts/batch.js";
import { Loader, type EpochRequest, type ItemPlaces } from "../contracts/loader.js";
import type { Group, Kind } from "../contracts/samples.js";
import { itemNumbers } from "./item-numbers.js";

/** What is asked of the items of a loader. */
export interface LoadedItemsOptions {
  /** True when what stands for an item may be given in its stead. */
  readonly keeps: boolean;
  /** Remember their numbers too. */
  readonly numbers: boolean;
}

/** Goes through the items of a loader once, and gives a loader that need not read them again, when that is possible. */
export class LoadedItems<K extends Kind, Item> {
  /** The same batches; with what stands for the items when they are kept. */
  readonly loader: Loader<K, Item>;
  readonly itemCount: number | null;
  readonly #given: Loader<K, Item>;
  readonly #places: ItemPlaces<K, Item> | null;
  readonly #kept: KeptItems<Item> | null;
  readonly #numbers: boolean;

  constructor(loader: Loader<K, Item>, { keeps, numbers }: LoadedItemsOptions) {
    const places = loader.places();
    this.#given = loader;
    this.#numbers = numbers;
    this.itemCount = places?.itemCount ?? null;
    this.#places = keeps ? places : null;
    this.#kept = this.#places === null ? null : new KeptItems(this.#places);
    this.loader =
      this.#places === null || this.#kept === null ? loader : new KeptLoader(loader, this.#places, this.#kept);
  }

  /** Every item once. */
  async *blocks(size: number): AsyncGenerator<ItemBlock<Item>, void, undefined> {
    const [places, source] = [this.#places, this.#kept];
    if (places === null || source === null) {
      yield* inBlocks(this.#given.items(), size);
      return;
    }
    for await (const block of places.blocks()) {
      if (this.#numbers) source.number(block.places, itemNumbers(block.items));
      yield { ...block, source };
    }
  }
}

/** Gives the batches of another loader with what stands for the items, which caches take for the items. */
class KeptLoader<K extends Kind, Item> extends Loader<K, Item> {
  readonly #loader: Loader<K, Item>;
  readonly #places: ItemPlaces<K, Item>;
  readonly #kept: KeptItems<Item>;

  constructor(loader: Loader<K, Item>, places: ItemPlaces<K, Item>, kept: KeptItems<Item>) {
    super();
    this.#loader = loader;
    this.#places = places;
    this.#kept = kept;
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

  override async *epoch(request: EpochRequest): AsyncGenerator<Batch<K, Item>, void, undefined> {
    for await (const batch of this.#places.epoch(request)) {
      const items = batch.items.map((place) => new KeptItem(this.#kept, place));
      yield { ...batch, items: items as readonly unknown[] as readonly Item[] }; // read by caches alone
    }
  }

  override items(): AsyncIterable<Item> {
    return this.#loader.items();
  }

  override groups(): Promise<readonly Group[]> {
    return this.#loader.groups();
  }
}
