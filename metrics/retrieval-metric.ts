import {
  Metric,
  type Distance,
  type Group,
  type GroupRelation,
  type HostTargets,
  type Kind,
  type ReadsSimilarities,
  type SharesWork,
  type TellsQueries,
} from "../lib/contracts/index.js";
import { checkedRelation } from "../lib/contracts/group-relation.js";
import { Cosine, distanceNamed, savedDistance } from "../lib/distances/index.js";
import { ShapeError, UsageError } from "../lib/errors.js";
import { Random } from "../lib/random.js";
import { GrowingRows } from "../lib/tensor/growing-rows.js";
import type { HostMatrix } from "../lib/tensor/host.js";
import type { RankDepth } from "../lib/tensor/nearest-counts.js";
import type { RankProfile } from "../lib/tensor/nearest-profile.js";
import { rankKnown } from "../lib/tensor/known-ranks.js";
import { rankRelevant } from "../lib/tensor/nearest-ranks.js";
import { firstNonFiniteRow } from "../lib/tensor/nearest-rows.js";
import { GroupRows, type RelatedGroups } from "./group-rows.js";
import { knownBatch, type KnownBatch } from "./known-batch.js";
import { countRows, nameTargets, type NamedTargets, type RetrievalKind } from "./kind.js";
import { PairRows, type PairDirection } from "./pair-rows.js";
import type { RetrievalMetricOptions } from "./retrieval-options.js";
import { sampleQueries, type Collected } from "./search.js";
import { TupleRows } from "./tuple-rows.js";
import { WeightedMean } from "./weighted-mean.js";

/** What a metric says of one group. */
export interface GroupValue {
  /** Mean over its queries. */
  readonly value: number;
  /** How many of its rows have something to find. */
  readonly queries: number;
}

/**
 * How well rows find what they should find, as the mean of one number for each query:
 * - groups: every row looks for the other rows of its group, or of the groups that are `relevant` to it, among all rows but itself;
 * - pairs: every `a` looks for its `b` among all `b`s (see `direction`), if their score is above 0; items of its own subgroup are
 *   left out, since nothing is known of them, unless there is only one subgroup;
 * - tuples: every anchor looks for its positives among the positives and negatives of all tuples.
 *
 * A query for which there is nothing to be found does not count. Rows of equal distance have no order: the number is the mean over all
 * orders they could have. The value is NaN when no query counts or when an embedding is not finite.
 *
 * Rows are kept until `reset`; distances are computed block by block in `value`, which lets other work of the process run between
 * blocks. Memory does not grow with the square of the rows.
 */
export abstract class RetrievalMetric
  extends Metric<RetrievalKind>
  implements SharesWork<RetrievalKind>, ReadsSimilarities<RetrievalKind>, TellsQueries
{
  readonly higherIsBetter = true;
  override readonly kinds = ["group", "pair", "tuple"] as const;
  readonly #given: Distance | null;
  readonly #direction: PairDirection;
  readonly #sample: number | null;
  readonly #seed: number;
  readonly #relation: GroupRelation | null;
  readonly #meanOf: "queries" | "groups";
  #labelOf: (group: number) => Group = (group) => group;
  #distance: Distance;
  #rows: GrowingRows | null = null;
  /** The only batch, when it was told by its similarities. */
  #known: KnownBatch | null = null;
  #collected: Collected<RetrievalKind> | null = null;
  #finite = true;

  constructor(options: RetrievalMetricOptions = {}) {
    super();
    const { distance, direction = "a-to-b", sample = null, seed = 0, relevant = null, meanOf = "queries" } = options;
    this.#given = distance === undefined ? null : distanceNamed(distance);
    this.#distance = this.#given ?? new Cosine();
    this.#direction = direction;
    this.#sample = sample;
    this.#seed = seed;
    this.#relation = relevant;
    this.#meanOf = meanOf;
  }

  override update(embeddings: HostMatrix, targets: HostTargets<RetrievalKind>): void {
    const named = this.#named(targets);
    if (this.#known !== null) throw new UsageError(`${this.name} was told similarities; call reset first`);
    if (this.#collected !== null && this.#collected.kind !== named.kind) {
      throw new UsageError(
        `${this.name} has seen a ${this.#collected.kind} batch; call reset before a ${named.kind} batch`,
      );
    }
    const expected = countRows(named, embeddings.rows);
    if (expected !== embeddings.rows) {
      throw new ShapeError(this.name, `${expected} rows for these ${named.kind} targets`, [embeddings.rows]);
    }
    this.#rows ??= new GrowingRows(embeddings.size, embeddings.rows);
    this.#rows.append(embeddings);
    this.#collected ??= this.#collect(named.kind);
    // The kinds were compared above.
    this.#collected.append(named.targets as never, embeddings.rows);
    this.#finite &&= firstNonFiniteRow(embeddings) === null;
  }

  /** Every item among all other items needs more than the similarities of a's with b's. */
  readsSimilarities(kind: Kind, distance: Distance): boolean {
    const known = kind === "group" || (kind === "pair" && this.#direction !== "both");
    return known && this.#sample === null && this.#isPlain && isSameDistance(distance, this.#distance);
  }

  updateBySimilarities(similarities: HostMatrix, targets: HostTargets<RetrievalKind>): void {
    const named = this.#named(targets);
    if (this.#collected !== null || this.#known !== null)
      throw new UsageError(`${this.name} has seen a batch; call reset first`);
    const rows = countRows(named, similarities.rows) / (named.kind === "pair" ? 2 : 1);
    if (rows !== similarities.rows || rows !== similarities.size) {
      throw new ShapeError(this.name, `similarities [${rows}, ${rows}] for these ${named.kind} targets`, [
        similarities.rows,
        similarities.size,
      ]);
    }
    this.#known = this.#isPlain ? knownBatch(named, similarities, this.#direction === "b-to-a") : null;
    if (this.#known === null) throw new UsageError(`${this.name} does not read similarities of a ${named.kind} batch`);
  }

  override async value(): Promise<number> {
    return (await this.valuesWith([]))[0] as number;
  }

  /** Metrics that rank the same rows by the same distance need one search between them. */
  sharesWith(other: Metric<RetrievalKind>): boolean {
    return (
      other instanceof RetrievalMetric &&
      isSameDistance(other.#distance, this.#distance) &&
      other.#direction === this.#direction &&
      other.#sample === this.#sample &&
      other.#seed === this.#seed &&
      other.#relation === this.#relation &&
      other.#rows?.matrix.rows === this.#rows?.matrix.rows &&
      other.#known?.similarities.data === this.#known?.similarities.data
    );
  }

  async valuesWith(others: readonly Metric<RetrievalKind>[]): Promise<readonly number[]> {
    const metrics = [this, ...(others as readonly RetrievalMetric[])];
    const means = metrics.map((metric) => new WeightedMean(metric.#meanOf === "groups" ? this.#groupOf() : null));
    const depth = (relevant: number): RankDepth => deepest(metrics.map((metric) => metric.depth(relevant)));
    const show = (whole: RankProfile, gains: Float64Array | null, row: number): void =>
      metrics.forEach((metric, at) => {
        const profile = metrics.length === 1 ? whole : asFarAs(whole, metric.depth(whole.relevant).cutoff);
        means[at]!.add(row, metric.#valueOf(profile, gains), metric.weigh(profile));
      });
    const known = await this.eachProfile(depth, show);
    return means.map(({ value }) => (known ? value : NaN));
  }

  /** The number of each row since `reset`; NaN for rows that ask nothing, and for those that have nothing to find. */
  async perQuery(): Promise<Float64Array> {
    const rows = this.#rows?.matrix.rows ?? this.#known?.similarities.rows ?? 0;
    const values = new Float64Array(rows).fill(NaN);
    await this.eachProfile(
      (relevant) => this.depth(relevant),
      (profile, gains, row) => (values[row] = this.#valueOf(profile, gains)),
    );
    return values;
  }

  /**
   * Of groups alone: the mean of each group over its own rows that have something to find, and how many these are; by label, as far as the
   * trainer has told the labels, or else by number.
   */
  async perGroup(): Promise<ReadonlyMap<Group, GroupValue>> {
    if (this.#rows === null) return new Map();
    const means = new WeightedMean(this.#groupOf());
    const show = (profile: RankProfile, gains: Float64Array | null, row: number): void =>
      means.add(row, this.#valueOf(profile, gains), this.weigh(profile));
    await this.eachProfile((relevant) => this.depth(relevant), show);
    return new Map(means.byGroup.map(([group, value]) => [this.#labelOf(group), value]));
  }

  override reset(): void {
    this.#rows = null;
    this.#collected = null;
    this.#known = null;
    this.#finite = true;
  }

  override useDistance(distance: Distance): void {
    if (this.#given === null) this.#distance = distance;
  }

  override useGroups(labelOf: (group: number) => Group): void {
    this.#labelOf = labelOf;
  }

  /** Shows where the relevant rows of each query stand, what they are worth, and which row asks; false when nothing can be said. */
  protected async eachProfile(
    depth: (relevant: number) => RankDepth,
    show: (profile: RankProfile, gains: Float64Array | null, row: number) => void,
  ): Promise<boolean> {
    if (this.#known !== null) {
      rankKnown(this.#known.similarities, { ...this.#known, depth }, (profile) => show(profile, null, profile.query));
      return true;
    }
    if (this.#rows === null || this.#collected === null || !this.#finite) return false;
    const all = this.#collected.search(this.#rows.matrix);
    const search = this.#sample === null ? all : sampleQueries(all, this.#sample, new Random(this.#seed));
    await rankRelevant(this.#distance, { ...search, depth }, (profile) =>
      show(profile, search.gains?.(profile.query) ?? null, search.queries.rows[profile.query]!),
    );
    return true;
  }

  /** How far the ranks of a query with so many relevant rows have to be known. */
  protected abstract depth(relevant: number): RankDepth;

  /** The number of one query, from the places of its relevant rows and what each of them is worth; null when that is 1. */
  protected abstract measure(profile: RankProfile, gains: Float64Array | null): number;

  /** What a query weighs in the mean. */
  protected weigh(_profile: RankProfile): number {
    return 1;
  }

  #named(targets: HostTargets<RetrievalKind>): NamedTargets {
    const named = nameTargets(targets);
    if (named === null) throw new UsageError(`${this.name} needs targets of groups, pairs or tuples`);
    return named;
  }

  /** Nothing is asked of groups but whether they are equal. */
  get #isPlain(): boolean {
    return this.#relation === null && this.#meanOf === "queries";
  }

  #valueOf(profile: RankProfile, gains: Float64Array | null): number {
    return profile.valid ? this.measure(profile, gains) : NaN;
  }

  #groupOf(): (row: number) => number {
    const collected = this.#collected;
    if (collected instanceof GroupRows) return (row) => collected.groupOf(row);
    if (collected === null) return () => 0;
    throw new UsageError(
      `${this.name}: only rows of groups have a mean of each group, these are of ${collected.kind}s`,
    );
  }

  #related(): RelatedGroups | null {
    if (this.#relation === null) return null;
    return { relation: checkedRelation(this.name, this.#relation), labelOf: (group) => this.#labelOf(group) };
  }

  #collect(kind: RetrievalKind): Collected<RetrievalKind> {
    const relation = this.#relation;
    if (relation !== null && kind !== "group") {
      throw new UsageError(
        `${this.name}: relevant compares groups, and a ${kind} says itself what is to be found; leave the option out`,
      );
    }
    switch (kind) {
      case "group":
        return new GroupRows(this.#related());
      case "pair":
        return new PairRows(this.#direction);
      case "tuple":
        return new TupleRows();
      default:
        return kind satisfies never;
    }
  }
}

function isSameDistance(one: Distance, other: Distance): boolean {
  const saved = (distance: Distance): string => JSON.stringify(savedDistance(distance));
  return one === other || (one.constructor === other.constructor && saved(one) === saved(other));
}

/** Far enough for all. */
function deepest(depths: readonly RankDepth[]): RankDepth {
  return { cutoff: Math.max(...depths.map(({ cutoff }) => cutoff)), first: depths.some(({ first }) => first) };
}

/** What a search that goes no farther would have shown. */
function asFarAs(profile: RankProfile, cutoff: number): RankProfile {
  const levels = profile.levels.filter(({ better }, at) => at === 0 || better < cutoff);
  return levels.length === profile.levels.length ? profile : { ...profile, levels };
}
