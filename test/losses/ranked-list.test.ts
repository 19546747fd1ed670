import { expect } from "chai";
import { RankedListLoss } from "likewise/losses";
import { Euclidean } from "../../lib/distances/index.js";
import { ConfigError } from "../../lib/errors.js";
import { expectClose } from "../support/close.js";
import { judge } from "../support/loss.js";
import { expectPeerNumbers, OfUnitRows } from "../support/peer-losses.js";
import { heldBy, itEqualsPlainLoops, meanOf } from "../support/plain-loops.js";

const softMean = (values: readonly number[], sharpness: number): number => {
  const weights = values.map((value) => Math.exp(sharpness * value));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return total === 0 ? 0 : values.reduce((sum, value, at) => sum + value * (weights[at] as number), 0) / total;
};

describe("RankedListLoss", () => {
  itEqualsPlainLoops({
    make: (distance) =>
      new RankedListLoss({
        ...{ margin: 0.5, boundary: 1.5, balance: 0.3, positiveTemperature: 2, negativeTemperature: 3 },
        distance,
      }),
    plain: ({ distances, positive, negative }) =>
      meanOf(
        distances.flatMap((row, a) => {
          const together = heldBy(row, positive, a);
          const apart = heldBy(row, negative, a);
          if (together.length + apart.length === 0) return [];
          const outside = together.map((d) => d - 1).filter((x) => x > 0);
          const inside = apart.map((d) => 1.5 - d).filter((x) => x > 0);
          return [0.7 * softMean(outside, 2) + 0.3 * softMean(inside, 3)];
        }),
      ),
    distances: ["cosine", "euclidean", "squared-euclidean"],
  });

  it("equals pytorch-metric-learning but for the small number it adds to each weight, values and gradients", function () {
    expectPeerNumbers(this, "loss_RankedListLoss", {
      make: ({ margin, Tn, imbalance = 0.5, alpha, Tp = 0 }, { tag }) => {
        if (tag === "duplicates") return null; // see below
        return new RankedListLoss({
          margin: margin as number,
          negativeTemperature: Tn as number,
          positiveTemperature: Tp as number,
          balance: imbalance as number,
          ...(alpha === undefined ? {} : { boundary: alpha as number }),
          distance: new OfUnitRows(new Euclidean()),
        });
      },
      atLeast: 10,
      relative: 2e-4,
    });
  });

  it("a negative at the very place of a row costs most, where the peer leaves it out", () => {
    const at = (x: number): number =>
      judge(new RankedListLoss({ distance: "euclidean" }), { embeddings: [[0], [x]], targets: { groups: [0, 1] } })
        .value;
    expectClose(at(0), 0.5 * 1.2);
    expect(at(0)).to.be.greaterThan(at(0.1));
    expect(at(0.1)).to.be.greaterThan(at(1));
  });

  it("refuses a balance above one and negative temperatures", () => {
    expect(() => new RankedListLoss({ balance: 2, positiveTemperature: -1, negativeTemperature: -1 }))
      .to.throw(ConfigError)
      .with.property("problems")
      .that.has.length(3);
  });
});
