import type { HardestRowsInputs } from "./hardest-rows.js";
import { equalPairs, masksAgainst, masksWithin, presentGroups, samePosition, type PairMasks } from "./masks.js";
import * as tf from "./tf.js";

/**
 * The masks of a batch by group, within it or against remembered rows, with cheaper forms of what is asked of them most. Each is computed
 * when it is asked for, once.
 */
export class GroupMasks implements PairMasks {
  readonly #groups: tf.Tensor1D;
  readonly #memory: { readonly groups: tf.Tensor1D; readonly valid: tf.Tensor1D } | null;
  #masks: PairMasks | null = null;
  #same: tf.Tensor2D | null = null;

  /** @param memory groups of remembered rows `[m]` and which of them hold something; null within the batch. */
  constructor(
    groups: tf.Tensor1D,
    memory: { readonly groups: tf.Tensor1D; readonly valid: tf.Tensor1D } | null = null,
  ) {
    this.#groups = groups;
    this.#memory = memory;
  }

  /** What tells positives and negatives among remembered rows apart; null within the batch. */
  get remembered(): Pick<HardestRowsInputs, "groups" | "labels" | "counted"> | null {
    if (this.#memory === null) return null;
    const { groups, valid } = this.#memory;
    return { groups: this.#groups, labels: presentGroups(groups, valid), counted: this.#valid(this.#memory) };
  }

  get positives(): tf.Tensor2D {
    return this.#both.positives;
  }

  get negatives(): tf.Tensor2D {
    return this.#both.negatives;
  }

  /**
   * `[n, m]`, `factor` times the numbers, with 1/2 added where there is a positive and 1/2 taken away where there is a negative: products
   * between -1/4 and 1/4 are so in a range of their own for each kind.
   */
  apart(numbers: tf.Tensor2D, factor: number): tf.Tensor2D {
    // Positives less negatives are twice what is the same, less what counts at all.
    const counted = this.#memory === null ? tf.add(samePosition(this.#groups.shape[0]), 1) : this.#valid(this.#memory);
    // In this order a compiled step adds the row of what counts, and multiplies, while it computes the numbers.
    return tf.add(tf.mul(tf.add(numbers, tf.mul(counted, -0.5 / factor)), factor), this.#sameGroup);
  }

  get #both(): PairMasks {
    this.#masks ??=
      this.#memory === null
        ? masksWithin(this.#groups)
        : masksAgainst(this.#groups, this.#memory.groups, this.#memory.valid);
    return this.#masks;
  }

  get #sameGroup(): tf.Tensor2D {
    this.#same ??= this.#memory === null ? equalPairs(this.#groups, this.#groups) : this.positives;
    return this.#same;
  }

  /** `[m]` */
  #valid({ valid }: { readonly valid: tf.Tensor1D }): tf.Tensor1D {
    return tf.cast(valid, "float32");
  }
}
