import { expect } from "chai";
import { NTXentLoss } from "likewise/losses";
import { ConfigError } from "../../lib/errors.js";
import { expectPeerNumbers, peerDistance, peerReducer } from "../support/peer-losses.js";
import { heldBy, itEqualsPlainLoops, meanOf, plainLogSum } from "../support/plain-loops.js";

describe("NTXentLoss", () => {
  itEqualsPlainLoops({
    make: (distance) => new NTXentLoss({ temperature: 0.4, distance }),
    plain: ({ distances, positive, negative }) =>
      meanOf(
        distances.flatMap((row, a) => {
          const logits = row.map((d) => -d / 0.4);
          const apart = heldBy(logits, negative, a);
          if (apart.length === 0) return [];
          return heldBy(logits, positive, a).map((s) => plainLogSum([0, ...apart.map((other) => other - s)]));
        }),
      ),
  });

  it("equals pytorch-metric-learning, values and gradients", function () {
    expectPeerNumbers(this, "loss_NTXentLoss", {
      make: ({ temperature = 0.07, distance, reducer }) =>
        // The peer's mean over anchors counts those without a pair too.
        (reducer as [string] | undefined)?.[0] === "PerAnchorReducer"
          ? null
          : new NTXentLoss({
              temperature: temperature as number,
              distance: peerDistance(distance, "cosine"),
              reducer: peerReducer(reducer),
            }),
      // There, the root of zero between equal rows has no gradient to compare.
      gradients: ({ tag, config }) => tag !== "zero_vector" && !(tag === "duplicates" && "distance" in config),
      atLeast: 14,
    });
  });

  it("refuses a negative temperature", () => {
    expect(() => new NTXentLoss({ temperature: -1 })).to.throw(ConfigError, "temperature");
  });
});
