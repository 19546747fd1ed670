import { refuse, share, type Problem } from "../lib/contracts/options.js";
import type { JsonObject } from "../lib/json.js";
import { show } from "../lib/show.js";
import * as tf from "../lib/tensor/tf.js";
import { withArcMargin } from "./arc-margin.js";
import { ProxyClassification } from "./proxy-classification.js";
import { proxyCosines } from "./proxy-loss.js";
import {
  positive,
  proxySettings,
  radians,
  savedProxyOptions,
  type ProxyOptions,
  type ProxyTable,
} from "./proxy-options.js";
import { smoothedGroups } from "./smoothed-groups.js";

/** Options of `ArcFaceLoss`. */
export interface ArcFaceOptions extends ProxyOptions {
  /** Cosines are multiplied by it. Default 64. */
  readonly scale?: number;
  /** Angle added between an embedding and the vector of its own group, in radians, below π. Default 0.5. */
  readonly margin?: number;
  /** Label smoothing: the share of a row's label that is spread evenly over all groups. From 0 to less than 1. Default 0. */
  readonly smoothing?: number;
  /**
   * The category of each group, in the order of `groups`, to spread that share over the groups of the row's category alone: groups of
   * other categories stay surely wrong. Default null, all groups. `groups.map((group) => categoryOf(group))`.
   */
  readonly categories?: readonly (string | number)[] | null;
}

type Own = {
  readonly scale: number;
  readonly margin: number;
  readonly smoothing: number;
  readonly categories: readonly (string | number)[] | null;
};

const OWN: ProxyTable<Own> = {
  scale: { default: 64, check: positive },
  margin: { default: 0.5, check: radians },
  smoothing: { default: 0, check: share },
  categories: { default: null, check: categoriesProblem },
};

/**
 * Classification over one trained vector a group, on the sphere, made harder by an angle: cross entropy of `scale cos θ`, with
 * `cos(θ + margin)` for the embedding's own group, so that groups end up separated by that angle. Beyond `θ = π - margin`, where
 * `cos(θ + margin)` would rise again, it goes on falling as `cos θ - margin sin margin`. Needs every group at training time. Label
 * smoothing, over all groups or within categories, helps where labels are not quite sure.
 *
 * Deng, Guo, Xue, Zafeiriou, "ArcFace: Additive Angular Margin Loss for Deep Face Recognition", CVPR 2019.
 */
export class ArcFaceLoss extends ProxyClassification<Own> {
  /** Name it is saved by. */
  static readonly type = "ArcFaceLoss";
  /** The category of each group, numbered. */
  readonly #categories: readonly number[] | null;

  constructor(options: ArcFaceOptions) {
    super(proxySettings("ArcFaceLoss", options, OWN));
    const { groups, categories, smoothing } = this.settings;
    refuse("ArcFaceLoss", [
      categories !== null && categories.length !== groups
        ? `categories: expected one for each of the ${groups} groups, got ${categories.length}`
        : null,
      categories !== null && smoothing === 0 ? "categories: they are for smoothing above 0" : null,
    ]);
    const numbers = new Map([...new Set(categories)].map((category, at) => [category, at]));
    this.#categories = categories === null ? null : categories.map((category) => numbers.get(category) ?? 0);
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): ArcFaceLoss {
    return new ArcFaceLoss(savedProxyOptions<ArcFaceOptions>("ArcFaceLoss", config, OWN));
  }

  protected override logits(embeddings: tf.Tensor2D, kernel: tf.Tensor2D, own: tf.Tensor2D): tf.Tensor2D {
    const { scale, margin } = this.settings;
    return tf.mul(withArcMargin(proxyCosines(embeddings, kernel), own, margin), scale);
  }

  protected override judge(logits: tf.Tensor2D, own: tf.Tensor2D): tf.Tensor1D {
    const { smoothing } = this.settings;
    return super.judge(logits, smoothing === 0 ? own : smoothedGroups(own, smoothing, this.#categories));
  }
}

/** A category of each group; how many there must be is known later. */
function categoriesProblem(name: string, value: unknown): Problem {
  const each = (category: unknown): boolean => typeof category === "string" || Number.isFinite(category);
  return value === null || (Array.isArray(value) && value.every(each))
    ? null
    : `${name}: expected a string or number for each group, got ${show(value)}`;
}
