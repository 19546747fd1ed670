import { expect } from "chai";
import * as tf from "likewise/tf";
import { inTurn } from "../../lib/tensor/in-turn.js";

describe("inTurn", () => {
  it("gives the last result and holds no other", () => {
    const first = tf.tensor1d([1, 2]);
    const before = tf.memory().numTensors;
    const last = inTurn(
      first,
      (held) => tf.add(held, 1),
      (held) => tf.square(held),
    );
    expect([...last.dataSync()]).to.deep.equal([4, 9]);
    expect(tf.memory().numTensors).to.equal(before);
    expect(first.isDisposed).to.equal(true);
    last.dispose();
  });
});
