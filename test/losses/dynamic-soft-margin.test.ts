import { expect } from "chai";
import { DynamicSoftMarginLoss } from "likewise/losses";
import { ConfigError } from "../../lib/errors.js";
import { Random } from "../../lib/random.js";
import { expectClose } from "../support/close.js";
import { centralDifferences, type Matrix } from "../support/gradient.js";
import { judge, randomRows } from "../support/loss.js";
import { plainMatrix } from "../support/plain-distance.js";
import { heldBy, meanOf } from "../support/plain-loops.js";
import { masksOf } from "../support/plain-masks.js";

const [BINS, LARGEST] = [8, 2];
const place = (x: number): number => ((x + LARGEST) * BINS) / (2 * LARGEST);

/** Differences of every positive and the nearest negative of its row. */
const differences = (rows: Matrix, groups: readonly number[]): number[] => {
  const { positive, negative } = masksOf(groups);
  return plainMatrix("cosine", rows, rows).flatMap((row, a) => {
    const apart = heldBy(row, negative, a);
    return apart.length === 0 ? [] : heldBy(row, positive, a).map((d) => d - Math.min(...apart));
  });
};

/** Weights of differences by their share of those below. */
const shares = (values: readonly number[]): number[] => {
  const histogram = Array.from({ length: BINS + 1 }, (_, at) =>
    values.reduce((sum, x) => sum + Math.max(0, 1 - Math.abs(place(x) - at)) / values.length, 0),
  );
  return values.map((x) => histogram.slice(0, Math.floor(place(x)) + 1).reduce((sum, share) => sum + share, 0));
};

describe("DynamicSoftMarginLoss", () => {
  const groups = [0, 0, 0, 1, 1, 2, 3, 3, 3, 4];
  const rows = randomRows(new Random("dynamic"), groups.length, 4);
  const loss = new DynamicSoftMarginLoss({ bins: BINS, largest: LARGEST });

  it("equals plain loops, with shares that get no gradient", () => {
    const weights = shares(differences(rows, groups));
    const value = (at: Matrix): number => meanOf(differences(at, groups).map((x, k) => x * (weights[k] as number)));
    const found = judge(loss, { embeddings: rows, targets: { groups } });
    expectClose(found.value, value(rows));
    expectClose(found.gradient, centralDifferences(value, rows, 1e-6), { relative: 1e-3, absolute: 1e-4 });
  });

  it("weighs harder triplets more", () => {
    const sorted = [...differences(rows, groups)].sort((left, right) => left - right);
    const weights = shares(sorted);
    expect(weights.at(-1)).to.be.greaterThan(weights[0] as number);
    expect(weights.every((weight, k) => k === 0 || weight >= (weights[k - 1] as number) - 1e-12)).to.equal(true);
  });

  it("refuses no bins and no range", () => {
    expect(() => new DynamicSoftMarginLoss({ bins: 0, largest: 0 }))
      .to.throw(ConfigError)
      .with.property("problems")
      .that.has.length(2);
  });
});
