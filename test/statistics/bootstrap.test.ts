import { expect } from "chai";
import { Random } from "likewise";
import { bootstrapMean, quantile } from "../../lib/statistics/bootstrap.js";

describe("a bootstrap interval", () => {
  it("holds the true mean about as often as it says", () => {
    const random = new Random("coverage");
    let held = 0;
    for (let trial = 0; trial < 200; trial += 1) {
      const values = random.normals(60);
      const { low, high } = bootstrapMean(values, random, { resamples: 200, confidence: 0.9 });
      if (low <= 0 && high >= 0) held += 1;
    }
    expect(held / 200).to.be.within(0.82, 0.96);
  });

  it("is as wide as the normal approximation for many values, and repeats with its seed", () => {
    const values = new Random("wide").normals(2000);
    const interval = bootstrapMean(values, new Random(1), { resamples: 500 });
    expect(interval.high - interval.low).to.be.closeTo((2 * 1.96) / Math.sqrt(2000), 0.015);
    expect(bootstrapMean(values, new Random(1), { resamples: 500 })).to.deep.equal(interval);
    expect(interval.low).to.be.below(interval.value);
    expect(interval.high).to.be.above(interval.value);
  });

  it("weighs values", () => {
    const { value } = bootstrapMean([1, 5], new Random(0), { weights: [3, 1] });
    expect(value).to.equal(2);
  });

  it("of nothing, or of NaN, is NaN", () => {
    expect(bootstrapMean([], new Random(0))).to.deep.equal({ value: NaN, low: NaN, high: NaN });
    expect(bootstrapMean([1, NaN], new Random(0)).low).to.be.NaN;
  });

  it("reads quantiles between values", () => {
    expect(quantile([0, 10], 0.25)).to.equal(2.5);
    expect(quantile([7], 0.9)).to.equal(7);
  });
});
