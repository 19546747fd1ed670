import * as tf from "likewise/tf";
import { expectClose, numbers } from "./close.js";

export type Matrix = readonly (readonly number[])[];

/** Value of a scalar function of matrices with its gradient by each, computed by tfjs; leaves no tensor. */
export function gradients(
  compute: (...inputs: tf.Tensor2D[]) => tf.Scalar,
  ...at: readonly Matrix[]
): { value: number; gradients: number[][] } {
  let value = NaN;
  const found: number[][] = [];
  tf.tidy(() => {
    const inputs = at.map((rows) => tf.tensor2d(rows.map((row) => [...row])));
    const result = tf.valueAndGrads((...given: tf.Tensor[]) => compute(...(given as tf.Tensor2D[])))(inputs);
    value = result.value.dataSync()[0] as number;
    for (const gradient of result.grads) found.push(Array.from(gradient.dataSync()));
  });
  return { value, gradients: found };
}

/** Gradient of a plain function of a matrix by central differences, in double precision. */
export function centralDifferences(compute: (at: number[][]) => number, at: Matrix, step = 1e-5): number[] {
  const moved = at.map((row) => [...row]);
  return moved.flatMap((row) =>
    row.map((kept, column) => {
      row[column] = kept + step;
      const above = compute(moved);
      row[column] = kept - step;
      const below = compute(moved);
      row[column] = kept;
      return (above - below) / (2 * step);
    }),
  );
}

/**
 * The tfjs gradient against central differences of the tfjs value itself. Single precision allows steps of about 1e-2 and two to
 * three digits; an independent double-precision oracle with `centralDifferences` is the sharper test.
 */
export function expectOwnGradient(
  compute: (input: tf.Tensor2D) => tf.Scalar,
  at: Matrix,
  { step = 1e-2, relative = 2e-2, absolute = 5e-3 } = {},
): void {
  const value = (rows: number[][]): number =>
    tf.tidy(() => numbers(compute(tf.tensor2d(rows)).dataSync())[0] as number);
  const analytic = gradients((input) => compute(input as tf.Tensor2D), at).gradients[0];
  expectClose(analytic, centralDifferences(value, at, step), { relative, absolute, what: "gradient" });
}
