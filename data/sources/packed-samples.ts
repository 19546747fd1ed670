import type { Group, Kind, Sample } from "../../lib/contracts/samples.js";
import type { SampleForm } from "../samples/form.js";

/** Samples without their items, one after the other, as numbers: 8 bytes of a group or a label, 16 of a pair. Items are counted from 0. */
export class PackedSamples<K extends Kind> {
  readonly #form: SampleForm<K>;
  #numbers = new Float64Array(64);
  #length = 0;
  /** Each group once, with its number. */
  readonly #groups: Group[] = [];
  readonly #groupNumbers = new Map<Group, number>();

  constructor(form: SampleForm<K>) {
    this.#form = form;
  }

  add<Item>(sample: Sample<K, Item>): void {
    this.#form.pack(sample, this.#put, this.#numberOf);
  }

  /** Gives back the room for more. */
  finish(): void {
    this.#numbers = this.#numbers.slice(0, this.#length);
    this.#groupNumbers.clear();
  }

  /** The samples with the place of each item instead of it. */
  *[Symbol.iterator](): Generator<Sample<K, number>, void, undefined> {
    let [at, places] = [0, 0];
    const take = (): number => {
      at += 1;
      return this.#numbers[at - 1]!;
    };
    const next = (): number => {
      places += 1;
      return places - 1;
    };
    const groupOf = (number: number): Group => this.#groups[number]!;
    while (at < this.#length) yield this.#form.unpack(take, next, groupOf);
  }

  readonly #put = (value: number): void => {
    if (this.#length === this.#numbers.length) this.#grow();
    this.#numbers[this.#length] = value;
    this.#length += 1;
  };

  readonly #numberOf = (group: Group): number => {
    const known = this.#groupNumbers.get(group);
    if (known !== undefined) return known;
    this.#groupNumbers.set(group, this.#groups.length);
    return this.#groups.push(group) - 1;
  };

  #grow(): void {
    const grown = new Float64Array(2 * this.#numbers.length);
    grown.set(this.#numbers);
    this.#numbers = grown;
  }
}
