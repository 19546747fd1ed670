import type * as tf from "../tensor/tf.js";
import type { JsonObject } from "../json.js";
import type { Tensors } from "../tensor/tree.js";

/** Where training stands when a schedule is asked. */
export interface Moment {
  /** Updates done before this one, from 0. */
  readonly step: number;
  /** Updates the whole run will do, when that is known. */
  readonly totalSteps: number | null;
}

/**
 * A pure transformation of gradients into updates (which are added to the parameters). Numbers that change from step to step are
 * computed on the host by `scalars` and arrive in `update` as tensors, so that a traced step does not bake them in.
 */
export interface Transform {
  /** Name in the configuration and in the names of slots. */
  readonly type: string;
  /** Everything needed to make an equal transform; compared on resume. */
  readonly config: JsonObject;
  /** Slots by name; a slot that belongs to a parameter is called `slot/parameter`. */
  initialize(parameters: Tensors): Record<string, tf.Tensor>;
  /** The numbers that `update` gets as tensors. */
  scalars(moment: Moment): Readonly<Record<string, number>>;
  /** Same names in `updates` as in `gradients`, same names in the new `state` as in the old. */
  update(
    gradients: Tensors,
    state: Tensors,
    parameters: Tensors,
    scalars: Readonly<Record<string, tf.Scalar>>,
  ): Updated;
  /** True when each number of an update depends on the same number of the gradient alone. */
  readonly elementwise: boolean;
}

/** What one update gives. */
export interface Updated {
  /** What is added to each parameter. */
  readonly updates: Record<string, tf.Tensor>;
  /** The new slots. */
  readonly state: Record<string, tf.Tensor>;
}

/** A number, or a function of the step. */
export type Schedule = number | ((moment: Moment) => number);
