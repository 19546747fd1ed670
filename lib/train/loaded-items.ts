import { inBlocks, type ItemBlock } from "../cache/fill.js";
import type { KeptItems } from "../cache/kept-items.js";
import type { Routing } from "../contracts/encoder.js";
import type { ItemPlaces, Loader } from "../contracts/loader.js";
import type { Kind } from "../contracts/samples.js";
import { itemNumbers } from "./item-numbers.js";
import { KeptLoader } from "./kept-loader.js";

/** What is asked of the items of a loader. */
export interface LoadedItemsOptions<in Item> {
  /** True when what stands for an item may be given in its stead. */
  readonly keeps: boolean;
  /** Remember their numbers too. */
  readonly numbers: boolean;
  /** Encoders that send them different ways, by name: these are remembered too. */
  readonly routing?: readonly (readonly [name: string, encoder: Routing<Item>])[];
  /** Items of a stream that are remembered at most. Default all. */
  readonly maxStreamItems?: number;
  /** Told why items of a stream that might be remembered are read in every epoch. */
  readonly onReadAgain?: (reason: string) => void;
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

  constructor(loader: Loader<K, Item>, options: LoadedItemsOptions<Item>) {
    const { keeps, numbers, routing = [], maxStreamItems = Infinity, onReadAgain = () => undefined } = options;
    const places = loader.places({ maxStreamItems });
    this.#given = loader;
    this.#numbers = numbers;
    this.#routing = routing;
    this.itemCount = places?.itemCount ?? null;
    this.#places = keeps ? places : null;
    const kept = this.#places === null ? null : new KeptLoader(loader, this.#places, onReadAgain);
    this.#kept = kept?.kept ?? null;
    this.loader = kept ?? loader;
  }

  /** Every item once. */
  async *blocks(size: number): AsyncGenerator<ItemBlock<Item>, void, undefined> {
    const [given, source] = [this.#places, this.#kept];
    if (given === null || source === null) {
      yield* inBlocks(this.#given.items(), size);
      return;
    }
    for await (const { places, items } of given.blocks()) {
      if (places === null) {
        yield { items };
        continue;
      }
      if (this.#numbers) source.number(places, itemNumbers(items));
      for (const [name, encoder] of this.#routing) source.send(name, places, waysOf(encoder, items));
      yield { places, items, source };
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
