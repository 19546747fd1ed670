import { expect } from "chai";
import * as tf from "likewise/tf";
import type { Graph } from "../../../../lib/engine/trace/graph.js";
import { removeDeadNodes } from "../../../../lib/engine/trace/passes/dead-nodes.js";
import { gatherNarrowFactors } from "../../../../lib/engine/trace/passes/narrow-factors.js";
import { left, passed } from "./passed.js";

const passes = [gatherNarrowFactors, removeDeadNodes] as const;

/** Kernels over more than one number. */
function large({ nodes }: Graph): string[] {
  return nodes.filter(({ outputs }) => outputs[0]?.shape.length !== 0).map(({ kernel }) => kernel);
}

describe("Narrow factors", () => {
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

  it("may be one for each row or column of a large tensor, as long as both together are", () => {
    const byRow = ({ large: wide, rows }: { large: tf.Tensor; rows: tf.Tensor }) =>
      tf.mul(tf.div(wide, rows), tf.exp(rows));
    const { nodes } = passed(byRow, ...passes);
    expect(nodes.map(({ kernel }) => kernel)).to.deep.equal(["Exp", "RealDiv", "Multiply"]);
    expect(nodes.map(({ outputs }) => outputs[0]?.shape)).to.deep.equal([
      [64, 1],
      [64, 1],
      [64, 128],
    ]);
    expect(left(({ x, column }) => tf.mul(tf.mul(x, column), column), ...passes)).to.deep.equal([
      "Multiply",
      "Multiply",
    ]);
    const both = ({ large: wide, rows, columns }: { large: tf.Tensor; rows: tf.Tensor; columns: tf.Tensor }) =>
      tf.mul(tf.div(wide, rows), columns);
    expect(left(both, ...passes)).to.deep.equal(["RealDiv", "Multiply"]);
  });

  it("take the sign of a sum", () => {
    const sum = ({ x, y, s, column }: { x: tf.Tensor; y: tf.Tensor; s: tf.Tensor; column: tf.Tensor }) =>
      tf.neg(tf.add(tf.mul(x, s), tf.mul(column, y)));
    const wide = passed(sum, ...passes).nodes.filter(({ outputs }) => outputs[0]?.shape[1] === 4);
    expect(wide.map(({ kernel }) => kernel)).to.deep.equal(["Multiply", "Multiply", "Add"]);
  });

  it("are gathered in a large tensor that is read several times when all that reads it scales it", () => {
    const scaled = ({ large: wide, rows }: { large: tf.Tensor; rows: tf.Tensor }): tf.Tensor => tf.mul(wide, rows);
    const wide = ({ nodes }: Graph): string[] =>
      nodes.filter(({ outputs }) => outputs[0]?.shape[1] === 128).map(({ kernel }) => kernel);
    const twice = passed(
      (given) => {
        const once = scaled(given);
        return { one: tf.mul(once, given.s), other: tf.mul(once, tf.exp(given.rows)) };
      },
      ...passes,
    );
    expect(wide(twice)).to.deep.equal(["Multiply", "Multiply"]);
    const needed = passed(
      (given) => {
        const once = scaled(given);
        return { one: tf.mul(once, given.s), other: tf.square(once) };
      },
      ...passes,
    );
    expect(wide(needed)).to.deep.equal(["Multiply", "Multiply", "Square"]);
    expect(needed.nodes).to.have.length(3);
  });

  it("that hide something stay as they are", () => {
    expect(left(({ x }) => tf.mul(tf.mul(tf.relu(x), 1e30), 1e-30), ...passes)).to.deep.equal([
      "Relu",
      "Multiply",
      "Multiply",
    ]);
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
