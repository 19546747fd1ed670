import { expect } from "chai";
import * as tf from "likewise/tf";
import { on } from "./backends.js";

describe("clones on wasm", () => {
  it("share the numbers until the last of them is disposed", async () => {
    let bytes: number[] = [];
    const { values } = await on("wasm", () => {
      const first = tf.tensor1d([1, 2, 3]);
      tf.neg(first).dispose(); // what a kernel has not seen lies elsewhere
      const before = tf.engine().backend.numDataIds();
      const second = tf.clone(first);
      first.dispose();
      const third = tf.clone(second);
      second.dispose();
      bytes = [before, tf.engine().backend.numDataIds()];
      return third;
    });
    expect(values).to.deep.equal([[1, 2, 3]]);
    expect(bytes[1]).to.equal(bytes[0]);
  });

  it("keep their numbers when a variable that was cloned is assigned to", async () => {
    const { values } = await on("wasm", () => {
      const variable = tf.variable(tf.tensor1d([1, 2]));
      const before = tf.clone(variable);
      variable.assign(tf.tensor1d([3, 4]));
      const both = [before, tf.clone(variable)];
      variable.dispose();
      return both;
    });
    expect(values).to.deep.equal([
      [1, 2],
      [3, 4],
    ]);
  });

  it("copy strings as before", async () => {
    await on("wasm", () => {
      const words = tf.clone(tf.tensor1d(["a", "b"]));
      expect(words.arraySync()).to.deep.equal(["a", "b"]);
      return tf.scalar(0);
    });
  });
});
