import { expect } from "chai";
import { ThresholdConsistentMarginLoss } from "likewise/losses";
import { ConfigError } from "../../lib/errors.js";
import { expectPeerNumbers } from "../support/peer-losses.js";
import { heldBy, itEqualsPlainLoops, meanOfCosting } from "../support/plain-loops.js";

describe("ThresholdConsistentMarginLoss", () => {
  itEqualsPlainLoops({
    make: (distance) =>
      new ThresholdConsistentMarginLoss({ positiveWeight: 2, positiveMargin: 0.6, negativeMargin: 0.2, distance }),
    plain: ({ similarities, positive, negative }) =>
      2 * meanOfCosting(similarities.flatMap((row, a) => heldBy(row, positive, a)).map((s) => Math.max(0, 0.6 - s))) +
      meanOfCosting(similarities.flatMap((row, a) => heldBy(row, negative, a)).map((s) => Math.max(0, s - 0.2))),
  });

  it("equals pytorch-metric-learning, values and gradients", function () {
    expectPeerNumbers(this, "loss_ThresholdConsistentMarginLoss", {
      make: (config) => {
        const {
          lambda_plus: positiveWeight = 1,
          margin_plus: positiveMargin = 0.9,
          margin_minus: negativeMargin = 0.5,
        } = config as Record<string, number | undefined>;
        return new ThresholdConsistentMarginLoss({ positiveWeight, positiveMargin, negativeMargin });
      },
      atLeast: 11,
    });
  });

  it("refuses a negative weight", () => {
    expect(() => new ThresholdConsistentMarginLoss({ negativeWeight: -1 })).to.throw(ConfigError, "negativeWeight");
  });
});
