import type { Targets } from "../lib/contracts/batch.js";
import type { Distance } from "../lib/contracts/distance.js";
import {
  SimilarityLoss,
  usesMemory,
  type LossValue,
  type Memory,
  type RememberedKind,
  type ScoreRange,
  type UsesMemory,
} from "../lib/contracts/loss.js";
import { lossValue } from "../lib/contracts/loss-value.js";
import { above, refuse, requireOptions, savedOptions, unknownOptions, wholeNumber } from "../lib/contracts/options.js";
import type { Init, Noise, PartFinder, SavedPart } from "../lib/contracts/part.js";
import type { Kind } from "../lib/contracts/samples.js";
import { ShapeError } from "../lib/errors.js";
import type { JsonObject } from "../lib/json.js";
import type { Random } from "../lib/random.js";
import type { HostTensors } from "../lib/tensor/host.js";
import * as tf from "../lib/tensor/tf.js";
import type { TensorTree } from "../lib/tensor/tree.js";
import {
  commonRange,
  initializeNested,
  leastGroupCount,
  lossProblem,
  madeLoss,
  nestedWeights,
  parametersOf,
  savedLoss,
  weightedSum,
  type NamedLosses,
} from "./nested.js";

const KEYS = ["embeddingSize", "sizes", "weights"] as const;

/** Options of `MatryoshkaLoss`. */
export interface MatryoshkaOptions {
  /** Width of the embeddings; `configureLoss({ embeddingSize })` gives it. */
  readonly embeddingSize: number;
  /** How many numbers of each embedding are judged, such as `[384, 192, 96]`. Include `embeddingSize` to use whole embeddings too. */
  readonly sizes: readonly number[];
  /** One for each size. Default 1 each. */
  readonly weights?: readonly number[];
}

/**
 * Trains embeddings whose first numbers are embeddings themselves, so that they can be cut later (`encode(items, { truncate })`):
 * `Σ weightₛ · loss(first s numbers of each row)` over sizes s. Distances that look at directions, such as cosine, measure each prefix by
 * its own length. Every loss will do; each size is logged as a term, `size96`, and parameters such as a trained scale are shared.
 *
 * A loss whose parameters have the width of the embeddings, such as `ArcFaceLoss`, is given as a function of the width and then
 * has parameters for each size: `new MatryoshkaLoss((embeddingSize) => new ArcFaceLoss({ embeddingSize, groups }), …)`.
 *
 * Works with a cross-batch memory when the loss inside does. Kusupati et al., "Matryoshka Representation Learning", NeurIPS 2022.
 */
export class MatryoshkaLoss<K extends Kind> extends SimilarityLoss<K> {
  /** Name it is saved by. */
  static readonly type = "MatryoshkaLoss";
  override readonly kind: K;
  override readonly separable: boolean;
  override readonly closedVocabulary: boolean;
  override readonly groupCount: number | null;
  override readonly usesGuide: boolean;
  override readonly scoreRange: ScoreRange;
  override readonly distance: Distance | null;
  /** As the loss inside, on each prefix; absent when that one cannot compare with remembered rows. */
  declare readonly computeAgainst?: UsesMemory<RememberedKind>["computeAgainst"];
  /** One for all sizes, or one for each. */
  readonly #losses: NamedLosses<K>;
  readonly #settings: {
    readonly embeddingSize: number;
    readonly sizes: readonly number[];
    readonly weights: readonly number[];
  };

  constructor(loss: SimilarityLoss<K> | ((embeddingSize: number) => SimilarityLoss<K>), options: MatryoshkaOptions) {
    super();
    requireOptions("MatryoshkaLoss", options, "options such as { embeddingSize, sizes }");
    const { embeddingSize, sizes } = options;
    const given: readonly unknown[] = Array.isArray(sizes) ? sizes : [];
    const { weights = given.map(() => 1) } = options;
    const problems = [
      ...unknownOptions(options, KEYS),
      wholeNumber("embeddingSize", embeddingSize, 1),
      given.length === 0 ? "sizes: expected a list of at least one size" : null,
      ...given.map((size, at) => wholeNumber(`sizes[${at}]`, size, 1, embeddingSize)),
      new Set(given).size < given.length ? `sizes: expected each size once, got ${given.join(", ")}` : null,
      Array.isArray(weights) && weights.length === given.length
        ? null
        : `weights: expected one for each of the ${given.length} sizes`,
      ...(Array.isArray(weights) ? weights : []).map((weight, at) => above(`weights[${at}]`, weight, 0)),
    ];
    const shared = loss instanceof SimilarityLoss;
    refuse("MatryoshkaLoss", [...problems, shared || typeof loss === "function" ? null : lossProblem("loss", loss)]);
    this.#losses = shared ? [["loss", loss]] : sizes.map((size) => [`size${size}`, loss(size)]);
    refuse(
      "MatryoshkaLoss",
      this.#losses.map(([name, made]) => lossProblem(`loss of ${name}`, made)),
    );
    const [, first] = this.#losses[0] as NamedLosses<K>[number];
    const all = this.#losses.map(([, made]) => made);
    this.kind = first.kind;
    this.distance = first.distance;
    this.separable = all.every(({ separable }) => separable);
    this.closedVocabulary = all.some(({ closedVocabulary }) => closedVocabulary);
    this.groupCount = leastGroupCount(all);
    this.usesGuide = all.some(({ usesGuide }) => usesGuide);
    this.scoreRange = commonRange(all);
    this.#settings = Object.freeze({ embeddingSize, sizes: [...sizes], weights: [...weights] });
    if (all.every(usesMemory))
      this.computeAgainst = (parameters, embeddings, targets, memory, noise) =>
        this.#eachSize(parameters, embeddings, (inner, own, prefix, size) =>
          (inner as unknown as UsesMemory<RememberedKind>).computeAgainst(
            own,
            prefix,
            targets,
            { ...memory, embeddings: firstNumbers(memory.embeddings, size) } satisfies Memory,
            noise,
          ),
        );
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject, weights: HostTensors, parts: PartFinder): MatryoshkaLoss<Kind> {
    type Saved = MatryoshkaOptions & { readonly loss: SavedPart | readonly SavedPart[] };
    const { loss, ...options } = savedOptions<Saved>("MatryoshkaLoss", config, ["loss", ...KEYS]);
    if (!("length" in loss)) return new MatryoshkaLoss(madeLoss("loss", loss, weights, parts), options);
    const made = loss.map((saved, at) => madeLoss(`size${options.sizes[at]}`, saved, weights, parts));
    return new MatryoshkaLoss((size) => made[options.sizes.indexOf(size)] as SimilarityLoss<Kind>, options);
  }

  override get config(): JsonObject {
    const saved = this.#losses.map(([, loss]) => savedLoss(loss));
    const shared = this.#losses[0]?.[0] === "loss";
    const { embeddingSize, sizes, weights } = this.#settings;
    return { loss: shared ? (saved[0] as JsonObject) : saved, embeddingSize, sizes: [...sizes], weights: [...weights] };
  }

  override get weights(): HostTensors {
    return nestedWeights(this.#losses);
  }

  override initialize(random: Random): Init {
    return initializeNested(this.#losses, random);
  }

  override compute(
    parameters: TensorTree,
    embeddings: tf.Tensor2D,
    targets: Targets<K>,
    noise?: Noise,
    guide?: tf.Tensor2D,
  ): LossValue {
    return this.#eachSize(parameters, embeddings, (inner, own, prefix) =>
      inner.compute(own, prefix, targets, noise, guide),
    );
  }

  #eachSize(parameters: TensorTree, embeddings: tf.Tensor2D, judge: JudgePrefix<K>): LossValue {
    const { embeddingSize, sizes, weights } = this.#settings;
    if (embeddings.shape[1] !== embeddingSize)
      throw new ShapeError("MatryoshkaLoss", `[n, ${embeddingSize}]`, embeddings.shape);
    return weightedSum(
      sizes.map((size, at) => {
        const [name, inner] = (this.#losses[at] ?? this.#losses[0]) as NamedLosses<K>[number];
        const judged = lossValue(
          inner,
          judge(inner, parametersOf(parameters, name), firstNumbers(embeddings, size), size),
        );
        return [`size${size}`, judged, weights[at] as number] as const;
      }),
    );
  }
}

type JudgePrefix<K extends Kind> = (
  loss: SimilarityLoss<K>,
  parameters: TensorTree,
  prefix: tf.Tensor2D,
  size: number,
) => LossValue | tf.Scalar;

function firstNumbers(rows: tf.Tensor2D, size: number): tf.Tensor2D {
  return size === rows.shape[1] ? rows : tf.slice(rows, [0, 0], [-1, size]);
}
