import { expect } from "chai";
import { DynamicSoftMarginLoss } from "likewise/losses";
import type { DistanceName } from "../../lib/distances/index.js";
import { ConfigError } from "../../lib/errors.js";
import { Random } from "../../lib/random.js";
import { expectClose } from "../support/close.js";
import { centralDifferences, type Matrix } from "../support/gradient.js";
import { judge, randomRows } from "../support/loss.js";
import { plainMatrix } from "../support/plain-distance.js";
import { heldBy, meanOf } from "../support/plain-loops.js";
import { masksOf } from "../support/plain-masks.js";
import { readGolden } from "../support/shared.js";

const [BINS, LARGEST] = [10, 2];

/** Differences of every positive and the nearest negative of its row, or each negative. */
const differences = (rows: Matrix, groups: readonly number[], nearest = true, distance = "cosine"): number[] => {
  const { positive, negative } = masksOf(groups);
  return plainMatrix(distance as DistanceName, rows, rows).flatMap((row, a) => {
    const apart = heldBy(row, negative, a);
    const from = nearest && apart.length > 0 ? [Math.min(...apart)] : apart;
    return heldBy(row, positive, a).flatMap((d) => from.map((other) => d - other));
  });
};

/** Weights of differences by their share of those below. */
const shares = (values: readonly number[], bins = BINS): number[] => {
  const place = (x: number): number => ((x + LARGEST) * bins) / (2 * LARGEST);
  const histogram = Array.from({ length: bins + 1 }, (_, at) =>
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

  it("weighs as pytorch-metric-learning does in its first step, where every negative counts, not the nearest alone", function () {
    const cases = readGolden("pml/loss_DynamicSoftMarginLoss");
    if (cases === null) return this.skip();
    for (const { tag, config, inputs, expected64 } of cases) {
      const unit = (inputs["embeddings"] as Matrix).map((row) => row.map((v) => v / (Math.hypot(...row) || 1)));
      const values = differences(unit, inputs["labels"] as number[], false, "euclidean");
      const weights = shares(values, config["num_bins"] as number | undefined);
      const value = values.length === 0 ? 0 : meanOf(values.map((x, k) => x * (weights[k] as number)));
      expectClose(value, expected64?.["loss"], { what: tag });
    }
    expect(cases.length).to.be.greaterThan(9);
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
