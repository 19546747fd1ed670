import { expect } from "chai";
import * as tf from "likewise/tf";
import { compareDirectly } from "../../../../lib/engine/trace/passes/comparisons.js";
import { removeDeadNodes } from "../../../../lib/engine/trace/passes/dead-nodes.js";
import { left } from "./passed.js";

const passes = [compareDirectly, removeDeadNodes] as const;

describe("A step of a difference", () => {
  it("is a comparison", () => {
    expect(left(({ x, y }) => tf.step(tf.sub(x, y)), ...passes)).to.deep.equal(["Greater", "Cast"]);
    expect(left(({ x }) => tf.step(tf.sub(tf.max(x, 1, true), x)), ...passes)).to.deep.equal([
      "Max",
      "Greater",
      "Cast",
    ]);
  });

  it("stays with a slope, or when the difference is read too", () => {
    expect(left(({ x, y }) => tf.step(tf.sub(x, y), 0.1), ...passes)).to.deep.equal(["Sub", "Step"]);
    const both = ({ x, y }: { x: tf.Tensor; y: tf.Tensor }) => {
      const difference = tf.sub(x, y);
      return { difference, positive: tf.step(difference) };
    };
    expect(left(both, ...passes)).to.deep.equal(["Sub", "Step"]);
  });
});
