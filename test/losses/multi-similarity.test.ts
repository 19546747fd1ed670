import { expect } from "chai";
import { MultiSimilarityLoss } from "likewise/losses";
import { ConfigError } from "../../lib/errors.js";
import { judge } from "../support/loss.js";
import { expectPeerNumbers, peerDistance, peerReducer } from "../support/peer-losses.js";
import { heldBy, itEqualsPlainLoops, meanOf, plainLogSum } from "../support/plain-loops.js";

describe("MultiSimilarityLoss", () => {
  const options = { alpha: 3, beta: 7, base: 0.2 };
  itEqualsPlainLoops({
    make: (distance) => new MultiSimilarityLoss({ ...options, distance }),
    plain: ({ similarities, positive, negative }) =>
      meanOf(
        similarities.flatMap((row, a) => {
          const above = (mask: typeof positive): number[] => heldBy(row, mask, a).map((s) => s - options.base);
          const pull = plainLogSum([0, ...above(positive).map((x) => -options.alpha * x)]) / options.alpha;
          const push = plainLogSum([0, ...above(negative).map((x) => options.beta * x)]) / options.beta;
          return above(positive).length + above(negative).length === 0 ? [] : [pull + push];
        }),
      ),
  });

  it("equals pytorch-metric-learning, values and gradients", function () {
    expectPeerNumbers(this, "loss_MultiSimilarityLoss", {
      make: ({ alpha, beta, base, distance, miner, reducer }) =>
        // There, rows of which a miner chose nothing count in the mean.
        miner !== undefined
          ? null
          : new MultiSimilarityLoss({
              ...(alpha === undefined ? {} : { alpha: alpha as number, beta: beta as number, base: base as number }),
              distance: peerDistance(distance, "cosine"),
              reducer: peerReducer(reducer),
            }),
      atLeast: 15,
    });
  });

  it("pushes negatives of a batch without positives apart", () => {
    const { gradient, weight } = judge(new MultiSimilarityLoss(), {
      embeddings: [
        [1, 0.2],
        [1, -0.2],
      ],
      targets: { groups: [0, 1] },
    });
    expect(weight).to.equal(2);
    expect(gradient[1]).to.be.lessThan(0); // a step against the gradient raises it, away from the other
    expect(gradient[3]).to.be.greaterThan(0);
  });

  it("refuses what is not a number, listing all", () => {
    expect(() => new MultiSimilarityLoss({ alpha: 0, beta: -1, base: NaN }))
      .to.throw(ConfigError)
      .with.property("problems")
      .that.has.length(3);
  });
});
