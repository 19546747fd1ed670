import { expect } from "chai";
import * as tf from "likewise/tf";
import { takeOutFactors } from "../../../../lib/engine/trace/passes/common-factors.js";
import { removeDeadNodes } from "../../../../lib/engine/trace/passes/dead-nodes.js";
import { left, type Inputs } from "./passed.js";

const passes = [takeOutFactors, removeDeadNodes] as const;

describe("Factors that both summands have", () => {
  it("are multiplied with the sum", () => {
    const once = ["Add", "Multiply"];
    expect(left(({ x, y, column }) => tf.add(tf.mul(column, x), tf.mul(y, column)), ...passes)).to.deep.equal(once);
    expect(left(({ x, y, row }) => tf.sub(tf.mul(x, row), tf.mul(row, y)), ...passes)).to.deep.equal([
      "Sub",
      "Multiply",
    ]);
    expect(left(({ x, s, t }) => tf.add(tf.mul(x, s), tf.mul(t, x)), ...passes)).to.deep.equal(once);
  });

  it("may have another sign or another shape before", () => {
    const opposite = ({ x, y, column }: Inputs) => tf.add(tf.mul(column, x), tf.mul(tf.neg(column), y));
    expect(left(opposite, ...passes)).to.deep.equal(["Sub", "Multiply"]);
    const taken = ({ x, y, column }: Inputs) => {
      const flat = tf.neg(tf.reshape(column, [3]));
      return tf.sub(tf.mul(tf.reshape(flat, [3, 1]), x), tf.mul(column, y));
    };
    expect(left(taken, ...passes)).to.deep.equal(["Reshape", "Neg", "Reshape", "Add", "Multiply"]);
  });

  it("stay where a product is needed otherwise, and where the rest has other shapes", () => {
    const needed = ({ x, y, s }: Inputs) => {
      const scaled = tf.mul(x, s);
      return { scaled, sum: tf.add(scaled, tf.mul(y, s)) };
    };
    expect(left(needed, ...passes)).to.deep.equal(["Multiply", "Multiply", "Add"]);
    const wider = ({ x, row, column }: Inputs) => tf.add(tf.mul(x, column), tf.mul(row, column));
    expect(left(wider, ...passes)).to.deep.equal(["Multiply", "Multiply", "Add"]);
    const others = ({ x, y, s, t }: Inputs) => tf.add(tf.mul(x, s), tf.mul(y, t));
    expect(left(others, ...passes)).to.deep.equal(["Multiply", "Multiply", "Add"]);
  });
});
