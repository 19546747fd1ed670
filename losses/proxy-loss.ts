import type { Distance } from "../lib/contracts/distance.js";
import { SimilarityLoss } from "../lib/contracts/loss.js";
import { requireOptions } from "../lib/contracts/options.js";
import type { Init } from "../lib/contracts/part.js";
import { Cosine } from "../lib/distances/index.js";
import type { JsonObject } from "../lib/json.js";
import type { Random } from "../lib/random.js";
import { hostTensor } from "../lib/tensor/host.js";
import { equalPairs } from "../lib/tensor/masks.js";
import { innerProducts } from "../lib/tensor/pairwise.js";
import { unitRows } from "../lib/tensor/rows.js";
import * as tf from "../lib/tensor/tf.js";
import type { ProxySettings } from "./proxy-options.js";

/** The trained parameters of losses with proxies. */
export type ProxyParameters = {
  /** `[embeddingSize, groups]`, a column for each group. */
  readonly kernel: tf.Tensor2D;
};

/** First numbers of the proxies: normal with this deviation. */
const DEVIATION = 0.01;

/** Compares embeddings with one trained vector a group, which is thrown away after training. Needs every group at training time. */
export abstract class ProxyLoss<Settings extends ProxySettings & JsonObject> extends SimilarityLoss<
  "group",
  ProxyParameters
> {
  readonly kind = "group";
  readonly separable: boolean = true;
  override readonly closedVocabulary = true;
  override readonly groupCount: number;
  override readonly distance: Distance = new Cosine();
  /** Options with their defaults. */
  protected readonly settings: Settings;

  protected constructor(settings: Settings) {
    super();
    requireOptions(new.target.name, settings, "settings such as { embeddingSize, groups }");
    this.settings = Object.freeze({ ...settings });
    this.groupCount = settings.groups;
  }

  override get config(): JsonObject {
    return { ...this.settings };
  }

  override initialize(random: Random): Init {
    const { embeddingSize } = this.settings;
    const numbers = random.normals(embeddingSize * this.columns, 0, this.deviation);
    return { parameters: { kernel: hostTensor(numbers, [embeddingSize, this.columns]) } };
  }

  /** Deviation of the numbers that the vectors start with, which is nothing to a loss of their direction alone. */
  protected get deviation(): number {
    return DEVIATION;
  }

  /** How many trained vectors there are. Default one a group. */
  protected get columns(): number {
    return this.settings.groups;
  }
}

/** `[n, d] -> [n, groups]`, cosine of every embedding with every proxy. */
export function proxyCosines(embeddings: tf.Tensor2D, kernel: tf.Tensor2D): tf.Tensor2D {
  return innerProducts(unitRows(embeddings), unitRows(tf.transpose(kernel)));
}

/** `[n] -> [n, count]`, 1 at the row's group. A group outside 0..count-1 has none. */
export function groupColumns(groups: tf.Tensor1D, count: number): tf.Tensor2D {
  return equalPairs(groups, tf.range(0, count, 1, "int32"));
}
