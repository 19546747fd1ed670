import { expect } from "chai";
import * as tf from "likewise/tf";
import type { Engine, Program } from "../../lib/contracts/engine.js";
import { CompiledEngine, EagerEngine } from "../../lib/engine/index.js";
import { hostTensor } from "../../lib/tensor/host.js";

const x = hostTensor(Float32Array.of(3, 1, 2, -4, 0.5, 2), [2, 3]);
const program: Program = (_, { x: given }) => {
  const products = tf.matMul(given as tf.Tensor2D, given as tf.Tensor2D, false, true);
  return { reported: { shares: tf.softmax(tf.mul(products, 20)) }, ordered: { products } };
};

/** Places of the numbers, from the smallest. */
const order = (data: ArrayLike<number>): readonly number[] =>
  [...Array.from(data).keys()].sort((left, right) => (data[left] as number) - (data[right] as number));

for (const [name, open] of Object.entries({
  eager: (): Promise<Engine> => EagerEngine.open(),
  compiled: (): Promise<Engine> => CompiledEngine.open({ threads: 1 }),
})) {
  describe(`What the ${name} engine reports for its order alone`, () => {
    it("comes by its name, beside the rest, in that order, and can be asked to be finite", async () => {
      await using engine = await open();
      await using session = await engine.start({ program }, {});
      const { products, shares, ...others } = await session.run("program", { x }, undefined, ["products"]);
      expect(others).to.deep.equal({});
      expect(shares?.shape).to.deep.equal([2, 2]);
      expect(products?.shape).to.deep.equal([2, 2]);
      const data = products?.data ?? [];
      // [3, 1, 2] and [-4, .5, 2]: 14, -7.5, -7.5, 20.25.
      expect(order(data)).to.deep.equal([1, 2, 0, 3]);
      expect(data[1]).to.equal(data[2]);
    });
  });
}
