import { expect } from "chai";
import * as tf from "likewise/tf";
import { on } from "./backends.js";

/** Numbers that were there, so that what is not written shows. */
function leaveNumbers(): void {
  for (let at = 0; at < 20; at += 1) {
    const gone = tf.neg(tf.fill([4], -7 - at));
    gone.dataSync();
    gone.dispose();
  }
}

describe("reductions of no numbers", () => {
  const nothing = (): tf.Tensor2D => tf.zeros([0, 4]);
  const cases: Readonly<Record<string, readonly [reduce: () => tf.Tensor, wanted: number]>> = {
    sum: [() => tf.sum(nothing(), 0), 0],
    mean: [() => tf.mean(nothing(), 0), NaN],
    prod: [() => tf.prod(nothing(), 0), 1],
    max: [() => tf.max(nothing(), 0), -Infinity],
    min: [() => tf.min(nothing(), 0), Infinity],
    all: [() => tf.cast(tf.all(tf.cast(nothing(), "bool"), 0), "float32"), 1],
    any: [() => tf.cast(tf.any(tf.cast(nothing(), "bool"), 0), "float32"), 0],
  };
  for (const [name, [reduce, wanted]] of Object.entries(cases)) {
    it(`${name} give ${wanted} on wasm`, async () => {
      const { values } = await on("wasm", () => {
        leaveNumbers();
        return reduce();
      });
      expect(values).to.deep.equal([[wanted, wanted, wanted, wanted]]);
    });
  }

  it("of what has numbers are as before", async () => {
    const { values } = await on("wasm", () => [
      tf.sum(
        tf.tensor2d([
          [1, 2],
          [3, 4],
        ]),
        0,
      ),
      tf.max(tf.tensor1d([3, 5])),
    ]);
    expect(values).to.deep.equal([[4, 6], [5]]);
  });
});
