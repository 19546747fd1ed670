import type { Targets } from "../lib/contracts/batch.js";
import type { Distance } from "../lib/contracts/distance.js";
import {
  SimilarityLoss,
  usesMemory,
  type LossValue,
  type RememberedKind,
  type ScoreRange,
  type UsesChunks,
  type UsesMemory,
} from "../lib/contracts/loss.js";
import { lossValue } from "../lib/contracts/loss-value.js";
import { refuse, requireOptions, savedOptions, unknownOptions, wholeNumber } from "../lib/contracts/options.js";
import type { Init, Noise, PartFinder, SavedPart } from "../lib/contracts/part.js";
import type { Kind } from "../lib/contracts/samples.js";
import type { JsonObject } from "../lib/json.js";
import type { Random } from "../lib/random.js";
import type { HostTensors } from "../lib/tensor/host.js";
import type * as tf from "../lib/tensor/tf.js";
import type { TensorTree } from "../lib/tensor/tree.js";
import { lossProblem, madeLoss, nestedWeights, savedLoss } from "./nested.js";

/** Options of `GradientCache`. */
export interface GradientCacheOptions {
  /** Rows that encoders and head run on at a time. */
  readonly chunkSize: number;
}

/**
 * Any loss, with batches larger than what memory would hold: encoders and head run on `chunkSize` rows at a time, the loss sees the
 * embeddings of the whole batch, and each chunk is run again on the way back. Loss and gradient are those of the whole batch whatever the
 * chunk size is, up to rounding, but for two things: batch normalization sees chunks instead of batches, and where encoders and head draw
 * noise more than once (two dropouts), they draw it chunk by chunk, so that other numbers are dropped, as many and as likely. It costs one
 * more forward pass. Worth it where encoders are trained and comparisons within the batch count:
 * `new GradientCache(new MultipleNegativesRankingLoss(), { chunkSize: 64 })` with batches of 1,024 pairs.
 *
 * The embeddings themselves, and the loss's matrix of the batch by itself, stay in memory; so do random numbers of dropout. Put it
 * outermost: around losses that are made of others, or into `LossByDataset`.
 *
 * Gao, Zhang, Han, Callan, "Scaling Deep Contrastive Learning Batch Size under Memory Limited Setup", 2021.
 */
export class GradientCache<K extends Kind> extends SimilarityLoss<K> implements UsesChunks {
  /** Name it is saved by. */
  static readonly type = "GradientCache";
  override readonly kind: K;
  override readonly separable: boolean;
  override readonly closedVocabulary: boolean;
  override readonly groupCount: number | null;
  override readonly usesGuide: boolean;
  override readonly scoreRange: ScoreRange;
  override readonly distance: Distance | null;
  readonly chunkSize: number;
  /** As the loss inside; absent when that one cannot compare with remembered rows. */
  declare readonly computeAgainst?: UsesMemory<RememberedKind>["computeAgainst"];
  readonly #loss: SimilarityLoss<K>;

  constructor(loss: SimilarityLoss<K>, options: GradientCacheOptions) {
    super();
    requireOptions("GradientCache", options, "options such as { chunkSize: 64 }");
    refuse("GradientCache", [
      lossProblem("loss", loss),
      ...unknownOptions(options, ["chunkSize"]),
      wholeNumber("chunkSize", options.chunkSize, 1),
    ]);
    this.#loss = loss;
    this.chunkSize = options.chunkSize;
    this.kind = loss.kind;
    this.separable = loss.separable;
    this.closedVocabulary = loss.closedVocabulary;
    this.groupCount = loss.groupCount;
    this.usesGuide = loss.usesGuide;
    this.scoreRange = loss.scoreRange;
    this.distance = loss.distance;
    if (usesMemory(loss))
      this.computeAgainst = (parameters, embeddings, targets, memory, noise) =>
        (loss as UsesMemory<RememberedKind>).computeAgainst(parameters, embeddings, targets, memory, noise);
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject, weights: HostTensors, parts: PartFinder): GradientCache<Kind> {
    type Saved = { readonly loss: SavedPart } & GradientCacheOptions;
    const { loss, ...options } = savedOptions<Saved>("GradientCache", config, ["loss", "chunkSize"]);
    return new GradientCache(madeLoss("loss", loss, weights, parts), options);
  }

  override get config(): JsonObject {
    return { loss: savedLoss(this.#loss), chunkSize: this.chunkSize };
  }

  override get weights(): HostTensors {
    return nestedWeights([["loss", this.#loss]]);
  }

  override initialize(random: Random): Init {
    return this.#loss.initialize(random);
  }

  override compute(
    parameters: TensorTree,
    embeddings: tf.Tensor2D,
    targets: Targets<K>,
    noise?: Noise,
    guide?: tf.Tensor2D,
  ): LossValue | tf.Scalar {
    return lossValue(this.#loss, this.#loss.compute(parameters, embeddings, targets, noise, guide));
  }
}
