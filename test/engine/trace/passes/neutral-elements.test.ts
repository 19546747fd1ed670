import { expect } from "chai";
import * as tf from "likewise/tf";
import { removeDeadNodes } from "../../../../lib/engine/trace/passes/dead-nodes.js";
import { dropNeutralElements } from "../../../../lib/engine/trace/passes/neutral-elements.js";
import { left } from "./passed.js";

const passes = [dropNeutralElements, removeDeadNodes] as const;

describe("Neutral elements", () => {
  it("do nothing and go", () => {
    expect(left(({ x }) => tf.neg(tf.add(tf.mul(x, 1), 0)), ...passes)).to.deep.equal(["Neg"]);
    expect(left(({ x }) => tf.neg(tf.sub(tf.div(x, tf.ones([3, 4])), 0)), ...passes)).to.deep.equal(["Neg"]);
    expect(left(({ x }) => tf.neg(tf.add(tf.zeros([4]), tf.mul(tf.scalar(1), x))), ...passes)).to.deep.equal(["Neg"]);
  });

  it("that widen a tensor leave a broadcast", () => {
    expect(left(({ column }) => tf.mul(column, tf.ones([3, 4])), ...passes)).to.deep.equal(["BroadcastTo"]);
    expect(left(({ row }) => tf.add(tf.zeros([3, 4]), row), ...passes)).to.deep.equal(["BroadcastTo"]);
  });

  it("are not those on the wrong side", () => {
    expect(left(({ x }) => tf.div(1, x), ...passes)).to.deep.equal(["RealDiv"]);
    expect(left(({ x }) => tf.sub(0, x), ...passes)).to.deep.equal(["Neg"]);
    expect(left(({ row }) => tf.sub(tf.zeros([3, 4]), row), ...passes)).to.include("Sub");
  });

  it("of signs cancel", () => {
    expect(left(({ x }) => tf.exp(tf.neg(tf.neg(x))), ...passes)).to.deep.equal(["Exp"]);
    expect(left(({ x, y }) => tf.add(x, tf.neg(y)), ...passes)).to.deep.equal(["Sub"]);
    expect(left(({ x, y }) => tf.add(tf.neg(x), y), ...passes)).to.deep.equal(["Sub"]);
    expect(left(({ x, y }) => tf.sub(x, tf.neg(y)), ...passes)).to.deep.equal(["Add"]);
    expect(left(({ x, y }) => tf.neg(tf.sub(x, y)), ...passes)).to.deep.equal(["Sub"]);
  });
});
