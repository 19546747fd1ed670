import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { knowsKernel } from "./knows-kernel.js";
import { addIntoRows } from "./row-order.js";
import * as tf from "./tf.js";
import { heap } from "./wasm-kernels.js";

/** A kernel of this library's own: with the numbers in reach it looks at what there is alone, and not at all that could be. */
export const TripletsBelow = "TripletsBelow";

/** The inputs of the kernel, by name. */
export interface BelowInputs {
  /** `[n, m]`, 0 where a column is no positive of the row. */
  readonly bounds: tf.Tensor2D;
  /** `[n, m]`, distances of rows to their negatives; huge where a column is no negative. */
  readonly near: tf.Tensor2D;
  /** `[m, m]`, distances of the columns among themselves. */
  readonly among: tf.Tensor2D;
}

/** In how many triplets each pair is. */
export interface TripletsFound {
  /** `[n, m]`, at the places of positives. */
  readonly positives: tf.Tensor2D;
  /** `[n, m]`, at the places of negatives. */
  readonly negatives: tf.Tensor2D;
}

/**
 * Counts the triplets of a row, a positive p and a negative c of it for which `near[row, c] + among[p, c] < bounds[row, p]`; distances are
 * not negative. Time `O(n m)` for each positive of the largest group and memory `O(n m)`, however large groups are. Not differentiable.
 */
export function tripletsBelow(inputs: BelowInputs): TripletsFound {
  registerOnce();
  if (!knowsKernel(TripletsBelow)) return positiveByPositive(inputs);
  const found = tf.engine().runKernel(TripletsBelow, { ...inputs } as unknown as tf.NamedTensorMap);
  const [positives, negatives] = found as unknown as [tf.Tensor2D, tf.Tensor2D];
  return { positives, negatives };
}

/** The same for backends whose numbers cannot be looked at: as if every column were a positive of every row. */
export function positiveByPositive({ bounds, near, among }: BelowInputs): TripletsFound {
  return tf.tidy(() => {
    const { values, indices } = tf.topk(bounds, bounds.shape[1], true);
    const counts: tf.Tensor2D[] = [];
    let negatives = tf.zerosLike(bounds);
    for (let place = 0; place < bounds.shape[1]; place += 1) {
      const [found, count] = tf.tidy(() => {
        const column = (matrix: tf.Tensor): tf.Tensor2D => tf.slice(matrix as tf.Tensor2D, [0, place], [-1, 1]);
        const others = tf.gather(among, tf.cast(tf.squeeze(column(indices), [1]), "int32"));
        const below = tf.step(tf.sub(tf.sub(column(values), others), near));
        return [tf.add<tf.Tensor2D>(negatives, below), tf.sum<tf.Tensor2D>(below, 1, true)] as const;
      });
      negatives.dispose();
      negatives = found;
      counts.push(count);
    }
    const columns = tf.cast(indices, "int32") as tf.Tensor2D;
    return { positives: addIntoRows(tf.concat(counts, 1), columns, bounds.shape[1]), negatives };
  }) as unknown as TripletsFound;
}

let registered = false;

function registerOnce(): void {
  if (registered) return;
  registered = true;
  register("wasm", (backend, tensor) => heap(backend as unknown as BackendWasm, tensor));
  for (const name of ["cpu", "tensorflow"]) register(name, (backend, { dataId }) => backend.readSync(dataId));
}

type Look = (backend: tf.KernelBackend, tensor: tf.TensorInfo) => ArrayLike<number> | tf.BackendValues;

function register(backendName: string, look: Look): void {
  tf.registerKernel({
    kernelName: TripletsBelow,
    backendName,
    kernelFunc: ({ inputs, backend: given }) => {
      const backend = given as tf.KernelBackend;
      const { bounds, near, among } = inputs as unknown as BelowInputs;
      const [n, m] = bounds.shape;
      const numbers = [bounds, near, among].map((tensor) => look(backend, tensor) as Float32Array);
      const found = counted(numbers as [Float32Array, Float32Array, Float32Array], n, m);
      return found.map((values) => ({
        dataId: backend.write(values, [n, m], "float32"),
        shape: [n, m],
        dtype: "float32" as const,
      }));
    },
  });
}

function counted(
  [bounds, near, among]: readonly [bounds: Float32Array, near: Float32Array, among: Float32Array],
  n: number,
  m: number,
): readonly [Float32Array, Float32Array] {
  const positives = new Float32Array(n * m);
  const negatives = new Float32Array(n * m);
  for (let start = 0; start < n * m; start += m) {
    for (let positive = 0; positive < m; positive += 1) {
      const bound = bounds[start + positive]!;
      if (!(bound > 0)) continue;
      let count = 0;
      const other = positive * m;
      for (let at = 0; at < m; at += 1) {
        // Rounded as the compiled form does.
        if (!(Math.fround(bound - among[other + at]!) > near[start + at]!)) continue;
        count += 1;
        negatives[start + at]! += 1;
      }
      positives[start + positive] = count;
    }
  }
  return [positives, negatives];
}
