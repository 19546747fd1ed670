import { expect } from "chai";
import * as tf from "likewise/tf";
import { removeDeadNodes } from "../../../../lib/engine/trace/passes/dead-nodes.js";
import { findLogSoftmax } from "../../../../lib/engine/trace/passes/log-softmax.js";
import { simplifyShapes } from "../../../../lib/engine/trace/passes/shape-chains.js";
import { left } from "./passed.js";

const passes = [simplifyShapes, findLogSoftmax, removeDeadNodes] as const;

describe("A log-softmax", () => {
  it("is found in what tfjs makes of it, gradient included", () => {
    expect(left(({ x }) => tf.logSoftmax(x), ...passes)).to.deep.equal(["LogSoftmax"]);
    const slope = ({ x, y }: { x: tf.Tensor; y: tf.Tensor }) => tf.grad((z) => tf.sum(tf.mul(tf.logSoftmax(z), y)))(x);
    expect(left(slope, ...passes))
      .to.include("LogSoftmax")
      .and.not.include("Max");
  });

  it("is not found in what is only like it", () => {
    const like =
      (axis: number, keep: boolean) =>
      ({ square }: { square: tf.Tensor }) => {
        const shifted = tf.sub(square, tf.max(square, axis, keep));
        return tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), axis, keep)));
      };
    expect(left(like(1, true), ...passes)).to.deep.equal(["LogSoftmax"]);
    expect(left(like(-1, true), ...passes)).to.deep.equal(["LogSoftmax"]);
    expect(left(like(0, true), ...passes)).to.not.include("LogSoftmax");
    expect(left(like(1, false), ...passes)).to.not.include("LogSoftmax");
  });
});
