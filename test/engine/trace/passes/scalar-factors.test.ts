import { expect } from "chai";
import * as tf from "likewise/tf";
import type { Graph } from "../../../../lib/engine/trace/graph.js";
import { removeDeadNodes } from "../../../../lib/engine/trace/passes/dead-nodes.js";
import { gatherScalarFactors } from "../../../../lib/engine/trace/passes/scalar-factors.js";
import { left, passed } from "./passed.js";

const passes = [gatherScalarFactors, removeDeadNodes] as const;

/** Kernels over more than one number. */
function large({ nodes }: Graph): string[] {
  return nodes.filter(({ outputs }) => outputs[0]?.shape.length !== 0).map(({ kernel }) => kernel);
}

describe("Scalar factors", () => {
  it("are multiplied with each other first", () => {
    expect(large(passed(({ x, s, t }) => tf.mul(tf.mul(tf.mul(x, s), t), 3), ...passes))).to.deep.equal(["Multiply"]);
    expect(large(passed(({ x, s, t }) => tf.mul(t, tf.neg(tf.mul(s, x))), ...passes))).to.deep.equal(["Multiply"]);
    expect(large(passed(({ x, s }) => tf.neg(tf.mul(x, s)), ...passes))).to.deep.equal(["Multiply"]);
    expect(large(passed(({ x, s }) => tf.mul(tf.neg(x), s), ...passes))).to.deep.equal(["Multiply"]);
  });

  it("may divide", () => {
    expect(large(passed(({ x, s, t }) => tf.div(tf.div(x, s), t), ...passes))).to.deep.equal(["RealDiv"]);
    expect(large(passed(({ x, s, t }) => tf.div(tf.mul(x, s), t), ...passes))).to.deep.equal(["Multiply"]);
    expect(large(passed(({ x, s, t }) => tf.mul(tf.div(x, s), t), ...passes))).to.deep.equal(["Multiply"]);
    expect(large(passed(({ x, s }) => tf.neg(tf.div(x, s)), ...passes))).to.deep.equal(["RealDiv"]);
  });

  it("reach through a quotient", () => {
    const graph = passed(({ x, y, s, t }) => tf.neg(tf.mul(tf.div(tf.mul(x, s), y), t)), ...passes);
    expect(large(graph)).to.deep.equal(["Multiply", "RealDiv"]);
    expect(large(passed(({ x, y, t }) => tf.mul(tf.div(x, y), t), ...passes))).to.deep.equal(["RealDiv", "Multiply"]);
    expect(large(passed(({ x, y }) => tf.neg(tf.div(tf.neg(x), y)), ...passes))).to.have.length.at.most(3);
  });

  it("stay with what something else reads, and with tensors they widen", () => {
    const both = ({ x, s, t }: { x: tf.Tensor; s: tf.Tensor; t: tf.Tensor }) => {
      const once = tf.mul(x, s);
      return { once, twice: tf.mul(once, t) };
    };
    expect(left(both, ...passes)).to.deep.equal(["Multiply", "Multiply"]);
    expect(left(({ row, s, t }) => tf.mul(tf.mul(row, s), tf.reshape(t, [1, 1])), ...passes)).to.deep.equal([
      "Multiply",
      "Reshape",
      "Multiply",
    ]);
    expect(
      left(({ whole }) => tf.mul(tf.mul(whole, tf.scalar(2, "int32")), tf.scalar(3, "int32")), ...passes),
    ).to.have.length(2);
  });
});
