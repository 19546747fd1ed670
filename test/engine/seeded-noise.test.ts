import { expect } from "chai";
import * as tf from "likewise/tf";
import { seededNoise } from "../../lib/engine/index.js";
import { Random } from "../../lib/random.js";

describe("seededNoise", () => {
  it("is uniform in [0, 1), never 1", () => {
    tf.tidy(() => {
      const values = seededNoise(new Random(3)).uniform([100, 200]).dataSync<"float32">();
      expect(Math.min(...values))
        .to.be.at.least(0)
        .and.lessThan(0.001);
      expect(Math.max(...values))
        .to.be.lessThan(1)
        .and.greaterThan(0.999);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const square = values.reduce((sum, value) => sum + value * value, 0) / values.length;
      expect(mean).to.be.closeTo(0.5, 0.01);
      expect(square).to.be.closeTo(1 / 3, 0.01);
    });
    const ones = { bits: () => 0xffffffff } as Random;
    tf.tidy(() => {
      expect(seededNoise(ones).uniform([1]).dataSync()[0]).to.be.lessThan(1);
    });
  });
});
