import { expect } from "chai";
import * as tf from "likewise/tf";
import { removeDeadNodes } from "../../../../lib/engine/trace/passes/dead-nodes.js";
import { mergeProducts } from "../../../../lib/engine/trace/passes/merge-products.js";
import { left } from "./passed.js";

const passes = [mergeProducts, removeDeadNodes] as const;
const product = (a: tf.Tensor, b: tf.Tensor, turnA = false, turnB = false): tf.Tensor =>
  tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D, turnA, turnB);
/** `[4, count]` */
const wide = (row: tf.Tensor, count: number): tf.Tensor =>
  tf.mul(tf.reshape(row, [4, 1]), tf.reshape(tf.linspace(-1, 1, count), [1, count]));

describe("Products that share a factor", () => {
  const count = (kernels: readonly string[]): number => kernels.filter((kernel) => kernel === "BatchMatMul").length;

  it("are one product of a sum", () => {
    expect(
      count(
        left(
          ({ row, square }) => tf.add(product(square, wide(row, 40)), product(tf.exp(square), wide(row, 40))),
          ...passes,
        ),
      ),
    ).to.equal(2);
    const shared = ({ row, square }: { row: tf.Tensor; square: tf.Tensor }) => {
      const factor = wide(row, 40);
      return tf.sub(product(square, factor), product(tf.exp(square), factor));
    };
    expect(left(shared, ...passes).slice(-2)).to.deep.equal(["Sub", "BatchMatMul"]);
    const sharedLeft = ({ x, y }: { x: tf.Tensor; y: tf.Tensor }) => {
      const factor = tf.tile(x, [11, 1]);
      return tf.add(product(factor, x, false, true), product(factor, y, false, true));
    };
    expect(left(sharedLeft, ...passes).slice(-2)).to.deep.equal(["Add", "BatchMatMul"]);
  });

  it("are one product of a matrix and its transpose, in the gradient of what a matrix makes with itself", () => {
    const slope = ({ row }: { row: tf.Tensor }) =>
      tf.grad((rows) => tf.sum(tf.exp(product(rows, rows, false, true))))(wide(row, 130));
    const kernels = left(slope, ...passes);
    expect(count(kernels)).to.equal(2);
    expect(kernels).to.include("Transpose");
  });

  it("are found among the terms of a longer sum, with their signs", () => {
    const sum = ({ row, square, s }: { row: tf.Tensor; square: tf.Tensor; s: tf.Tensor }) => {
      const factor = wide(row, 40);
      const first = tf.sub(tf.mul(factor, s), product(square, factor));
      const second = tf.add(tf.neg(factor), tf.neg(product(tf.exp(square), factor)));
      return tf.neg(tf.addN([first, second, tf.sub(factor, product(tf.abs(square), factor))]));
    };
    expect(count(left(sum, ...passes))).to.equal(1);
    const negative = ({ row, square }: { row: tf.Tensor; square: tf.Tensor }) => {
      const factor = wide(row, 40);
      return tf.sub(tf.neg(product(square, factor)), product(tf.exp(square), factor));
    };
    expect(left(negative, ...passes).slice(-3)).to.deep.equal(["Add", "BatchMatMul", "Neg"]);
  });

  it("that something else reads stay, as do small ones", () => {
    const read = ({ row, square }: { row: tf.Tensor; square: tf.Tensor }) => {
      const factor = wide(row, 40);
      const one = product(square, factor);
      return { one, sum: tf.add(one, product(tf.exp(square), factor)) };
    };
    expect(count(left(read, ...passes))).to.equal(2);
    const small = ({ x, square }: { x: tf.Tensor; square: tf.Tensor }) =>
      tf.add(product(x, square), product(tf.exp(x), square));
    expect(count(left(small, ...passes))).to.equal(2);
  });
});
