import { expect } from "chai";
import * as tf from "likewise/tf";
import { fuseBias } from "../../../../lib/engine/trace/passes/bias.js";
import { removeDeadNodes } from "../../../../lib/engine/trace/passes/dead-nodes.js";
import { shareCommonNodes } from "../../../../lib/engine/trace/passes/common-nodes.js";
import { splitProducts } from "../../../../lib/engine/trace/passes/split-products.js";
import { left, type Inputs } from "./passed.js";

const passes = [splitProducts, shareCommonNodes, removeDeadNodes] as const;

describe("A product taken apart by rows", () => {
  it("is computed in parts when its left factor is taken apart alike", () => {
    const plain = ({ large, larger }: Inputs): Record<string, tf.Tensor> => {
      const product = tf.matMul(large as tf.Tensor2D, larger as tf.Tensor2D, false, true);
      const [first, second] = tf.split(product, [16, 48], 0) as [tf.Tensor, tf.Tensor];
      const [own] = tf.split(large, [16, 48], 0) as [tf.Tensor];
      return { first, second, own };
    };
    expect(left(plain, ...passes).toSorted()).to.deep.equal(["BatchMatMul", "BatchMatMul", "SplitV"]);
    const biased = ({ x, square, row }: Inputs): Record<string, tf.Tensor> => {
      const product = tf.add(tf.matMul(x as tf.Tensor2D, square as tf.Tensor2D), row);
      const [first, second] = tf.split(product, [1, 2], 0) as [tf.Tensor, tf.Tensor];
      return { first, second, own: tf.split(x, [1, 2], -2)[1] as tf.Tensor };
    };
    const kernels = left(biased, fuseBias, ...passes);
    expect(kernels.toSorted()).to.deep.equal(["SplitV", "_FusedMatMul", "_FusedMatMul"]);
  });

  it("stays when the factor is taken apart otherwise, or nowhere", () => {
    const plain =
      (rows: number[], axis = 0) =>
      ({ large, larger }: Inputs): Record<string, tf.Tensor> => {
        const product = tf.matMul(large as tf.Tensor2D, larger as tf.Tensor2D, false, true);
        const [first, second] = tf.split(product, [16, 48], axis) as [tf.Tensor, tf.Tensor];
        const [own] = tf.split(large, rows, 0) as [tf.Tensor];
        return { first, second, own };
      };
    for (const make of [plain([32, 32]), plain([64]), plain([16, 48], 1)]) {
      expect(left(make, ...passes).filter((kernel) => kernel === "BatchMatMul")).to.have.length(1);
    }
  });
});
