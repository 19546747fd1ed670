import { expect } from "chai";
import * as fc from "fast-check";
import { pearson, ranksOf, spearman } from "../../lib/statistics/correlation.js";

describe("correlation", () => {
  it("equals what SciPy says", () => {
    const x = [0.1, 0.4, 0.4, 0.9, -0.3, 0.7];
    const y = [1, 3, 2, 5, 0, 5];
    // scipy.stats.pearsonr and spearmanr, SciPy 1.17.1
    expect(pearson(x, y)).to.be.closeTo(0.9590438231616558, 1e-12);
    expect(spearman(x, y)).to.be.closeTo(0.9705882352941178, 1e-12);
  });

  it("gives equal values the mean of their ranks", () => {
    expect([...ranksOf([5, 1, 5, 3])]).to.deep.equal([3.5, 1, 3.5, 2]);
    expect([...ranksOf([2, NaN, 1])]).to.deep.equal([2, NaN, 1]);
  });

  it("is 1 for any rising function by rank, and for straight lines by value", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: -50, max: 50 }), { minLength: 2, maxLength: 20 }), (values) => {
        expect(
          spearman(
            values,
            values.map((value) => Math.exp(value / 10)),
          ),
        ).to.be.closeTo(1, 1e-12);
        expect(
          pearson(
            values,
            values.map((value) => 3 - 2 * value),
          ),
        ).to.be.closeTo(-1, 1e-12);
      }),
    );
  });

  it("is NaN when one list does not vary or holds a NaN", () => {
    expect(pearson([1, 1], [1, 2])).to.be.NaN;
    expect(spearman([1, 2, 3], [2, 2, 2])).to.be.NaN;
    expect(spearman([1, NaN, 3], [1, 2, 3])).to.be.NaN;
    expect(pearson([], [])).to.be.NaN;
  });
});
