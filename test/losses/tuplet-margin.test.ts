import { expect } from "chai";
import { TupletMarginLoss } from "likewise/losses";
import { ConfigError } from "../../lib/errors.js";
import { expectPeerNumbers } from "../support/peer-losses.js";
import { heldBy, itEqualsPlainLoops, meanOf, plainLogSum } from "../support/plain-loops.js";

describe("TupletMarginLoss", () => {
  itEqualsPlainLoops({
    make: (distance) => new TupletMarginLoss({ margin: 0.2, scale: 6, distance }),
    plain: ({ similarities, positive, negative }) =>
      meanOf(
        similarities.flatMap((row, a) => {
          const apart = heldBy(row, negative, a);
          if (apart.length === 0) return [];
          return heldBy(row, positive, a).map((s) => {
            const turned = Math.cos(Math.acos(s) - 0.2);
            return plainLogSum([0, ...apart.map((other) => 6 * (other - turned))]);
          });
        }),
      ),
    distances: ["cosine", "euclidean"],
  });

  it("equals pytorch-metric-learning, values and gradients", function () {
    expectPeerNumbers(this, "loss_TupletMarginLoss", {
      // Single precision knows the angle between equal rows to three digits only.
      make: ({ margin = 5.73, scale = 64 }, { tag }) =>
        tag === "duplicates"
          ? null
          : new TupletMarginLoss({ margin: ((margin as number) * Math.PI) / 180, scale: scale as number }),
      atLeast: 10,
      relative: 1e-4,
    });
  });

  it("refuses degrees", () => {
    expect(() => new TupletMarginLoss({ margin: 5.73 })).to.throw(ConfigError, "radians");
  });
});
