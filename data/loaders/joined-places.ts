import type { Batch } from "../../lib/contracts/batch.js";
import type { EpochRequest, ItemPlaces, PlaceBlock } from "../../lib/contracts/loader.js";
import type { Kind } from "../../lib/contracts/samples.js";

/** What gives batches of places. */
interface Part<K extends Kind> {
  epoch(request: EpochRequest): AsyncIterable<Batch<K, number>>;
}

/** Places of several loaders as places of one: counted from 0 in the order in which they are met. */
export class JoinedPlaces<K extends Kind, Item> {
  readonly itemCount: number | null;
  /** The epochs of each loader, with the joined places. */
  readonly parts: readonly Part<K>[];
  readonly #parts: readonly ItemPlaces<K, Item>[];
  /** Joined place by loader and place there. */
  readonly #joined: (number | undefined)[][];
  /** Loader and place there by joined place. */
  readonly #owners: number[] = [];
  readonly #places: number[] = [];

  constructor(parts: readonly ItemPlaces<K, Item>[]) {
    this.#parts = parts;
    this.#joined = parts.map(() => []);
    this.itemCount = parts.reduce<number | null>(
      (sum, { itemCount }) => (sum === null || itemCount === null ? null : sum + itemCount),
      0,
    );
    this.parts = parts.map((part, owner) => ({ epoch: (request) => this.#batches(owner, part.epoch(request)) }));
  }

  /** Every item of every loader, one loader after the other. */
  async *blocks(): AsyncGenerator<PlaceBlock<Item>, void, undefined> {
    for (const [owner, part] of this.#parts.entries()) {
      for await (const { places, items } of part.blocks())
        yield { places: places === null ? null : this.#join(owner, places), items };
    }
  }

  /** Why one of the loaders cannot go by places, so that none does; null when all can. */
  async problem(): Promise<string | null> {
    for (const part of this.#parts) {
      const problem = await part.problem?.();
      if (typeof problem === "string") return problem;
    }
    return null;
  }

  /** The items at some places, read again. */
  async read(places: readonly number[]): Promise<readonly Item[]> {
    const items = new Array<Item>(places.length);
    for (const [owner, part] of this.#parts.entries()) {
      const rows = places.flatMap((place, row) => (this.#owners[place] === owner ? [row] : []));
      if (rows.length === 0) continue;
      const found = await part.read(rows.map((row) => this.#places[places[row]!]!));
      rows.forEach((row, i) => (items[row] = found[i]!));
    }
    return items;
  }

  async *#batches(
    owner: number,
    batches: AsyncIterable<Batch<K, number>>,
  ): AsyncGenerator<Batch<K, number>, void, undefined> {
    for await (const batch of batches) yield { ...batch, items: this.#join(owner, batch.items) };
  }

  #join(owner: number, places: readonly number[]): number[] {
    const joined = this.#joined[owner]!;
    return places.map((place) => {
      const known = joined[place];
      if (known !== undefined) return known;
      this.#owners.push(owner);
      return (joined[place] = this.#places.push(place) - 1);
    });
  }
}
