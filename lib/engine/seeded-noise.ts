import type { Noise } from "../contracts/part.js";
import { UsageError } from "../errors.js";
import type { Random } from "../random.js";
import * as tf from "../tensor/tf.js";
import { fillUniform } from "./uniform-noise.js";

/** Random tensors drawn on the host from a stream, so that a seed decides them on every backend. */
export function seededNoise(random: Random): Noise {
  return {
    uniform(shape) {
      const values = new Float32Array(tf.util.sizeFromShape([...shape]));
      fillUniform(values, random);
      return tf.tensor(values, [...shape]);
    },
  };
}

/** For runs that were given no random stream. */
export const noNoise: Noise = {
  uniform() {
    throw new UsageError(
      "the program draws random numbers, but session.run was given no random stream as its third argument",
    );
  },
};
