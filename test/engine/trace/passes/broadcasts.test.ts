import { expect } from "chai";
import * as tf from "likewise/tf";
import { sinkBroadcasts } from "../../../../lib/engine/trace/passes/broadcasts.js";
import { removeDeadNodes } from "../../../../lib/engine/trace/passes/dead-nodes.js";
import { simplifyShapes } from "../../../../lib/engine/trace/passes/shape-chains.js";
import { kernelsOf, left, passed } from "./passed.js";

const passes = [simplifyShapes, sinkBroadcasts, removeDeadNodes] as const;
const wide = (x: tf.Tensor): tf.Tensor => tf.tile(x, [1, 4]);

describe("Broadcasts", () => {
  it("are left to kernels that broadcast by themselves", () => {
    expect(left(({ x, column }) => tf.mul(x, wide(column)), ...passes)).to.deep.equal(["Multiply"]);
    expect(left(({ x, column }) => tf.where(tf.greater(x, 0), wide(column), x), ...passes)).to.deep.equal([
      "Greater",
      "Select",
    ]);
    const graph = passed(({ x }) => tf.maximum(tf.fill([3, 4], 0.5), x), ...passes);
    expect(kernelsOf(graph)).to.deep.equal(["Maximum"]);
    expect(graph.constants.map(({ data }) => [...data])).to.deep.equal([[0.5]]);
  });

  it("come after what can be computed before them", () => {
    const graph = passed(({ column, s }) => tf.exp(tf.neg(tf.mul(wide(column), s))), ...passes);
    expect(kernelsOf(graph)).to.deep.equal(["Multiply", "Neg", "Exp", "BroadcastTo"]);
    expect(graph.nodes[2]?.outputs[0]?.shape).to.deep.equal([3, 1]);
    expect(left(({ column }) => tf.cast(wide(column), "int32"), ...passes)).to.deep.equal(["Cast", "BroadcastTo"]);
  });

  it("of both inputs along different axes are left to the kernel", () => {
    const both = ({ row, column }: { row: tf.Tensor; column: tf.Tensor }) =>
      tf.add(wide(column), tf.tile(tf.reshape(row, [1, 4]), [3, 1]));
    expect(left(both, ...passes)).to.deep.equal(["Reshape", "Add"]);
  });

  it("stay before kernels that do not broadcast", () => {
    expect(
      left(({ column, square }) => tf.matMul(wide(column) as tf.Tensor2D, square as tf.Tensor2D), ...passes),
    ).to.include("BroadcastTo");
  });
});
