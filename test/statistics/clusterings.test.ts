import { expect } from "chai";
import * as fc from "fast-check";
import { Random } from "likewise";
import { adjustedMutualInformation, normalizedMutualInformation } from "../../lib/statistics/clusterings.js";

const labels = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 30 });

/** Mutual information straight from the definition. */
function plainInformation(left: readonly number[], right: readonly number[]): number {
  const share = (test: (at: number) => boolean): number => left.filter((_, at) => test(at)).length / left.length;
  let sum = 0;
  for (const a of new Set(left)) {
    for (const b of new Set(right)) {
      const both = share((at) => left[at] === a && right[at] === b);
      if (both > 0) sum += both * Math.log(both / (share((at) => left[at] === a) * share((at) => right[at] === b)));
    }
  }
  return sum;
}

describe("agreement of clusterings", () => {
  it("is 1 for the same clusters under other names", () => {
    fc.assert(
      fc.property(labels, (list) => {
        const renamed = list.map((label) => 10 - label);
        expect(normalizedMutualInformation(list, renamed)).to.be.closeTo(1, 1e-9);
        expect(adjustedMutualInformation(list, renamed)).to.be.closeTo(1, 1e-9);
      }),
    );
  });

  it("normalized, is the mutual information over the mean entropy", () => {
    fc.assert(
      fc.property(labels, fc.nat(), (left, seed) => {
        const random = new Random(seed);
        const right = left.map(() => random.integer(3));
        const scale = (plainInformation(left, left) + plainInformation(right, right)) / 2;
        const expected = scale === 0 ? 1 : plainInformation(left, right) / scale;
        expect(normalizedMutualInformation(left, right)).to.be.closeTo(expected, 1e-9);
      }),
    );
  });

  it("adjusted, subtracts the mean over all orders of one clustering", () => {
    const left = [0, 0, 0, 1, 1, 2];
    const right = [0, 1, 0, 1, 1, 1];
    const orders = permutations(right);
    const expected = orders.reduce((sum, order) => sum + plainInformation(left, order), 0) / orders.length;
    const scale = (plainInformation(left, left) + plainInformation(right, right)) / 2;
    const adjusted = (plainInformation(left, right) - expected) / (scale - expected);
    expect(adjustedMutualInformation(left, right)).to.be.closeTo(adjusted, 1e-9);
  });

  it("of chance is about 0 when adjusted, and well above when not", () => {
    const random = new Random("chance");
    const draw = (): number[] => Array.from({ length: 200 }, () => random.integer(40));
    const [left, right] = [draw(), draw()];
    expect(adjustedMutualInformation(left, right)).to.be.closeTo(0, 0.1);
    expect(normalizedMutualInformation(left, right)).to.be.above(0.4);
  });

  it("of nothing is NaN", () => {
    expect(normalizedMutualInformation([], [])).to.be.NaN;
    expect(adjustedMutualInformation([], [])).to.be.NaN;
  });
});

function permutations(values: readonly number[]): number[][] {
  if (values.length <= 1) return [[...values]];
  return values.flatMap((first, at) =>
    permutations([...values.slice(0, at), ...values.slice(at + 1)]).map((rest) => [first, ...rest]),
  );
}
