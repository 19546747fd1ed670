import type { Batch } from "../../lib/contracts/batch.js";
import { Loader, type EpochRequest, type ItemPlaces } from "../../lib/contracts/loader.js";
import { refuse, wholeNumber } from "../../lib/contracts/options.js";
import type { Group, GroupSample, PairSample, TupleSample } from "../../lib/contracts/samples.js";
import { DataError } from "../../lib/errors.js";
import type { Random } from "../../lib/random.js";
import { pairForm } from "../samples/pair-form.js";
import { tupleForm } from "../samples/tuple-form.js";
import { GroupMembers } from "./group-members.js";
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
    this.#fixed = new PairLoader(this.#itemsOf(this.#pairs(null)), options);
  }

  override get batchesPerEpoch(): number | null {
    return this.#fixed.batchesPerEpoch;
  }

  override epoch(request: EpochRequest): AsyncIterable<Batch<"pair", Item>> {
    if (!request.training) return this.#fixed.epoch(request);
    return new PairLoader(this.#itemsOf(this.#pairs(partners(request))), this.#options).epoch(request);
  }

  override async *items(): AsyncGenerator<Item, void, undefined> {
    yield* await Promise.resolve(this.#table.paired().map((place) => this.#table.all[place]!));
  }

  /** Null for items that are augmented, and for a class that makes its own batches or items. */
  override places(): ItemPlaces<"pair", Item> | null {
    const own = GroupPairLoader.prototype;
    if (this.augmented || this.epoch !== own.epoch || this.items !== own.items) return null;
    const options = this.#table.placed(this.#options);
    const fixed = new PairLoader(this.#pairs(null), options);
    return this.#table.itemPlaces(this.#table.paired(), (request) =>
      (request.training ? new PairLoader(this.#pairs(partners(request)), options) : fixed).epoch(request),
    );
  }

  override groups(): Promise<readonly Group[]> {
    return Promise.resolve([]);
  }

  /** With the next of the group where nothing is drawn. */
  #pairs(random: Random | null): PairSample<number>[] {
    return this.#table.map((a, members, own, group) => ({
      a,
      b: this.#table.other(members, own, random),
      subgroup: group,
    }));
  }

  #itemsOf(pairs: readonly PairSample<number>[]): PairSample<Item>[] {
    return pairs.map((pair) => pairForm.replace(pair, (place) => this.#table.all[place]!));
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
    this.#fixed = new TupleLoader(this.#itemsOf(this.#tuples(null)), rest);
  }

  override get batchesPerEpoch(): number | null {
    return this.#fixed.batchesPerEpoch;
  }

  override epoch(request: EpochRequest): AsyncIterable<Batch<"tuple", Item>> {
    if (!request.training) return this.#fixed.epoch(request);
    return new TupleLoader(this.#itemsOf(this.#tuples(partners(request))), this.#options).epoch(request);
  }

  override async *items(): AsyncGenerator<Item, void, undefined> {
    yield* await Promise.resolve(this.#table.all);
  }

  /** Null for items that are augmented, and for a class that makes its own batches or items. */
  override places(): ItemPlaces<"tuple", Item> | null {
    const own = GroupTupleLoader.prototype;
    if (this.augmented || this.epoch !== own.epoch || this.items !== own.items) return null;
    const options = this.#table.placed(this.#options);
    const fixed = new TupleLoader(this.#tuples(null), options);
    return this.#table.itemPlaces([...this.#table.all.keys()], (request) =>
      (request.training ? new TupleLoader(this.#tuples(partners(request)), options) : fixed).epoch(request),
    );
  }

  override groups(): Promise<readonly Group[]> {
    return Promise.resolve([]);
  }

  #tuples(random: Random | null): TupleSample<number>[] {
    return this.#table.map((anchor, members, own, group) => ({
      anchor,
      positives: [this.#table.other(members, own, random)],
      negatives: Array.from({ length: this.#negatives }, (_, at) => this.#table.outside(group, random, own + at)),
    }));
  }

  #itemsOf(tuples: readonly TupleSample<number>[]): TupleSample<Item>[] {
    return tuples.map((tuple) => tupleForm.replace(tuple, (place) => this.#table.all[place]!));
  }
}

/** What an epoch draws partners with. */
function partners({ random, epoch }: EpochRequest): Random {
  return random.fork(`partners ${epoch}`);
}
