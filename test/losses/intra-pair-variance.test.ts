import { expect } from "chai";
import { IntraPairVarianceLoss } from "likewise/losses";
import { ConfigError } from "../../lib/errors.js";
import { expectClose } from "../support/close.js";
import { judge } from "../support/loss.js";
import { expectPeerNumbers } from "../support/peer-losses.js";
import { heldBy, itEqualsPlainLoops, meanOf } from "../support/plain-loops.js";

describe("IntraPairVarianceLoss", () => {
  itEqualsPlainLoops({
    make: (distance) => new IntraPairVarianceLoss({ positiveSlack: 0.1, negativeSlack: 0.05, distance }),
    plain: ({ similarities, positive, negative }) => {
      const together = similarities.flatMap((row, a) => heldBy(row, positive, a));
      const apart = similarities.flatMap((row, a) => heldBy(row, negative, a));
      const low = 0.9 * meanOf(together);
      const high = 1.05 * meanOf(apart);
      return (
        meanOf(together.map((s) => Math.max(0, low - s) ** 2)) + meanOf(apart.map((s) => Math.max(0, s - high) ** 2))
      );
    },
  });

  it("equals pytorch-metric-learning, values and gradients", function () {
    expectPeerNumbers(this, "loss_IntraPairVarianceLoss", {
      make: ({ pos_eps: positiveSlack = 0.01, neg_eps: negativeSlack = 0.01, distance }) =>
        distance === undefined
          ? new IntraPairVarianceLoss({
              positiveSlack: positiveSlack as number,
              negativeSlack: negativeSlack as number,
            })
          : null,
      atLeast: 12,
    });
  });

  it("tells its two terms", () => {
    const { value, terms } = judge(new IntraPairVarianceLoss(), {
      embeddings: [
        [1, 0],
        [0, 1],
        [1, 1],
        [-1, 0.2],
      ],
      targets: { groups: [0, 0, 0, 1] },
    });
    expectClose((terms["positive"] ?? NaN) + (terms["negative"] ?? NaN), value);
  });

  it("refuses a slack of one", () => {
    expect(() => new IntraPairVarianceLoss({ positiveSlack: 1 })).to.throw(ConfigError, "positiveSlack");
  });
});
