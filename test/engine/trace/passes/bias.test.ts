import { expect } from "chai";
import * as tf from "likewise/tf";
import { fuseBias } from "../../../../lib/engine/trace/passes/bias.js";
import { removeDeadNodes } from "../../../../lib/engine/trace/passes/dead-nodes.js";
import { left, passed } from "./passed.js";

const passes = [fuseBias, removeDeadNodes] as const;
const product = ({ x, square }: { x: tf.Tensor; square: tf.Tensor }): tf.Tensor =>
  tf.matMul(x as tf.Tensor2D, square as tf.Tensor2D, false, true);

describe("A bias", () => {
  it("is added by the product", () => {
    const { nodes } = passed((given) => tf.add(given.row, product(given)), ...passes);
    expect(nodes.map(({ kernel }) => kernel)).to.deep.equal(["_FusedMatMul"]);
    expect(nodes[0]?.attributes).to.deep.include({ transposeB: true, activation: "linear" });
  });

  it("of another shape, or of a product that something else reads, is added afterwards", () => {
    expect(left((given) => tf.add(product(given), given.y), ...passes)).to.deep.equal(["BatchMatMul", "Add"]);
    expect(left((given) => tf.add(product(given), given.s), ...passes)).to.deep.equal(["BatchMatMul", "Add"]);
    const both = (given: { x: tf.Tensor; square: tf.Tensor; row: tf.Tensor }) => {
      const made = product(given);
      return { made, sum: tf.add(made, given.row) };
    };
    expect(left(both, ...passes)).to.deep.equal(["BatchMatMul", "Add"]);
  });
});
