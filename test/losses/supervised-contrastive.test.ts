import { expect } from "chai";
import { SupervisedContrastiveLoss } from "likewise/losses";
import { ConfigError } from "../../lib/errors.js";
import { expectPeerNumbers, peerDistance } from "../support/peer-losses.js";
import { heldBy, itEqualsPlainLoops, meanOf, meanOfCosting, plainLogSum } from "../support/plain-loops.js";

describe("SupervisedContrastiveLoss", () => {
  itEqualsPlainLoops({
    make: (distance) => new SupervisedContrastiveLoss({ temperature: 0.3, distance }),
    plain: ({ distances, positive, negative }) =>
      meanOfCosting(
        distances.map((row, a) => {
          const logits = row.map((d) => -d / 0.3);
          const together = heldBy(logits, positive, a);
          const apart = heldBy(logits, negative, a);
          if (together.length === 0 || apart.length === 0) return 0;
          return plainLogSum([...together, ...apart]) - meanOf(together);
        }),
      ),
  });

  it("equals pytorch-metric-learning, values and gradients", function () {
    expectPeerNumbers(this, "loss_SupConLoss", {
      make: ({ temperature = 0.1, distance }) =>
        new SupervisedContrastiveLoss({
          temperature: temperature as number,
          distance: peerDistance(distance, "cosine"),
        }),
      atLeast: 12,
    });
  });

  it("refuses a temperature of zero", () => {
    expect(() => new SupervisedContrastiveLoss({ temperature: 0 })).to.throw(ConfigError, "temperature");
  });
});
