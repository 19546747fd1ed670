import * as tf from "likewise/tf";
import { candidates } from "../../lib/tensor/backend-candidates.js";
import type { BackendName } from "../../lib/tensor/engine-variable.js";
import { expectClose } from "../support/close.js";

/** Runs a computation on a backend, then goes back to the one that was in use; the answer is read out before. */
export async function on(
  backend: BackendName,
  compute: () => tf.Tensor | tf.Tensor[],
): Promise<{ shapes: number[][]; values: number[][] }> {
  const before = tf.getBackend();
  await candidates.find(({ name }) => name === backend)?.open();
  const tensors: tf.Tensor[] = [];
  try {
    const made = tf.tidy(compute);
    tensors.push(...(Array.isArray(made) ? made : [made]));
    return {
      shapes: tensors.map(({ shape }) => shape),
      values: tensors.map((tensor) => Array.from(tensor.dataSync())),
    };
  } finally {
    tf.dispose(tensors);
    await tf.setBackend(before);
  }
}

/** The wasm backend gives what the plain JavaScript backend gives. */
export async function expectWasmLikeCpu(compute: () => tf.Tensor | tf.Tensor[], what: string): Promise<void> {
  const wanted = await on("cpu", compute);
  const got = await on("wasm", compute);
  expectClose(got.shapes, wanted.shapes, { what: `${what}: shape` });
  wanted.values.forEach((values, i) =>
    expectClose(got.values[i], values, { relative: 1e-4, absolute: 1e-4, what: `${what}: tensor ${i}` }),
  );
}

/** Numbers that look random and are the same on every backend. */
export function noise(shape: number[], seed = 1): tf.Tensor {
  const values = new Float32Array(tf.util.sizeFromShape(shape));
  for (let i = 0; i < values.length; i += 1) values[i] = Math.sin((i + 1) * 12.9898 * seed + seed);
  return tf.tensor(values, shape);
}
