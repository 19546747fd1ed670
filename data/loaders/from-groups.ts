import type { Batch } from "../../lib/contracts/batch.js";
import { Loader, type EpochRequest } from "../../lib/contracts/loader.js";
import { refuse, wholeNumber } from "../../lib/contracts/options.js";
import type { Group, GroupSample, PairSample, TupleSample } from "../../lib/contracts/samples.js";
import { DataError } from "../../lib/errors.js";
import type { Random } from "../../lib/random.js";
import { PairLoader, type PairLoaderOptions } from "./pair-loader.js";
import { TupleLoader, type TupleLoaderOptions } from "./tuple-loader.js";

/**
 * Forms pairs from groups, anew each epoch: every item once, with another of its group drawn at random. The group is the subgroup of the
 * pair, so that losses with in-batch negatives never take an item of the same group for one. Items that are alone in their group are
 * left out.
 *
 * @throws ConfigError listing every wrong option, DataError when no group has two items.
 */
export class GroupPairLoader<Item> extends Loader<"pair", Item> {
  readonly kind = "pair";
  readonly augmented: boolean;
  readonly #options: PairLoaderOptions<Item>;
  readonly #table: GroupMembers<Item>;
  readonly #fixed: PairLoader<Item>;

  constructor(samples: readonly GroupSample<Item>[], options: PairLoaderOptions<NoInfer<Item>> = {}) {
    super();
    this.#table = new GroupMembers("GroupPairLoader", samples);
    this.#options = options;
    this.augmented = options.augment !== undefined;
    this.#fixed = new PairLoader(this.#pairs(null), options);
  }

  override get batchesPerEpoch(): number | null {
    return this.#fixed.batchesPerEpoch;
  }

  override epoch(request: EpochRequest): AsyncIterable<Batch<"pair", Item>> {
    if (!request.training) return this.#fixed.epoch(request);
    return new PairLoader(this.#pairs(request.random.fork(`partners ${request.epoch}`)), this.#options).epoch(request);
  }

  override async *items(): AsyncGenerator<Item, void, undefined> {
    yield* await Promise.resolve(this.#table.items());
  }

  override groups(): Promise<readonly Group[]> {
    return Promise.resolve([]);
  }

  /** With the next of the group where nothing is drawn. */
  #pairs(random: Random | null): PairSample<Item>[] {
    return this.#table.map((a, members, own, group) => ({
      a,
      b: members[random === null ? (own + 1) % members.length : drawOther(random, members.length, own)]!,
      subgroup: group,
    }));
  }
}

/** Options of a `GroupTupleLoader`. */
export interface GroupTupleLoaderOptions<Item> extends TupleLoaderOptions<Item> {
  /** Items of other groups drawn for each anchor. Default 1. */
  readonly negatives?: number;
}

/**
 * Forms triplets from groups, anew each epoch: every item once as the anchor, with another of its group and `negatives` items of other
 * groups, all drawn at random. Items that are alone in their group serve as negatives only.
 *
 * @throws ConfigError listing every wrong option, DataError when no group has two items, or there is one group.
 */
export class GroupTupleLoader<Item> extends Loader<"tuple", Item> {
  readonly kind = "tuple";
  readonly augmented: boolean;
  readonly #options: TupleLoaderOptions<Item>;
  readonly #negatives: number;
  readonly #table: GroupMembers<Item>;
  readonly #fixed: TupleLoader<Item>;

  constructor(samples: readonly GroupSample<Item>[], options: GroupTupleLoaderOptions<NoInfer<Item>> = {}) {
    super();
    const { negatives = 1, ...rest } = options;
    refuse("GroupTupleLoader", [wholeNumber("negatives", negatives, 1)]);
    this.#table = new GroupMembers("GroupTupleLoader", samples);
    if (this.#table.groups < 2)
      throw new DataError("GroupTupleLoader: negatives need a second group, and there is one only");
    this.#negatives = negatives;
    this.#options = rest;
    this.augmented = options.augment !== undefined;
    this.#fixed = new TupleLoader(this.#tuples(null), rest);
  }

  override get batchesPerEpoch(): number | null {
    return this.#fixed.batchesPerEpoch;
  }

  override epoch(request: EpochRequest): AsyncIterable<Batch<"tuple", Item>> {
    if (!request.training) return this.#fixed.epoch(request);
    return new TupleLoader(this.#tuples(request.random.fork(`partners ${request.epoch}`)), this.#options).epoch(
      request,
    );
  }

  override async *items(): AsyncGenerator<Item, void, undefined> {
    yield* await Promise.resolve(this.#table.all);
  }

  override groups(): Promise<readonly Group[]> {
    return Promise.resolve([]);
  }

  #tuples(random: Random | null): TupleSample<Item>[] {
    return this.#table.map((anchor, members, own, group) => ({
      anchor,
      positives: [members[random === null ? (own + 1) % members.length : drawOther(random, members.length, own)]!],
      negatives: Array.from({ length: this.#negatives }, (_, at) => this.#table.outside(group, random, own + at)),
    }));
  }
}

/** Items by group. */
class GroupMembers<Item> {
  readonly all: readonly Item[];
  readonly #members: Item[][];
  /** The group of each item of `all`. */
  readonly #owners: Int32Array;

  constructor(who: string, samples: readonly GroupSample<Item>[]) {
    const places = new Map<Group, number>();
    this.#members = [];
    this.#owners = Int32Array.from(samples, ({ item, group }) => {
      const place = places.get(group) ?? places.size;
      places.set(group, place);
      (this.#members[place] ??= []).push(item);
      return place;
    });
    this.all = samples.map(({ item }) => item);
    if (this.#members.every(({ length }) => length < 2)) {
      throw new DataError(`${who}: no group has two items, so that nothing belongs together; are the groups right?`);
    }
  }

  get groups(): number {
    return this.#members.length;
  }

  /** Items that are not alone. */
  items(): Item[] {
    return this.#members.filter(({ length }) => length > 1).flat();
  }

  map<T>(form: (item: Item, members: readonly Item[], own: number, group: number) => T): T[] {
    return this.#members.flatMap((members, group) =>
      members.length < 2 ? [] : members.map((item, own) => form(item, members, own, group)),
    );
  }

  /** An item of another group; without random numbers one that only depends on `step`. */
  outside(group: number, random: Random | null, step: number): Item {
    for (let attempt = 0; ; attempt += 1) {
      const at = random === null ? (step * 7919 + attempt) % this.all.length : random.integer(this.all.length);
      if (this.#owners[at] !== group) return this.all[at]!;
    }
  }
}

function drawOther(random: Random, count: number, own: number): number {
  const drawn = random.integer(count - 1);
  return drawn < own ? drawn : drawn + 1;
}
