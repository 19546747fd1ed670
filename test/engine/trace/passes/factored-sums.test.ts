import { expect } from "chai";
import * as tf from "likewise/tf";
import { shareCommonNodes } from "../../../../lib/engine/trace/passes/common-nodes.js";
import { removeDeadNodes } from "../../../../lib/engine/trace/passes/dead-nodes.js";
import { factorSums } from "../../../../lib/engine/trace/passes/factored-sums.js";
import { simplifyShapes } from "../../../../lib/engine/trace/passes/shape-chains.js";
import { left, passed } from "./passed.js";

const passes = [factorSums, simplifyShapes, shareCommonNodes, removeDeadNodes] as const;

describe("A sum", () => {
  it("of products with a factor that is the same for all is multiplied once", () => {
    const graph = passed(({ x, column }) => tf.sum(tf.mul(column, x), 1), ...passes);
    expect(graph.nodes.map(({ kernel, outputs }) => [kernel, outputs[0]?.shape])).to.deep.equal([
      ["Reshape", [3]],
      ["Sum", [3]],
      ["Multiply", [3]],
    ]);
    expect(left(({ x, s }) => tf.sum(tf.div(x, s)), ...passes)).to.deep.equal(["Sum", "RealDiv"]);
    expect(left(({ x, row }) => tf.sum(tf.mul(x, row), 0, true), ...passes)).to.deep.equal([
      "Sum",
      "Multiply",
      "Reshape",
    ]);
    expect(left(({ x, column }) => tf.sum(tf.mul(x, column), -1, true), ...passes)).to.include("Multiply");
  });

  it("of products of which one is scaled is scaled itself", () => {
    const share = ({ x, y, column }: { x: tf.Tensor; y: tf.Tensor; column: tf.Tensor }) =>
      tf.sum(tf.mul(x, tf.div(y, column)), 1);
    expect(left(share, ...passes)).to.have.members(["Multiply", "Reshape", "Sum", "RealDiv"]);
    expect(left(({ x, y }) => tf.sum(tf.mul(tf.neg(x), y)), ...passes)).to.deep.equal(["Multiply", "Sum", "Neg"]);
    expect(left(({ x }) => tf.sum(tf.neg(x), 0, true), ...passes)).to.deep.equal(["Sum", "Neg", "Reshape"]);
    const across = ({ x, y, row }: { x: tf.Tensor; y: tf.Tensor; row: tf.Tensor }) =>
      tf.sum(tf.mul(x, tf.div(y, row)), 1);
    expect(left(across, ...passes)).to.deep.equal(["RealDiv", "Multiply", "Sum"]);
  });

  it("that is known already is not taken again", () => {
    const both = ({ x, column }: { x: tf.Tensor; column: tf.Tensor }) => ({
      a: tf.sum(x, 1),
      b: tf.sum(tf.mul(x, column), 1),
    });
    expect(left(both, ...passes).filter((kernel) => kernel === "Sum")).to.have.length(1);
  });

  it("of other products stays", () => {
    expect(left(({ x, y }) => tf.sum(tf.mul(x, y), 1), ...passes)).to.deep.equal(["Multiply", "Sum"]);
    expect(left(({ x, row }) => tf.sum(tf.mul(x, row), 1), ...passes)).to.deep.equal(["Multiply", "Sum"]);
    expect(left(({ x, column }) => tf.sum(tf.div(column, x), 1), ...passes)).to.deep.equal(["RealDiv", "Sum"]);
    expect(left(({ row, column }) => tf.sum(tf.mul(row, column), 1), ...passes)).to.deep.equal(["Multiply", "Sum"]);
    expect(left(({ x, column }) => tf.max(tf.mul(x, column), 1), ...passes)).to.deep.equal(["Multiply", "Max"]);
  });
});
