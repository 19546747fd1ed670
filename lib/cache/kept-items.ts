import type { ItemPlaces } from "../contracts/loader.js";
import type { Kind } from "../contracts/samples.js";
import { KeyList, type KeysAtPlaces } from "./key-list.js";

/** Stands for an item of a loader that has been read: its vectors are found without it. */
export class KeptItem<Item> {
  constructor(
    readonly source: KeptItems<Item>,
    /** See `ItemPlaces`. */
    readonly place: number,
  ) {}
}

/** What is known of a loader's items by their place: the keys of their vectors, their ways, their numbers. Items themselves are not kept. */
export class KeptItems<Item> {
  readonly #places: Pick<ItemPlaces<Kind, Item>, "read">;
  readonly #keys = new Map<string, KeyList>();
  readonly #numbers: (number | undefined)[] = [];
  readonly #ways = new Map<string, (number | undefined)[]>();

  constructor(places: Pick<ItemPlaces<Kind, Item>, "read">) {
    this.#places = places;
  }

  /** The items at some places, read again. */
  read(places: readonly number[]): Promise<readonly Item[]> {
    return this.#places.read(places);
  }

  /** Keys of the items at some places for one encoder, and the positions of those that are not known. */
  keysOf(encoder: string, places: readonly number[]): KeysAtPlaces {
    return (this.#keys.get(encoder) ?? new KeyList()).at(places);
  }

  /** Remembers keys of the items at some places. */
  know(encoder: string, places: readonly number[], keys: Int32Array): void {
    let known = this.#keys.get(encoder);
    if (known === undefined) this.#keys.set(encoder, (known = new KeyList()));
    known.put(places, keys);
  }

  /** A number for the item at each place, see `itemNumbers`; reads the items whose number is not known. */
  async numbersOf(places: readonly number[], number: (items: readonly Item[]) => Float64Array): Promise<Float64Array> {
    const unknown = [...new Set(places)].filter((place) => this.#numbers[place] === undefined);
    if (unknown.length > 0) this.number(unknown, number(await this.read(unknown)));
    return Float64Array.from(places, (place) => this.#numbers[place] as number);
  }

  /** The way of the item at each place, see `Routing`; reads the items whose way is not known. */
  async waysOf(
    encoder: string,
    places: readonly number[],
    route: (items: readonly Item[]) => Int32Array,
  ): Promise<Int32Array> {
    const known = this.#ways.get(encoder);
    const unknown = [...new Set(places)].filter((place) => known?.[place] === undefined);
    if (unknown.length > 0) this.send(encoder, unknown, route(await this.read(unknown)));
    const ways = this.#ways.get(encoder) ?? [];
    return Int32Array.from(places, (place) => ways[place] as number);
  }

  /** Remembers the ways of the items at some places. */
  send(encoder: string, places: readonly number[], ways: Int32Array): void {
    let known = this.#ways.get(encoder);
    if (known === undefined) this.#ways.set(encoder, (known = []));
    for (let i = 0; i < places.length; i += 1) known[places[i] as number] = ways[i];
  }

  /** Remembers the numbers of the items at some places. */
  number(places: readonly number[], numbers: Float64Array): void {
    for (let i = 0; i < places.length; i += 1) this.#numbers[places[i] as number] = numbers[i];
  }
}

/** What a list of items stands for, when it stands for items. */
export function keptItems<Item>(
  items: readonly unknown[],
): { readonly source: KeptItems<Item>; readonly places: readonly number[] } | null {
  const [first] = items;
  if (!(first instanceof KeptItem)) return null;
  return {
    source: first.source as KeptItems<Item>,
    places: (items as readonly KeptItem<Item>[]).map(({ place }) => place),
  };
}
