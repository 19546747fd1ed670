import { expect } from "chai";
import { Random } from "likewise";
import { componentsFor, Variation } from "../../lib/statistics/principal-components.js";

const random = new Random("components");

describe("Variation", () => {
  it("finds the variances of independent columns, far from the origin too, however rows are cut", () => {
    const deviations = [5, 1, 3, 0.1];
    const [rows, size] = [4000, 4];
    for (const away of [0, 1000]) {
      const data = Float32Array.from(
        Array.from({ length: rows }, () => deviations.map((deviation) => away + deviation * random.normal())).flat(),
      );
      const whole = new Variation(size);
      whole.add({ data, rows, size });
      const cut = new Variation(size);
      for (let start = 0; start < rows; start += 1700) {
        const part = data.subarray(start * size, (start + 1700) * size);
        cut.add({ data: part, rows: part.length / size, size });
      }
      expect(cut.variances()).to.deep.equal(whole.variances());
      expect(whole.rows).to.equal(rows);
      const expected = deviations.map((deviation) => deviation ** 2).sort((one, other) => other - one);
      whole.variances()!.forEach((variance, at) => expect(variance / expected[at]!).to.be.closeTo(1, 0.1));
    }
  });

  it("equals plain loops: the variance along the line that points lie on", () => {
    const positions = [-2, 0, 1, 5];
    const data = Float32Array.from(positions.flatMap((t) => [3 * t + 7, 4 * t - 2]));
    const variation = new Variation(2);
    variation.add({ data, rows: 4, size: 2 });
    const variance = 25 * (positions.reduce((sum, t) => sum + (t - 1) ** 2, 0) / 4);
    expect(variation.variances()![0]).to.be.closeTo(variance, 1e-9);
    expect(variation.variances()![1]).to.be.closeTo(0, 1e-9);
  });

  it("says nothing of numbers that are not finite", () => {
    const variation = new Variation(1);
    variation.add({ data: Float32Array.of(1, NaN), rows: 2, size: 1 });
    expect(variation.variances()).to.equal(null);
  });
});

describe("componentsFor", () => {
  it("counts the components that reach a share, those that reach it exactly included", () => {
    const variances = Float64Array.of(4, 3, 2, 1, 0);
    const counts = [0.1, 0.4, 0.41, 0.7, 0.9, 0.95, 1].map((share) => componentsFor(variances, share));
    expect(counts).to.deep.equal([1, 1, 2, 2, 3, 4, 4]);
    expect(componentsFor(Float64Array.of(0, 0), 0.5)).to.be.NaN;
    expect(componentsFor(new Float64Array(), 0.5)).to.be.NaN;
  });
});
