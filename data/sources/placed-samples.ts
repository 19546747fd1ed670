import type { Kind, Sample } from "../../lib/contracts/samples.js";
import type { SampleReader } from "./sample-reader.js";

/** Samples read together when all are gone through. */
const BLOCK = 256;

/**
 * Samples of known number with a whole number in place of each item: what a sample says of its items is kept when it is read for the first
 * time, so that it need not be read again. Places count from 0 in the order in which items are met.
 */
export class PlacedSamples<K extends Kind, Item> {
  readonly #reader: SampleReader<K, Item>;
  readonly #length: number;
  readonly #samples: (Sample<K, number> | undefined)[];
  /** The place of the first item of a sample. */
  readonly #first: number[];
  /** The position of the sample that an item is from. */
  readonly #positions: number[] = [];

  constructor(reader: SampleReader<K, Item>) {
    this.#reader = reader;
    this.#length = reader.length ?? 0;
    this.#samples = new Array<undefined>(this.#length).fill(undefined);
    this.#first = new Array<number>(this.#length).fill(-1);
  }

  /** Samples at some positions; reads those that were not read before. */
  async read(positions: ArrayLike<number>): Promise<readonly Sample<K, number>[]> {
    const unread = new Set<number>();
    for (let at = 0; at < positions.length; at += 1)
      if (this.#samples[positions[at]!] === undefined) unread.add(positions[at]!);
    if (unread.size > 0) {
      const read = [...unread];
      const samples = await this.#reader.read(read);
      read.forEach((position, i) => this.#place(position, samples[i]!));
    }
    const known = new Array<Sample<K, number>>(positions.length);
    for (let at = 0; at < positions.length; at += 1) known[at] = this.#samples[positions[at]!]!;
    return known;
  }

  /** Every item of every sample, with its place. */
  async *blocks(): AsyncGenerator<{ readonly places: number[]; readonly items: Item[] }, void, undefined> {
    for (let start = 0; start < this.#length; start += BLOCK) {
      const count = Math.min(BLOCK, this.#length - start);
      const samples = await this.#reader.read(Array.from({ length: count }, (_, at) => start + at));
      const places: number[] = [];
      const items: Item[] = [];
      samples.forEach((sample, at) => {
        this.#place(start + at, sample);
        for (const [within, item] of this.#reader.form.items<Item>(sample).entries()) {
          places.push(this.#first[start + at]! + within);
          items.push(item);
        }
      });
      yield { places, items };
    }
  }

  /** The items at some places, read again. */
  async items(places: readonly number[]): Promise<readonly Item[]> {
    const positions = places.map((place) => this.#positions[place]!);
    const samples = await this.#reader.read(positions);
    return samples.map((sample, i) => {
      const within = places[i]! - this.#first[positions[i]!]!;
      return this.#reader.form.items<Item>(sample)[within]!;
    });
  }

  #place(position: number, sample: Sample<K, Item>): void {
    if (this.#samples[position] !== undefined) return;
    this.#first[position] = this.#positions.length;
    this.#samples[position] = this.#reader.form.replace(sample, () => this.#positions.push(position) - 1);
  }
}
