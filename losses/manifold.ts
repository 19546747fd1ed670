import type { Targets } from "../lib/contracts/batch.js";
import type { LossValue } from "../lib/contracts/loss.js";
import { atLeast, refuse, wholeNumber } from "../lib/contracts/options.js";
import type { JsonObject } from "../lib/json.js";
import { equalPairs } from "../lib/tensor/masks.js";
import { innerProducts } from "../lib/tensor/pairwise.js";
import { unitRows } from "../lib/tensor/rows.js";
import * as tf from "../lib/tensor/tf.js";
import { manifoldSimilarity } from "./manifold-similarity.js";
import { groupColumns, ProxyLoss, type ProxyParameters } from "./proxy-loss.js";
import {
  proxySettings,
  savedProxyOptions,
  type ProxyOptions,
  type ProxySettings,
  type ProxyTable,
} from "./proxy-options.js";

/** Options of `ManifoldLoss`. */
export interface ManifoldOptions extends ProxyOptions {
  /** How many trained vectors there are; with fewer than groups, group g belongs to vector g modulo their number. Default 50 at most. */
  readonly proxies?: number | null;
  /** Weight of the context against the similarity itself. Default 1. */
  readonly contextWeight?: number;
  /** How far walks go: the probability of another step, above 0 and up to 0.99. Default 0.8. */
  readonly alpha?: number;
  /** By how much the own vector is to be nearer than another. Default 0.0005. */
  readonly margin?: number;
}

type Own = {
  readonly proxies: number | null;
  readonly contextWeight: number;
  readonly alpha: number;
  readonly margin: number;
};

const MOST_PROXIES = 50;

const OWN: ProxyTable<Own> = {
  proxies: { default: null, check: (name, value) => (value === null ? null : wholeNumber(name, value, 1)) },
  contextWeight: { default: 1, check: (name, value) => atLeast(name, value, 0) },
  alpha: {
    default: 0.8,
    check: (name, value) =>
      typeof value === "number" && value > 0 && value <= 0.99
        ? null
        : `${name}: expected a probability above 0 and up to 0.99, got ${String(value)}`,
  },
  margin: { default: 5e-4, check: (name, value) => atLeast(name, value, 0) },
};

/**
 * Nearness along the manifold of a batch instead of straight through. The points are the rows of the batch and the trained vectors;
 * each two different ones have the weight `w = exp(max(0, cos) / 0.5)`, a point has none with itself, and `S = w_ij / √(Σ_k w_ik Σ_k w_jk)`.
 * Row i is as near to vector k as `F_k = (1 - alpha) (1 - alpha S)⁻¹` at (i, k): the share of random walks from k, each of which goes on
 * to a neighbour with probability alpha, that are found at i (up to the roots, which make S symmetric). The loss of a row is
 * `log(1 + Σ exp(F_k - F_o + margin))` over the vectors k other than its own o, plus `contextWeight` times the same of the context: the
 * cosine of the row's `(F_1, …)` with those of vector k in place of `F_k`. Averaged over rows.
 *
 * Groups may share vectors. Needs every group at training time. The paper's context looks at the shares of walks from all rows of the
 * batch, which costs the cube of the batch; here it looks at those from the vectors: `O(n²)` for n rows.
 *
 * Aziere, Todorovic, "Ensemble Deep Manifold Similarity Learning Using Hard Proxies", CVPR 2019.
 */
export class ManifoldLoss extends ProxyLoss<ProxySettings & Own> {
  /** Name it is saved by. */
  static readonly type = "ManifoldLoss";
  override readonly separable = false;

  constructor(options: ManifoldOptions) {
    super(proxySettings("ManifoldLoss", options, OWN));
    const { proxies, groups } = this.settings;
    refuse("ManifoldLoss", [
      proxies !== null && proxies > groups ? `proxies: expected ${groups} at most, one a group, got ${proxies}` : null,
    ]);
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): ManifoldLoss {
    return new ManifoldLoss(savedProxyOptions<ManifoldOptions>("ManifoldLoss", config, OWN));
  }

  protected override get columns(): number {
    const { proxies, groups } = this.settings;
    return proxies ?? Math.min(groups, MOST_PROXIES);
  }

  override compute({ kernel }: ProxyParameters, embeddings: tf.Tensor2D, { groups }: Targets<"group">): LossValue {
    const { groups: count, contextWeight, alpha } = this.settings;
    const [rows, proxies] = [embeddings.shape[0], this.columns];
    const all = tf.range(0, count, 1, "int32");
    const shared = equalPairs(tf.mod(all, tf.scalar(proxies, "int32")), tf.range(0, proxies, 1, "int32"));
    const own = tf.matMul<tf.Tensor2D>(groupColumns(groups, count), shared); // [rows, proxies]
    const points = tf.concat2d([embeddings, tf.transpose(kernel)], 0);
    const walks = manifoldSimilarity(points, proxies, alpha);
    const [ofRows, ofProxies] = tf.split(walks, [rows, proxies], 0) as [tf.Tensor2D, tf.Tensor2D];
    const context = innerProducts(unitRows(ofRows), unitRows(ofProxies));
    const losses = tf.add(this.#behind(ofRows, own), tf.mul(this.#behind(context, own), contextWeight));
    // A group outside the vocabulary has no proxy: infinite, so that a wrong label cannot pass unseen.
    const known = tf.log(tf.min(tf.sum(own, 1)));
    return { value: tf.sub(tf.mean(losses), known), weight: tf.scalar(rows) };
  }

  /** `[n]`, what it costs that others than the own proxy are as similar. */
  #behind(similarities: tf.Tensor2D, own: tf.Tensor2D): tf.Tensor1D {
    const ofOwn = tf.sum(tf.mul(similarities, own), 1, true);
    const excess = tf.add(tf.sub(similarities, ofOwn), this.settings.margin);
    return tf.log(tf.add(tf.sum(tf.mul(tf.exp(excess), tf.sub(1, own)), 1), 1));
  }
}
