import { expect } from "chai";
import * as tf from "likewise/tf";
import { expectWasmLikeCpu, noise, on } from "./backends.js";

describe("gather on wasm", () => {
  it("picks rows, repeated and in any order, for tables and ids of every rank", async () => {
    for (const shape of [[7], [7, 3], [7, 2, 3], [7, 1]]) {
      for (const ids of [
        [[6, 0, 0, 3]],
        [
          [
            [1, 2],
            [2, 6],
          ],
        ],
        [[]],
        [[5]],
      ] as (number[] | number[][])[][]) {
        const [given = []] = ids;
        await expectWasmLikeCpu(
          () => tf.gather(noise(shape), tf.tensor(given, undefined, "int32")),
          `${JSON.stringify(shape)} at ${JSON.stringify(given)}`,
        );
      }
    }
  });

  it("picks along other axes, of whole numbers and in batches as before", async () => {
    await expectWasmLikeCpu(() => tf.gather(noise([3, 4, 2]), tf.tensor1d([3, 0, 0], "int32"), 1), "axis 1");
    await expectWasmLikeCpu(
      () => tf.gather(tf.tensor2d([1, 2, 3, 4], [2, 2], "int32"), tf.tensor1d([1, 1], "int32")),
      "int32",
    );
    await expectWasmLikeCpu(
      () => tf.gather(noise([2, 3]), tf.tensor2d([0, 2, 1, 1], [2, 2], "int32"), 1, 1),
      "batches",
    );
    await expectWasmLikeCpu(() => tf.gather(noise([3, 2]), tf.scalar(2, "int32")), "one row");
  });

  it("gives an empty result for a table of rows without numbers", async () => {
    const { shapes } = await on("wasm", () => tf.gather(tf.zeros([3, 0]), tf.tensor1d([2, 1], "int32")));
    expect(shapes).to.deep.equal([[2, 0]]);
  });

  it("refuses an index that is out of range and leaks nothing", async () => {
    for (const index of [-1, 3]) {
      let message = "";
      try {
        await on("wasm", () => tf.gather(noise([3, 2]), tf.tensor1d([0, index], "int32")));
      } catch (error) {
        message = (error as Error).message;
      }
      expect(message).to.match(new RegExp(`index value ${index} is not in \\[0, 2\\]`, "u"));
    }
  });
});
