import type { ItemPlaces } from "../../lib/contracts/loader.js";
import { refuse } from "../../lib/contracts/options.js";
import type { Group, GroupSample, Kind } from "../../lib/contracts/samples.js";
import { DataError } from "../../lib/errors.js";
import type { Random } from "../../lib/random.js";
import { show } from "../../lib/show.js";
import type { DuplicateOptions } from "../compositions/distinct.js";
import { contentKeyOf } from "../samplers/content-keys.js";
import type { Key } from "../samplers/distinct.js";
import type { LoaderOptions } from "./options.js";

/** Items read together when all are gone through. */
const BLOCK = 256;

/** Items by group. An item is spoken of by its place in `all`. */
export class GroupMembers<Item> {
  readonly all: readonly Item[];
  readonly #members: number[][];
  /** The group of each item of `all`. */
  readonly #owners: Int32Array;

  constructor(who: string, samples: readonly GroupSample<Item>[]) {
    if (!Array.isArray(samples)) refuse(who, [`samples: expected an array, got ${show(samples)}`]);
    const places = new Map<Group, number>();
    this.#members = [];
    this.#owners = Int32Array.from(samples, ({ group }, place) => {
      const owner = places.get(group) ?? places.size;
      places.set(group, owner);
      (this.#members[owner] ??= []).push(place);
      return owner;
    });
    this.all = samples.map(({ item }) => item);
    if (this.#members.every(({ length }) => length < 2)) {
      throw new DataError(`${who}: no group has two items, so that nothing belongs together; are the groups right?`);
    }
  }

  get groups(): number {
    return this.#members.length;
  }

  /** Those that are not alone, group by group. */
  paired(): number[] {
    return this.#members.filter(({ length }) => length > 1).flat();
  }

  /** One sample for each that is not alone. */
  map<T>(form: (place: number, members: readonly number[], own: number, group: number) => T): T[] {
    return this.#members.flatMap((members, group) =>
      members.length < 2 ? [] : members.map((place, own) => form(place, members, own, group)),
    );
  }

  /** Another of the group; without random numbers the next. */
  other(members: readonly number[], own: number, random: Random | null): number {
    if (random === null) return members[(own + 1) % members.length]!;
    const drawn = random.integer(members.length - 1);
    return members[drawn < own ? drawn : drawn + 1]!;
  }

  /** One of another group; without random numbers one that only depends on `step`. */
  outside(group: number, random: Random | null, step: number): number {
    for (let attempt = 0; ; attempt += 1) {
      const at = random === null ? (step * 7919 + attempt) % this.all.length : random.integer(this.all.length);
      if (this.#owners[at] !== group) return at;
    }
  }

  /** Options that give samples of places the batches that samples of the items have: what an item's key is, is found out once. */
  placed(options: LoaderOptions<Item> & DuplicateOptions<Item>): LoaderOptions<number> & DuplicateOptions<number> {
    const { augment: _, key = contentKeyOf, ...rest } = options;
    if (rest.duplicates === true) return rest;
    const keys: (Key | undefined)[] = [];
    return { ...rest, key: (place) => (keys[place] ??= key(this.all[place]!)) };
  }

  /** Places for a loader that has these `places` and forms its epochs of them. */
  itemPlaces<K extends Kind>(places: readonly number[], epoch: ItemPlaces<K, Item>["epoch"]): ItemPlaces<K, Item> {
    const itemsOf = (some: readonly number[]): readonly Item[] => some.map((place) => this.all[place]!);
    return {
      itemCount: places.length,
      epoch,
      async *blocks() {
        for (let start = 0; start < places.length; start += BLOCK) {
          const some = places.slice(start, start + BLOCK);
          yield await Promise.resolve({ places: some, items: itemsOf(some) });
        }
      },
      read: (some) => Promise.resolve(itemsOf(some)),
    };
  }
}
