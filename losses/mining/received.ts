import { ShapeError, UsageError } from "../../lib/errors.js";
import type { PairMasks } from "../../lib/tensor/masks.js";
import * as tf from "../../lib/tensor/tf.js";
import type { ListedTriplets, Mined, TripletChoice } from "./miner.js";

/**
 * What a miner gave, as losses read it: everything of the shape of the distances, masks and numbers in float32. Masks may be
 * bool, as comparisons give them: losses add and multiply, which every backend does to bool in its own way. What is right already is
 * passed on as it is.
 *
 * @throws UsageError, ShapeError that name the miner.
 */
export function receivedChoice(miner: string, mined: Mined, shape: readonly number[]): Mined {
  const received = (
    name: string,
    tensor: tf.Tensor2D | undefined,
    dtype: "float32" | "int32" | null = "float32",
    wanted = shape,
  ): tf.Tensor2D => {
    if (!(tensor instanceof tf.Tensor))
      throw new UsageError(`${miner}: mine must return { positives, negatives } of tensors; ${name} is none`);
    if (tensor.shape.join() !== wanted.join())
      throw new ShapeError(`${miner}: ${name}`, `[${wanted.join(", ")}]`, tensor.shape);
    // Even a cast that changes nothing is an operation of the step.
    return dtype === null || tensor.dtype === dtype ? tensor : tf.cast(tensor, dtype);
  };
  const masks = (given: Partial<PairMasks> | undefined, where = ""): PairMasks => ({
    positives: received(`${where}positives`, given?.positives),
    negatives: received(`${where}negatives`, given?.negatives),
  });
  const list = ({ positives, negatives, counts }: ListedTriplets): ListedTriplets => {
    const each = [shape[0] as number, positives.shape[1]];
    return {
      positives: received("triplets.listed.positives", positives, "int32", each),
      negatives: received("triplets.listed.negatives", negatives, "int32", each),
      counts: received("triplets.listed.counts", counts, "float32", each),
    };
  };
  const pairs = masks(mined);
  if (mined.triplets === undefined) return pairs;
  const { of, above, upTo, negative, listed } = mined.triplets;
  const triplets: TripletChoice = {
    ...(of && { of: masks(of, "triplets.of.") }),
    ...(above && { above: received("triplets.above", above) }),
    ...(upTo && { upTo: received("triplets.upTo", upTo) }),
    ...(negative && { negative: received("triplets.negative", negative, null) }),
    ...(listed && { listed: list(listed) }),
  };
  return { ...pairs, triplets };
}
