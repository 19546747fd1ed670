import { expect } from "chai";
import * as tf from "likewise/tf";
import type { Program } from "../../../../lib/contracts/engine.js";
import { reportOrderAlone } from "../../../../lib/engine/trace/passes/order-alone.js";
import { optimize } from "../../../../lib/engine/trace/passes/optimize.js";
import { recordProgram } from "../../../../lib/engine/trace/record-program.js";
import { hostTensor } from "../../../../lib/tensor/host.js";
import { kernelsOf } from "./passed.js";

const inputs = { x: hostTensor(Float32Array.of(3, 1, 2, -4), [2, 2]) };

/** A program that reports `x · x` as `ordered`, and what is made of it. */
const program =
  (made: (product: tf.Tensor) => tf.Tensor): Program =>
  (_, { x }) => {
    const product = tf.matMul(x as tf.Tensor2D, x as tf.Tensor2D);
    return { reported: { made: made(product) }, ordered: { product } };
  };
const passed = (made: (product: tf.Tensor) => tf.Tensor) => {
  const graph = reportOrderAlone(recordProgram(program(made), {}, inputs));
  return { graph, ordered: graph.outputs.get("ordered/product"), own: graph.nodes[0]?.outputs[0] };
};

describe("What only has to be in order", () => {
  it("is reported times the positive number that it is multiplied with anyway", () => {
    const { graph, ordered, own } = passed((product) => tf.softmax(tf.mul(product, 20)));
    expect(ordered).not.to.equal(own);
    expect(graph.nodes.find(({ outputs }) => outputs[0] === ordered)?.kernel).to.equal("Multiply");
    expect(kernelsOf(optimize(graph))).to.deep.equal(kernelsOf(graph));
  });

  it("stays as it is when that would turn the order round, lose it, or change the shape", () => {
    const forms: readonly ((product: tf.Tensor) => tf.Tensor)[] = [
      (product) => tf.mul(product, -2),
      (product) => tf.mul(product, 0),
      (product) => tf.mul(product, Infinity),
      (product) => tf.mul(product, NaN),
      (product) => tf.mul(product, product),
      (product) => tf.mul(product, tf.fill([3, 2, 2], 2)),
      (product) => tf.add(product, 2),
    ];
    for (const form of forms) {
      const { ordered, own } = passed(form);
      expect(ordered, String(form)).to.equal(own);
    }
  });

  it("leaves what is reported alone", () => {
    const graph = recordProgram(
      (_, { x }) => ({ reported: { x: tf.relu(x as tf.Tensor), made: tf.mul(tf.relu(x as tf.Tensor), 3) } }),
      {},
      inputs,
    );
    expect(reportOrderAlone(graph)).to.equal(graph);
  });
});
