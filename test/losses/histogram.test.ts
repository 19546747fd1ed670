import { expect } from "chai";
import { HistogramLoss } from "likewise/losses";
import { ConfigError } from "../../lib/errors.js";
import { judge } from "../support/loss.js";
import { expectPeerNumbers } from "../support/peer-losses.js";
import { heldBy, itEqualsPlainLoops } from "../support/plain-loops.js";

/** Shares of the values at each of `bins + 1` places. */
const shares = (values: readonly number[], bins: number): number[] =>
  Array.from({ length: bins + 1 }, (_, place) =>
    values.reduce((sum, value) => sum + Math.max(0, 1 - Math.abs(((value + 1) * bins) / 2 - place)) / values.length, 0),
  );

describe("HistogramLoss", () => {
  itEqualsPlainLoops({
    make: (distance) => new HistogramLoss({ bins: 12, distance }),
    plain: ({ similarities, positive, negative }) => {
      const together = shares(
        similarities.flatMap((row, a) => heldBy(row, positive, a)),
        12,
      );
      const apart = shares(
        similarities.flatMap((row, a) => heldBy(row, negative, a)),
        12,
      );
      let upTo = 0;
      return apart.reduce((sum, share, place) => sum + share * (upTo += together[place] as number), 0);
    },
    distances: ["cosine", "euclidean"],
  });

  it("equals pytorch-metric-learning where every row has a positive, values and gradients", function () {
    expectPeerNumbers(this, "loss_HistogramLoss", {
      // The paper counts every negative pair; there, those of two rows without a positive are left out.
      make: ({ n_bins: bins, delta }, { inputs }) => {
        const groups = inputs["labels"] as number[];
        const alone = groups.filter((group) => groups.filter((other) => other === group).length === 1).length;
        if (alone > 1 && alone < groups.length) return null;
        return new HistogramLoss({ bins: (bins as number | undefined) ?? Math.round(2 / (delta as number)) });
      },
      atLeast: 7,
    });
  });

  it("counts equal rows in the last bin, where the peer raises an error", () => {
    const embeddings = [
      [1, 0],
      [1, 0],
      [0, 1],
      [0, 1],
    ];
    expect(judge(new HistogramLoss({ bins: 10 }), { embeddings, targets: { groups: [0, 0, 1, 1] } }).value).to.equal(0);
    expect(judge(new HistogramLoss({ bins: 10 }), { embeddings, targets: { groups: [0, 1, 0, 1] } }).value).to.be.above(
      0.7,
    );
  });

  it("refuses a fraction of a bin", () => {
    expect(() => new HistogramLoss({ bins: 2.5 })).to.throw(ConfigError, "bins");
  });
});
