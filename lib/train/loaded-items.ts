import { inBlocks, type ItemBlock } from "../cache/fill.js";
import { KeptItem, KeptItems } from "../cache/kept-items.js";
import type { Batch } from "../contracts/batch.js";
import type { Routing } from "../contracts/encoder.js";
import { Loader, type EpochRequest, type ItemPlaces } from "../contracts/loader.js";
import type { Group, Kind } from "../contracts/samples.js";
import { itemNumbers } from "./item-numbers.js";

/** What is asked of the items of a loader. */
export interface LoadedItemsOptions<in Item> {
  /** True when what stands for an item may be given in its stead. */
  readonly keeps: boolean;
  /** Remember their numbers too. */
  readonly numbers: boolean;
  /** Encoders that send them different ways, by name: these are remembered too. */
  readonly routing?: readonly (readonly [name: string, encoder: Routing<Item>])[];
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
  readonly #routing: NonNullable<LoadedItemsOptions<Item>["routing"]>;

  constructor(loader: Loader<K, Item>, { keeps, numbers, routing = [] }: LoadedItemsOptions<Item>) {
    const places = loader.places();
    this.#given = loader;
    this.#numbers = numbers;
    this.#routing = routing;
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
      for (const [name, encoder] of this.#routing) source.send(name, block.places, waysOf(encoder, block.items));
      yield { ...block, source };
    }
  }
}

/** None when one of them has no way: who computes its vector says so, and which it is. */
function waysOf<Item>(encoder: Routing<Item>, items: readonly Item[]): Int32Array {
  try {
    return encoder.routesOf(items);
  } catch {
    return new Int32Array(0);
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
