import { expect } from "chai";
import { compareWholeNumbers } from "../../../../lib/engine/trace/passes/equalities.js";
import { traceProgram } from "../../../../lib/engine/trace/trace-program.js";
import { hostTensor } from "../../../../lib/tensor/host.js";
import { equalPairs } from "../../../../lib/tensor/masks.js";
import * as tf from "likewise/tf";
import { interpret } from "../../../support/interpret.js";

const left = hostTensor(Int32Array.of(1, 2, -7, 2), [4]);
const right = hostTensor(Int32Array.of(2, 9, -7), [3]);

describe("comparing whole numbers", () => {
  it("takes the place of computing with them, and gives the same", () => {
    const graph = traceProgram(
      (_carried, { a, b }) => ({ reported: { same: equalPairs(a as tf.Tensor1D, b as tf.Tensor1D) } }),
      {},
      { a: left, b: right },
    );
    const compared = compareWholeNumbers(graph);
    expect(compared.nodes.map(({ kernel }) => kernel)).to.include("Equal");
    expect(compared.nodes.map(({ kernel }) => kernel)).not.to.include("Relu");
    const inputs = { "input/a": left, "input/b": right };
    const found = interpret(compared, inputs)["reported/same"]!;
    expect([...found.data]).to.deep.equal([0, 0, 0, 1, 0, 0, 0, 0, 1, 1, 0, 0]);
    expect([...interpret(graph, inputs)["reported/same"]!.data]).to.deep.equal([...found.data]);
  });

  it("leaves numbers alone that may lie between", () => {
    const graph = traceProgram(
      (_carried, { x }) => ({ reported: { near: tf.relu(tf.sub(1, tf.squaredDifference(x as tf.Tensor, 0.5))) } }),
      {},
      { x: hostTensor(Float32Array.of(0.2, 1), [2]) },
    );
    expect(compareWholeNumbers(graph)).to.equal(graph);
  });
});
