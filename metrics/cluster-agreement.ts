import { Metric, type HostTargets } from "../lib/contracts/index.js";
import { oneOf, refuse, unknownOptions } from "../lib/contracts/options.js";
import { ShapeError, UsageError } from "../lib/errors.js";
import { Random } from "../lib/random.js";
import { adjustedMutualInformation, normalizedMutualInformation } from "../lib/statistics/clusterings.js";
import { GrowingRows } from "../lib/tensor/growing-rows.js";
import type { HostMatrix } from "../lib/tensor/host.js";
import { kMeans } from "../lib/tensor/k-means.js";
import { firstNonFiniteRow } from "../lib/tensor/nearest-rows.js";
import { unitMatrix } from "../lib/tensor/unit-matrix.js";

/** Options of `ClusterAgreement`. */
export interface ClusterAgreementOptions {
  /**
   * "ami" (default), adjusted mutual information, is 0 for clusters that know nothing of the groups, however many there are; "nmi",
   * normalized mutual information, grows with the number of groups even by chance.
   */
  readonly measure?: "ami" | "nmi";
  /** Divide rows by their length first, as the cosine does. Default true. */
  readonly normalize?: boolean;
  /** Of the first centers. Default 0. */
  readonly seed?: number;
}

/**
 * How well clusters agree with groups: rows are cut by k-means into as many clusters as there are groups, which are then compared. 1 when
 * every cluster is a group. NaN with fewer than two groups, or when an embedding is not finite.
 */
export class ClusterAgreement extends Metric<"group"> {
  readonly name: string;
  readonly higherIsBetter = true;
  override readonly kinds = ["group"] as const;
  readonly #options: Required<ClusterAgreementOptions>;
  #rows: GrowingRows | null = null;
  #groups: number[] = [];
  #finite = true;

  constructor(options: ClusterAgreementOptions = {}) {
    super();
    const { measure = "ami", normalize = true, seed = 0 } = options;
    refuse("ClusterAgreement", [
      oneOf("measure", measure, ["ami", "nmi"]),
      ...unknownOptions(options, ["measure", "normalize", "seed"]),
    ]);
    this.name = measure;
    this.#options = { measure, normalize, seed };
  }

  override update(embeddings: HostMatrix, { groups }: HostTargets<"group">): void {
    if (groups === undefined) throw new UsageError(`${this.name} needs targets of groups`);
    if (groups.length !== embeddings.rows) {
      throw new ShapeError(this.name, `${groups.length} rows for as many groups`, [embeddings.rows]);
    }
    this.#rows ??= new GrowingRows(embeddings.size, embeddings.rows);
    this.#rows.append(this.#options.normalize ? unitMatrix(embeddings) : embeddings);
    for (const group of groups) this.#groups.push(group);
    this.#finite &&= firstNonFiniteRow(embeddings) === null;
  }

  override async value(): Promise<number> {
    const count = new Set(this.#groups).size;
    if (this.#rows === null || !this.#finite || count < 2) return NaN;
    const { measure, seed } = this.#options;
    const { clusters } = await kMeans(this.#rows.matrix, count, new Random(seed).fork("clusters"));
    const agreement = measure === "ami" ? adjustedMutualInformation : normalizedMutualInformation;
    return agreement(this.#groups, clusters);
  }

  override reset(): void {
    this.#rows = null;
    this.#groups = [];
    this.#finite = true;
  }
}
