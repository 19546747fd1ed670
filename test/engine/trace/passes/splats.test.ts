import { expect } from "chai";
import * as tf from "likewise/tf";
import type { Graph } from "../../../../lib/engine/trace/graph.js";
import { removeDeadNodes } from "../../../../lib/engine/trace/passes/dead-nodes.js";
import { foldSplats } from "../../../../lib/engine/trace/passes/splats.js";
import { kernelsOf, left, passed } from "./passed.js";

const passes = [foldSplats, removeDeadNodes] as const;

/** The one number of each constant. */
function numbersIn({ constants, nodes }: Graph): number[] {
  const filled = nodes.filter(({ kernel }) => kernel === "Fill").map(({ attributes }) => attributes["value"] as number);
  return [...constants.map(({ data }) => data[0] as number), ...filled];
}

describe("Tensors of equal numbers", () => {
  it("hold one number, however they are made and moved", () => {
    const makers: Readonly<Record<string, (x: tf.Tensor) => tf.Tensor>> = {
      zerosLike: (x) => tf.zerosLike(x),
      onesLike: (x) => tf.onesLike(x),
      reshaped: (x) => tf.reshape(tf.onesLike(x), [2, 6]),
      turned: () => tf.transpose(tf.fill([2, 3], 4)),
      cast: () => tf.cast(tf.fill([2, 3], 2.5), "int32"),
      cut: () => tf.slice(tf.fill([2, 3], 4), [0, 1], [2, 1]),
      repeated: () => tf.tile(tf.ones([2, 1]), [1, 3]),
    };
    for (const [name, make] of Object.entries(makers)) {
      expect(
        left(({ x }) => make(x), ...passes),
        name,
      ).to.deep.equal(["Fill"]);
    }
  });

  it("are computed with", () => {
    const graph = passed(
      () => tf.div(tf.square(tf.sub(tf.fill([3, 2], 1), tf.neg(tf.fill([2], 2)))), tf.sqrt(tf.scalar(4))),
      ...passes,
    );
    expect(kernelsOf(graph)).to.deep.equal(["Fill"]);
    expect(graph.nodes[0]?.attributes).to.deep.equal({ shape: [3, 2], value: 4.5, dtype: "float32" });
  });

  it("round as single precision does", () => {
    const graph = passed(() => tf.mul(tf.fill([3], 0.1), tf.fill([3], 0.2)), ...passes);
    expect(numbersIn(graph)).to.deep.equal([Math.fround(Math.fround(0.1) * Math.fround(0.2))]);
  });

  it("of one element are constants", () => {
    const graph = passed(({ s }) => tf.mul(tf.add(tf.zerosLike(s), tf.fill([1], 3)), s), ...passes);
    expect(kernelsOf(graph)).to.deep.equal(["Multiply"]);
    expect(graph.constants.map(({ data, value }) => [[...data], value.shape])).to.deep.equal([[[3], [1]]]);
  });

  it("are summed when the sum is exact", () => {
    expect(numbersIn(passed(() => tf.sum(tf.ones([30, 4]), 0), ...passes))).to.deep.equal([30]);
    expect(left(() => tf.sum(tf.fill([30, 4], 0.1), 0), ...passes)).to.deep.equal(["Fill", "Sum"]);
  });

  it("that hide a NaN do not", () => {
    expect(left(({ x }) => tf.mul(x, tf.zerosLike(x)), ...passes)).to.include("Multiply");
  });

  it("of no element stay", () => {
    expect(left(() => tf.sum(tf.fill([0, 4], 2), 0), ...passes)).to.include("Sum");
  });
});
