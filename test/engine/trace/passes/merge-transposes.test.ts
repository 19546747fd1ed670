import { expect } from "chai";
import * as tf from "likewise/tf";
import { removeDeadNodes } from "../../../../lib/engine/trace/passes/dead-nodes.js";
import { mergeTransposes } from "../../../../lib/engine/trace/passes/merge-transposes.js";
import { left, passed } from "./passed.js";

const passes = [mergeTransposes, removeDeadNodes] as const;
const product = (a: tf.Tensor, b: tf.Tensor, turnA = false, turnB = false): tf.Tensor =>
  tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D, turnA, turnB);

describe("Transposes", () => {
  it("before a product become its flags", () => {
    const { nodes } = passed(({ x, y }) => product(tf.transpose(x), tf.transpose(y), false, true), ...passes);
    expect(nodes.map(({ kernel }) => kernel)).to.deep.equal(["BatchMatMul"]);
    expect(nodes[0]?.attributes).to.deep.equal({ transposeA: true, transposeB: false });
  });

  it("after a product turn it round", () => {
    const { nodes } = passed(({ x, square }) => tf.transpose(product(x, square, false, true)), ...passes);
    expect(nodes.map(({ kernel }) => kernel)).to.deep.equal(["BatchMatMul"]);
    expect(nodes[0]?.attributes).to.deep.equal({ transposeA: false, transposeB: true });
  });

  it("of the last two dimensions of many matrices too, but no others", () => {
    const many = ({ x }: { x: tf.Tensor }) => {
      const matrices = tf.reshape(x, [2, 3, 2]);
      return tf.matMul(tf.transpose(matrices, [0, 2, 1]), matrices);
    };
    expect(left(many, ...passes)).to.deep.equal(["Reshape", "BatchMatMul"]);
    const others = ({ x }: { x: tf.Tensor }) =>
      tf.matMul(tf.transpose(tf.reshape(x, [3, 2, 2]), [1, 0, 2]), tf.ones([2, 2, 1]));
    expect(left(others, ...passes)).to.include("Transpose");
  });

  it("of products that something else reads stay", () => {
    const both = ({ x, square }: { x: tf.Tensor; square: tf.Tensor }) => {
      const made = product(x, square);
      return { turned: tf.transpose(made), made };
    };
    expect(left(both, ...passes)).to.deep.equal(["BatchMatMul", "Transpose"]);
  });
});
