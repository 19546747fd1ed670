import * as tf from "./tf.js";
import { heap, replaceKernel } from "./wasm-kernels.js";

/** What is left when nothing is reduced. */
const OF_NOTHING: Readonly<Record<string, number>> = {
  ...{ [tf.Sum]: 0, [tf.Mean]: NaN, [tf.Prod]: 1, [tf.Max]: -Infinity, [tf.Min]: Infinity, [tf.All]: 1, [tf.Any]: 0 },
};

/** Makes reductions of no numbers give what is left when nothing is reduced: wasm leaves in the result whatever its memory held before. */
export function repairReductions(): void {
  for (const [name, value] of Object.entries(OF_NOTHING)) {
    replaceKernel<"x", object>(name, (reduce) => (call) => {
      const result = reduce(call);
      if (call.inputs.x.shape.includes(0)) heap(call.backend, result).fill(value);
      return result;
    });
  }
}
