import type { Targets } from "../lib/contracts/batch.js";
import type { Distance } from "../lib/contracts/distance.js";
import { SimilarityLoss, type LossValue } from "../lib/contracts/loss.js";
import { above, finite, flag, oneOf, refuse, savedOptions, unknownOptions } from "../lib/contracts/options.js";
import type { Noise } from "../lib/contracts/part.js";
import { Cosine, distanceNamed, savedDistance, type DistanceChoice } from "../lib/distances/index.js";
import type { JsonObject } from "../lib/json.js";
import { equalPairs, samePosition } from "../lib/tensor/masks.js";
import * as tf from "../lib/tensor/tf.js";
import type { TensorTree } from "../lib/tensor/tree.js";
import { weightedMean } from "./average.js";
import { crossEntropy } from "./cross-entropy.js";
import { requireGuide } from "./require-guide.js";

const STRATEGIES = ["absolute", "relative"] as const;
const KEYS = [
  "kind",
  "temperature",
  "margin",
  "marginStrategy",
  "contrastAnchors",
  "contrastPositives",
  "distance",
] as const;

/** Added to the logit of a candidate that is not a wrong answer. */
const EXCLUDED = -1e9;

/** Options of `GuidedMultipleNegativesRankingLoss`. */
export interface GuidedMultipleNegativesRankingOptions<K extends "pair" | "tuple" = "pair"> {
  /** "pair" (default), or "tuple" for anchors that bring hard negatives of their own. */
  readonly kind?: K;
  /** Similarities are divided by it. Default 0.01. */
  readonly temperature?: number;
  /** How much less similar than the positive a wrong answer has to be for the guide, see `marginStrategy`. Default 0. */
  readonly margin?: number;
  /**
   * "absolute" (default): left out when the guide's cosine is above that of the positive minus `margin`; "relative": above that of the
   * positive times `1 - margin`.
   */
  readonly marginStrategy?: (typeof STRATEGIES)[number];
  /** Other anchors are wrong answers too. Default true. */
  readonly contrastAnchors?: boolean;
  /** Other positives are wrong answers to a positive too. Default true. */
  readonly contrastPositives?: boolean;
  /** Default "cosine". The guide's vectors are compared by cosine in any case. */
  readonly distance?: DistanceChoice;
}

type Settings = Required<Omit<GuidedMultipleNegativesRankingOptions, "kind" | "distance">>;

/** A batch, or what the guide says of it: one row of `anchors` for each positive. */
interface Sides {
  readonly anchors: tf.Tensor2D;
  readonly positives: tf.Tensor2D;
  readonly negatives: tf.Tensor2D | null;
}

/**
 * `MultipleNegativesRankingLoss` without false negatives: the model's guide, an encoder that is good already (`configureGuide`), tells
 * which rows of the batch are no wrong answers. Of anchor i with positive i, whatever is more similar for the guide than the positive
 * itself, by a margin, is left out of the cross entropy.
 *
 * Wrong answers to anchor i are the other positives; with `contrastAnchors` the other anchors, with `contrastPositives` also the other
 * positives compared with positive i; of tuples all negatives, and never what belongs to the same anchor. Scores weigh as in
 * `MultipleNegativesRankingLoss`.
 *
 * Solatorio, "GISTEmbed: Guided In-sample Selection of Training Negatives for Text Embedding Fine-tuning", 2024.
 */
export class GuidedMultipleNegativesRankingLoss<K extends "pair" | "tuple" = "pair"> extends SimilarityLoss<K> {
  /** Name it is saved by. */
  static readonly type = "GuidedMultipleNegativesRankingLoss";
  override readonly kind: K;
  override readonly separable = false;
  override readonly usesGuide = true;
  override readonly distance: Distance;
  readonly #settings: Settings;
  readonly #ofGuide = new Cosine();

  constructor(options: GuidedMultipleNegativesRankingOptions<K> = {}) {
    super();
    const { kind = "pair", temperature = 0.01, margin = 0, marginStrategy = "absolute", distance = "cosine" } = options;
    const { contrastAnchors = true, contrastPositives = true } = options;
    refuse("GuidedMultipleNegativesRankingLoss", [
      ...unknownOptions(options, KEYS),
      oneOf("kind", kind, ["pair", "tuple"]),
      above("temperature", temperature, 0),
      finite("margin", margin),
      oneOf("marginStrategy", marginStrategy, STRATEGIES),
      flag("contrastAnchors", contrastAnchors),
      flag("contrastPositives", contrastPositives),
    ]);
    this.kind = kind as K;
    this.distance = distanceNamed(distance);
    this.#settings = Object.freeze({ temperature, margin, marginStrategy, contrastAnchors, contrastPositives });
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): GuidedMultipleNegativesRankingLoss<"pair" | "tuple"> {
    type Saved = GuidedMultipleNegativesRankingOptions<"pair" | "tuple">;
    return new GuidedMultipleNegativesRankingLoss(
      savedOptions<Saved>("GuidedMultipleNegativesRankingLoss", config, KEYS),
    );
  }

  override get config(): JsonObject {
    return { kind: this.kind, ...this.#settings, distance: savedDistance(this.distance) };
  }

  override compute(
    _parameters: TensorTree,
    embeddings: tf.Tensor2D,
    targets: Targets<K>,
    _noise?: Noise,
    guide?: tf.Tensor2D,
  ): LossValue {
    const guided = requireGuide(this, embeddings, guide);
    if (this.kind === "tuple") {
      const { positiveOwners, negativeOwners, scores } = targets as Targets<"tuple">;
      const count = positiveOwners.shape[0];
      const split = (rows: tf.Tensor2D): Sides => sidesOfTuples(rows, positiveOwners, negativeOwners.shape[0]);
      return this.#judge(split(embeddings), split(guided), positiveOwners, tf.slice(scores, [0], [count]));
    }
    const { labels } = targets as Targets<"pair">;
    const owners = tf.range(0, labels.shape[0], 1, "int32");
    return this.#judge(sidesOfPairs(embeddings), sidesOfPairs(guided), owners, labels);
  }

  #judge(rows: Sides, guide: Sides, owners: tf.Tensor1D, scores: tf.Tensor1D): LossValue {
    const { margin, marginStrategy, contrastAnchors, contrastPositives } = this.#settings;
    const sure = tf.expandDims(this.#guideSays(guide.anchors, guide.positives, "pairs"), 1);
    const threshold = marginStrategy === "absolute" ? tf.sub(sure, margin) : tf.mul(sure, 1 - margin);
    const answers = samePosition(owners.shape[0]);
    const related = equalPairs(owners, owners);
    /** Scores of wrong answers; those that are none, by the guide or because they belong to the anchor, count nothing. */
    const wrong = (from: Side, to: Side, never: tf.Tensor2D | null, always: tf.Tensor2D | null): tf.Tensor2D => {
      const logits = this.#logits(rows[from] as tf.Tensor2D, rows[to] as tf.Tensor2D);
      const above = tf.step(tf.sub(this.#guideSays(guide[from] as tf.Tensor2D, guide[to] as tf.Tensor2D), threshold));
      const left = never === null ? above : tf.maximum(above, never);
      return tf.add(logits, tf.mul(always === null ? left : tf.mul(left, tf.sub(1, always)), EXCLUDED));
    };
    const candidates = [
      wrong("anchors", "positives", related, answers),
      ...(contrastAnchors ? [wrong("anchors", "anchors", related, null)] : []),
      ...(contrastPositives ? [wrong("positives", "positives", related, null)] : []),
      ...(rows.negatives === null ? [] : [wrong("anchors", "negatives", null, null)]),
    ];
    const logits = tf.concat2d(candidates, 1);
    const right = tf.pad(answers, [
      [0, 0],
      [0, (logits.shape[1] as number) - owners.shape[0]],
    ]);
    const weights = tf.relu(scores);
    return { value: weightedMean(crossEntropy(logits, right), weights), weight: tf.sum<tf.Scalar>(weights) };
  }

  #logits(left: tf.Tensor2D, right: tf.Tensor2D): tf.Tensor2D {
    return tf.div(this.distance.similarity(this.distance.matrix(left, right)), this.#settings.temperature);
  }

  #guideSays(left: tf.Tensor2D, right: tf.Tensor2D, how: "matrix" | "pairs" = "matrix"): tf.Tensor {
    return this.#ofGuide.similarity<tf.Tensor>(this.#ofGuide[how](left, right));
  }
}

type Side = keyof Sides;

function sidesOfPairs(rows: tf.Tensor2D): Sides {
  const [anchors, positives] = tf.split(rows, 2, 0) as [tf.Tensor2D, tf.Tensor2D];
  return { anchors, positives, negatives: null };
}

function sidesOfTuples(rows: tf.Tensor2D, owners: tf.Tensor1D, negativeCount: number): Sides {
  const positiveCount = owners.shape[0];
  const anchorCount = rows.shape[0] - positiveCount - negativeCount;
  const [anchors, positives, negatives] = tf.split(rows, [anchorCount, positiveCount, negativeCount], 0) as [
    tf.Tensor2D,
    tf.Tensor2D,
    tf.Tensor2D,
  ];
  const chosen = equalPairs(owners, tf.range(0, anchorCount, 1, "int32")); // [P, anchors]
  return { anchors: tf.matMul(chosen, anchors), positives, negatives: negativeCount === 0 ? null : negatives };
}
