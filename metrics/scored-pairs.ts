import { Metric, type Distance, type HostTargets } from "../lib/contracts/index.js";
import { unknownOptions, type Problem } from "../lib/contracts/options.js";
import { Cosine, distanceNamed, type DistanceName } from "../lib/distances/index.js";
import { ShapeError, UsageError } from "../lib/errors.js";
import { prepareBackend } from "../lib/tensor/backend.js";
import { GrowingRows } from "../lib/tensor/growing-rows.js";
import type { HostMatrix } from "../lib/tensor/host.js";
import { pairDistances } from "../lib/tensor/pair-distances.js";

/** Options of every metric of scored pairs. */
export interface ScoredPairsOptions {
  /** By default that of the loss; cosine when there is none. */
  readonly distance?: DistanceName | Distance;
}

/**
 * How well the distance of two items tells what score their pair has: each pair is judged by itself, not against others. For pairs
 * that are both similar and different, as in deduplication and verification.
 *
 * The value is NaN when an embedding is not finite, or when there is nothing to compare.
 */
export abstract class ScoredPairsMetric extends Metric<"pair"> {
  override readonly kinds = ["pair"] as const;
  readonly #given: Distance | null;
  #distance: Distance;
  #rows: { readonly left: GrowingRows; readonly right: GrowingRows } | null = null;
  #labels: number[] = [];

  constructor({ distance }: ScoredPairsOptions = {}) {
    super();
    this.#given = distance === undefined ? null : distanceNamed(distance);
    this.#distance = this.#given ?? new Cosine();
  }

  override update(embeddings: HostMatrix, { labels }: HostTargets<"pair">): void {
    if (labels === undefined) throw new UsageError(`${this.name} needs targets of pairs`);
    const { data, rows, size } = embeddings;
    const pairs = labels.length;
    if (rows !== 2 * pairs) throw new ShapeError(this.name, `${2 * pairs} rows for ${pairs} pairs`, [rows]);
    this.#rows ??= { left: new GrowingRows(size, pairs), right: new GrowingRows(size, pairs) };
    this.#rows.left.append({ data: data.subarray(0, pairs * size), rows: pairs, size });
    this.#rows.right.append({ data: data.subarray(pairs * size), rows: pairs, size });
    for (const label of labels) this.#labels.push(label);
  }

  override async value(): Promise<number> {
    if (this.#rows === null) return NaN;
    await prepareBackend();
    const { left, right } = this.#rows;
    const distances = pairDistances(this.#distance, left.matrix, right.matrix);
    return this.measure(distances, Float64Array.from(this.#labels));
  }

  override reset(): void {
    this.#rows = null;
    this.#labels = [];
  }

  override useDistance(distance: Distance): void {
    if (this.#given === null) this.#distance = distance;
  }

  /** The number, from the distance and the score of each pair. */
  protected abstract measure(distances: Float32Array, scores: Float64Array): number;
}

/** Names among the options that the metric does not know. */
export function unknownPairOptions(options: object, own: readonly string[]): Problem[] {
  return unknownOptions(options, [...own, "distance"]);
}
