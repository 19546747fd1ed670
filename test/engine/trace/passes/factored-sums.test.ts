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
    const graph = passed(({ large, rows }) => tf.sum(tf.mul(rows, large), 1), ...passes);
    expect(graph.nodes.map(({ kernel, outputs }) => [kernel, outputs[0]?.shape])).to.deep.equal([
      ["Reshape", [64]],
      ["Sum", [64]],
      ["Multiply", [64]],
    ]);
    expect(left(({ large, s }) => tf.sum(tf.div(large, s)), ...passes)).to.deep.equal(["Sum", "RealDiv"]);
    expect(left(({ large, columns }) => tf.sum(tf.mul(large, columns), 0, true), ...passes)).to.deep.equal([
      "Sum",
      "Multiply",
      "Reshape",
    ]);
    expect(left(({ large, rows }) => tf.sum(tf.mul(large, rows), -1, true), ...passes)).to.include("Multiply");
  });

  it("of products of which one is scaled is scaled itself", () => {
    const share = ({ large, larger, rows }: { large: tf.Tensor; larger: tf.Tensor; rows: tf.Tensor }) =>
      tf.sum(tf.mul(large, tf.div(larger, rows)), 1);
    expect(left(share, ...passes)).to.have.members(["Multiply", "Reshape", "Sum", "RealDiv"]);
    expect(left(({ large, larger }) => tf.sum(tf.mul(tf.neg(large), larger)), ...passes)).to.deep.equal([
      "Multiply",
      "Sum",
      "Neg",
    ]);
    expect(left(({ large }) => tf.sum(tf.neg(large), 0, true), ...passes)).to.deep.equal(["Sum", "Neg", "Reshape"]);
    const across = ({ large, larger, columns }: { large: tf.Tensor; larger: tf.Tensor; columns: tf.Tensor }) =>
      tf.sum(tf.mul(large, tf.div(larger, columns)), 1);
    expect(left(across, ...passes)).to.deep.equal(["RealDiv", "Multiply", "Sum"]);
  });

  it("that is known already is not taken again", () => {
    const both = ({ large, rows }: { large: tf.Tensor; rows: tf.Tensor }) => ({
      a: tf.sum(large, 1),
      b: tf.sum(tf.mul(large, rows), 1),
    });
    expect(left(both, ...passes).filter((kernel) => kernel === "Sum")).to.have.length(1);
  });

  it("of few numbers stays, because a node costs as much", () => {
    expect(left(({ x, column }) => tf.sum(tf.mul(column, x), 1), ...passes)).to.deep.equal(["Multiply", "Sum"]);
  });

  it("of other products stays", () => {
    expect(left(({ large, larger }) => tf.sum(tf.mul(large, larger), 1), ...passes)).to.deep.equal(["Multiply", "Sum"]);
    expect(left(({ large, columns }) => tf.sum(tf.mul(large, columns), 1), ...passes)).to.deep.equal([
      "Multiply",
      "Sum",
    ]);
    expect(left(({ large, rows }) => tf.sum(tf.div(rows, large), 1), ...passes)).to.deep.equal(["RealDiv", "Sum"]);
    expect(left(({ columns, rows }) => tf.sum(tf.mul(columns, rows), 1), ...passes)).to.deep.equal(["Multiply", "Sum"]);
    expect(left(({ large, rows }) => tf.max(tf.mul(large, rows), 1), ...passes)).to.deep.equal(["Multiply", "Max"]);
  });
});
