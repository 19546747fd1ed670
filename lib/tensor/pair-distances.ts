import type { HostMatrix } from "./host.js";
import { reduceLargeRows } from "./large-rows.js";
import type { Comparison } from "./nearest-sides.js";
import * as tf from "./tf.js";

/** Numbers of one side that are computed with at a time. */
const AT_ONCE = 1 << 20;

/** Distance of each row of one matrix to the row at the same place of another; needs a prepared backend. */
export function pairDistances(comparison: Comparison, left: HostMatrix, right: HostMatrix): Float32Array {
  const { rows, size } = left;
  const distances = new Float32Array(rows);
  const step = Math.max(1, Math.floor(AT_ONCE / Math.max(1, size)));
  for (let start = 0; start < rows; start += step) {
    const count = Math.min(step, rows - start);
    const part = ({ data }: HostMatrix): tf.Tensor2D => {
      const numbers = data.slice(start * size, (start + count) * size);
      reduceLargeRows(comparison, numbers, size);
      return tf.tensor2d(numbers, [count, size]);
    };
    const measured = tf.tidy(() => comparison.pairs(part(left), part(right)));
    distances.set(measured.dataSync(), start);
    measured.dispose();
  }
  return distances;
}
