import type { Targets } from "../lib/contracts/batch.js";
import type { Distance } from "../lib/contracts/distance.js";
import { SimilarityLoss, usesMemory, type LossValue } from "../lib/contracts/loss.js";
import { lossValue } from "../lib/contracts/loss-value.js";
import { flag, refuse, savedOptions, unknownOptions } from "../lib/contracts/options.js";
import type { Init, Noise, PartFinder, SavedPart } from "../lib/contracts/part.js";
import type { Kind } from "../lib/contracts/samples.js";
import type { JsonObject } from "../lib/json.js";
import type { Random } from "../lib/random.js";
import type { HostTensors } from "../lib/tensor/host.js";
import * as tf from "../lib/tensor/tf.js";
import type { TensorTree } from "../lib/tensor/tree.js";
import { lossProblem, madeLoss, savedLoss } from "./nested.js";

/** Options of `SelfSupervisedLoss`. */
export interface SelfSupervisedOptions {
  /**
   * True (default): both views of all items are one batch, each row an anchor. False: only `a`s are anchors, and they are compared with
   * `b`s alone.
   */
  readonly symmetric?: boolean;
}

/**
 * Teaches without labels, from pairs of two views of one item (augmented, cut, translated): a loss over groups in which the two views of
 * a pair are a group of their own. `new SelfSupervisedLoss(new NTXentLoss({ temperature: 0.1 }))` over pairs is SimCLR.
 *
 * A pair whose score is 0 is no pair: its two rows are different groups. Chen et al., "A Simple Framework for Contrastive Learning of
 * Visual Representations", ICML 2020.
 */
export class SelfSupervisedLoss extends SimilarityLoss<"pair"> {
  /** Name it is saved by. */
  static readonly type = "SelfSupervisedLoss";
  override readonly kind = "pair";
  override readonly separable = false;
  override readonly distance: Distance | null;
  readonly #loss: SimilarityLoss<"group">;
  readonly #symmetric: boolean;

  /** @throws ConfigError for a loss of other samples than groups, and for one that has a vector for each group. */
  constructor(loss: SimilarityLoss<"group">, options: SelfSupervisedOptions = {}) {
    super();
    const { symmetric = true } = options;
    const given = loss instanceof SimilarityLoss ? (loss as SimilarityLoss<Kind>) : null;
    refuse("SelfSupervisedLoss", [
      ...unknownOptions(options, ["symmetric"]),
      lossProblem("loss", loss),
      given === null || given.kind === "group"
        ? null
        : `loss: expected a loss over groups, but ${given.type} learns from "${given.kind}" samples`,
      given?.closedVocabulary === true
        ? `loss: ${given.type} has to know every group beforehand, but here each item is one; take a loss over pairs of the batch`
        : null,
      given?.usesGuide === true ? `loss: ${given.type} needs a guide, which has no place here` : null,
      flag("symmetric", symmetric),
      given !== null && !symmetric && !usesMemory(given)
        ? `symmetric: ${given.type} cannot compare rows with other rows (it has no computeAgainst), so it must be true`
        : null,
    ]);
    this.distance = loss.distance;
    this.#loss = loss;
    this.#symmetric = symmetric;
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject, weights: HostTensors, parts: PartFinder): SelfSupervisedLoss {
    type Saved = { readonly loss: SavedPart } & SelfSupervisedOptions;
    const { loss, ...options } = savedOptions<Saved>("SelfSupervisedLoss", config, ["loss", "symmetric"]);
    return new SelfSupervisedLoss(madeLoss("loss", loss, weights, parts) as SimilarityLoss<Kind> as never, options);
  }

  override get config(): JsonObject {
    return { loss: savedLoss(this.#loss), symmetric: this.#symmetric };
  }

  override get weights(): HostTensors {
    return Object.fromEntries(Object.entries(this.#loss.weights).map(([name, value]) => [`loss/${name}`, value]));
  }

  override initialize(random: Random): Init {
    return this.#loss.initialize(random);
  }

  override compute(
    parameters: TensorTree,
    embeddings: tf.Tensor2D,
    { labels }: Targets<"pair">,
    noise?: Noise,
  ): LossValue {
    const count = labels.shape[0];
    const first = tf.range(0, count, 1, "int32");
    const apart = tf.mul(tf.cast(tf.lessEqual(labels, 0), "int32"), tf.scalar(count, "int32"));
    const second = tf.add<tf.Tensor1D>(first, apart);
    const loss = this.#loss;
    if (this.#symmetric || !usesMemory(loss))
      return lossValue(loss, loss.compute(parameters, embeddings, { groups: tf.concat1d([first, second]) }, noise));
    const [a, b] = tf.split(embeddings, 2, 0) as [tf.Tensor2D, tf.Tensor2D];
    const others = { embeddings: b, groups: second, valid: tf.ones<tf.Rank.R1>([count]) };
    return lossValue(loss, loss.computeAgainst(parameters, a, { groups: first }, others, noise));
  }
}
