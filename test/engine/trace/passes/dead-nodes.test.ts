import { expect } from "chai";
import * as tf from "likewise/tf";
import { removeDeadNodes } from "../../../../lib/engine/trace/passes/dead-nodes.js";
import { left, passed } from "./passed.js";

describe("Dead nodes", () => {
  it("go, with the constants that only they read", () => {
    const graph = passed(({ x }) => {
      tf.mul(tf.add(x, 7), 3);
      return tf.add(tf.square(x), 2);
    }, removeDeadNodes);
    expect(graph.nodes.map(({ kernel }) => kernel)).to.deep.equal(["Square", "Add"]);
    expect(graph.constants.map(({ data }) => [...data])).to.deep.equal([[2]]);
  });

  it("are gradients towards what nobody asked for", () => {
    const kernels = left(
      ({ x, square }) =>
        tf.grads((a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D)))([
          x,
          square,
        ])[1]!,
      removeDeadNodes,
    );
    expect(kernels.filter((kernel) => kernel === "BatchMatMul")).to.have.length(1);
  });

  it("are not nodes of which one of several outputs is read", () => {
    expect(left(({ x }) => tf.topk(x, 2).indices, removeDeadNodes)).to.deep.equal(["TopK"]);
  });

  it("leave a graph without any as it is", () => {
    const graph = passed(({ x }) => tf.square(x));
    expect(removeDeadNodes(graph)).to.equal(graph);
  });
});
