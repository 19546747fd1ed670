import { expect } from "chai";
import * as tf from "likewise/tf";
import { removeDeadNodes } from "../../../../lib/engine/trace/passes/dead-nodes.js";
import { simplifyShapes } from "../../../../lib/engine/trace/passes/shape-chains.js";
import { kernelsOf, left, passed } from "./passed.js";

const passes = [simplifyShapes, removeDeadNodes] as const;

describe("Chains of shapes", () => {
  it("of reshapes become one, or none", () => {
    expect(left(({ x }) => tf.reshape(tf.expandDims(tf.reshape(x, [2, 6]), 1), [12, 1]), ...passes)).to.deep.equal([
      "Reshape",
    ]);
    expect(left(({ x }) => tf.neg(tf.reshape(tf.reshape(x, [12]), [3, 4])), ...passes)).to.deep.equal(["Neg"]);
    expect(left(({ x }) => tf.neg(tf.reshape(x, [3, 4])), ...passes)).to.deep.equal(["Neg"]);
    expect(left(({ row }) => tf.stack([row]), ...passes)).to.deep.equal(["Reshape"]);
  });

  it("of transposes become one, a reshape, or none", () => {
    expect(left(({ x }) => tf.neg(tf.transpose(tf.transpose(x))), ...passes)).to.deep.equal(["Neg"]);
    const turned = passed(
      ({ x }) => tf.transpose(tf.transpose(tf.reshape(x, [3, 2, 2]), [1, 0, 2]), [2, 1, 0]),
      ...passes,
    );
    expect(turned.nodes.at(-1)?.attributes["perm"]).to.deep.equal([2, 0, 1]);
    expect(kernelsOf(turned)).to.deep.equal(["Reshape", "Transpose"]);
    expect(left(({ column }) => tf.transpose(column), ...passes)).to.deep.equal(["Reshape"]);
    expect(left(({ x }) => tf.transpose(x), ...passes)).to.deep.equal(["Transpose"]);
  });

  it("of casts keep what they round", () => {
    expect(left(({ x }) => tf.neg(tf.cast(x, "float32")), ...passes)).to.deep.equal(["Neg"]);
    expect(left(({ x }) => tf.cast(tf.cast(x, "int32"), "float32"), ...passes)).to.deep.equal(["Cast", "Cast"]);
    const twice = ({ x, y }: { x: tf.Tensor; y: tf.Tensor }) => tf.cast(tf.cast(tf.greater(x, y), "int32"), "float32");
    expect(left(twice, ...passes)).to.deep.equal(["Greater", "Cast"]);
  });

  it("of tiles become broadcasts, or nothing", () => {
    expect(left(({ column }) => tf.tile(column, [1, 5]), ...passes)).to.deep.equal(["BroadcastTo"]);
    expect(left(({ x }) => tf.neg(tf.tile(x, [1, 1])), ...passes)).to.deep.equal(["Neg"]);
    expect(left(({ x }) => tf.tile(x, [1, 2]), ...passes)).to.deep.equal(["Tile"]);
    const twice = ({ column }: { column: tf.Tensor }) => tf.broadcastTo(tf.broadcastTo(column, [3, 2]), [2, 3, 2]);
    expect(left(twice, ...passes).filter((kernel) => kernel !== "Reshape")).to.have.length.at.most(2);
  });

  it("of sums over single numbers become reshapes, or nothing", () => {
    expect(left(({ column }) => tf.sum(column, 1), ...passes)).to.deep.equal(["Reshape"]);
    expect(left(({ column }) => tf.neg(tf.max(column, -1, true)), ...passes)).to.deep.equal(["Neg"]);
    expect(left(({ column }) => tf.sum(column, 0), ...passes)).to.deep.equal(["Sum"]);
    expect(left(({ whole }) => tf.mean(tf.expandDims(whole, 1), 1), ...passes)).to.include("Mean");
    expect(left(({ x }) => tf.neg(tf.concat([x], 0)), ...passes)).to.deep.equal(["Neg"]);
  });
});
