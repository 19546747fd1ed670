import { expect } from "chai";
import * as tf from "likewise/tf";
import { rootOrZero } from "../../lib/tensor/rows.js";
import { failure } from "../support/failure.js";
import { expectWasmLikeCpu, on } from "./backends.js";

const FLOATS = [NaN, Infinity, -Infinity, 0, -0, 1e-7, -1e-8, 1e-20, 0.5, -0.5, 2.5, 1, -1, 255, 256, -88];
const WHOLE = [0, 1, -1, 2, -7, 255, 256, 2147483647, -14];
const floats = (): tf.Tensor1D => tf.tensor1d(FLOATS);
/** NaN as processors compute it, whose sign bit is set, not as JS writes it. */
const computed = (): tf.Tensor1D => {
  const infinite = tf.fill<tf.Rank.R1>([FLOATS.length], Infinity);
  return tf.concat1d([tf.sub(infinite, infinite), floats(), tf.mul(infinite, 0)]);
};
const whole = (): tf.Tensor1D => tf.tensor1d(WHOLE, "int32");
const twice = (values: readonly number[]): readonly [tf.Tensor1D, tf.Tensor1D] => [
  tf.tensor1d(values.flatMap((value) => values.map(() => value))),
  tf.tensor1d(values.flatMap(() => values)),
];
const truth = (x: tf.Tensor): tf.Tensor => tf.cast(x, "bool");

describe("special numbers on wasm", () => {
  const cases: Readonly<Record<string, () => tf.Tensor>> = {
    "the sign of tiny numbers": () => tf.sign(floats()),
    "NaN between bounds": () => tf.clipByValue(floats(), -1, 1),
    "whole numbers between bounds": () => tf.clipByValue(whole(), -1.5, 3),
    "NaN and relu6": () => tf.relu6(floats()),
    "the larger of a number and NaN": () => tf.maximum(...twice(FLOATS)),
    "the smaller of a number and NaN": () => tf.minimum(...twice(FLOATS)),
    "the larger of a number and a row with NaN": () => tf.maximum(0, floats()),
    "the smaller of columns and rows with NaN": () => tf.minimum(tf.expandDims(floats(), 1), floats()),
    ...Object.fromEntries(
      Object.entries({
        relu: (x: tf.Tensor1D) => tf.relu(x),
        relu6: (x: tf.Tensor1D) => tf.relu6(x),
        clipByValue: (x: tf.Tensor1D) => tf.clipByValue(x, -1, 1),
        sign: (x: tf.Tensor1D) => tf.sign(x),
        step: (x: tf.Tensor1D) => tf.step(x),
        elu: (x: tf.Tensor1D) => tf.elu(x),
        reciprocal: (x: tf.Tensor1D) => tf.reciprocal(x),
        "maximum, as the first": (x: tf.Tensor1D) => tf.maximum(x, 0),
        "maximum, as the second": (x: tf.Tensor1D) => tf.maximum(0, x),
        "minimum, as the first": (x: tf.Tensor1D) => tf.minimum(x, 0),
        "minimum, as the second": (x: tf.Tensor1D) => tf.minimum(0, x),
        truth,
        isNaN: (x: tf.Tensor1D) => tf.isNaN(x),
        "gradient of relu": (x: tf.Tensor1D) => tf.grad((y) => tf.relu(y))(x),
        "root of distances": (x: tf.Tensor1D) => rootOrZero(x),
        "sums and means": (x: tf.Tensor1D) => tf.stack([tf.sum(x), tf.mean(x), tf.max(x), tf.min(x)]),
      }).flatMap(([name, compute]) => [
        [`NaN written and ${name}`, () => compute(floats())],
        [`NaN computed and ${name}`, () => compute(computed())],
      ]),
    ),
    ...Object.fromEntries(
      (["relu", "relu6", "linear", "elu"] as const).map((activation) => [
        `computed NaN in a product with ${activation}`,
        () => tf.fused.matMul({ a: tf.expandDims(computed(), 1), b: tf.tensor2d([[1, -1]]), activation }),
      ]),
    ),
    ...Object.fromEntries(
      (["relu", "relu6", "linear", "elu"] as const).map((activation) => [
        `NaN in a product with ${activation}`,
        () => {
          const a = tf.tensor2d([NaN, 1, -2, 0, 1, 9], [3, 2]);
          return tf.fused.matMul({ a, b: tf.tensor2d([2, -1, 0.5, 1], [2, 2]), bias: tf.tensor1d([1, 0]), activation });
        },
      ]),
    ),
    "the truth of fractions": () => truth(floats()),
    "the truth of whole numbers": () => truth(whole()),
    "a choice by what is not 0": () => tf.where(truth(floats()), tf.onesLike(floats()), tf.zerosLike(floats())),
    "the opposite of what is not 0": () => tf.logicalNot(truth(whole())),
    "the number of what is not 0": () => tf.sum(truth(whole())),
    "whether whole numbers are NaN": () => tf.isNaN(whole()),
    "whether whole numbers are infinite": () => tf.isInf(whole()),
    "whether whole numbers are finite": () => tf.isFinite(whole()),
    "logarithms of whole numbers": () => tf.log1p(tf.tensor1d([0, 1, 7, 255], "int32")),
    "reciprocals of whole numbers": () => tf.reciprocal(tf.tensor1d([1, 2, -1], "int32")),
  };
  for (const [what, compute] of Object.entries(cases)) {
    it(`${what}: as on the cpu backend`, async () => {
      await expectWasmLikeCpu(compute, what);
    });
  }

  it("refuses places that do not exist", async () => {
    const outside: readonly (() => tf.Tensor)[] = [-1, 3].flatMap((place) => {
      const indices = (): tf.Tensor2D => tf.tensor2d([[place]], [1, 1], "int32");
      return [
        () => tf.gatherND(tf.tensor1d([1, 2, 3]), indices()),
        () => tf.scatterND(indices(), tf.tensor1d([5]), [3]),
      ];
    });
    for (const compute of outside)
      expect((await failure(on("wasm", compute))).message).to.match(
        /Invalid indices: (-1|3) does not index into \[3\]/u,
      );
  });

  it("places that exist are as before", async () => {
    const indices = (): tf.Tensor2D => tf.tensor2d([1, 2, 0, 0], [2, 2], "int32");
    const { values } = await on("wasm", () => [
      tf.gatherND(tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]), indices()),
      tf.scatterND(indices(), tf.tensor1d([5, 6]), [2, 3]),
    ]);
    expect(values).to.deep.equal([
      [6, 1],
      [6, 0, 0, 0, 0, 5],
    ]);
  });
});
