import { expect } from "chai";
import { SignalToNoiseContrastiveLoss } from "likewise/losses";
import { SignalToNoise } from "../../lib/distances/index.js";
import { ConfigError } from "../../lib/errors.js";
import { expectClose } from "../support/close.js";
import { judge } from "../support/loss.js";
import { expectPeerNumbers, OfUnitRows } from "../support/peer-losses.js";
import { heldBy, itEqualsPlainLoops, meanOfCosting } from "../support/plain-loops.js";

describe("SignalToNoiseContrastiveLoss", () => {
  itEqualsPlainLoops({
    make: (distance) => new SignalToNoiseContrastiveLoss({ positiveMargin: 0.2, negativeMargin: 1.3, distance }),
    plain: ({ distances, positive, negative }) =>
      meanOfCosting(distances.flatMap((row, a) => heldBy(row, positive, a)).map((d) => Math.max(0, d - 0.2))) +
      meanOfCosting(distances.flatMap((row, a) => heldBy(row, negative, a)).map((d) => Math.max(0, 1.3 - d))),
    distances: ["cosine", "euclidean"],
  });

  it("equals pytorch-metric-learning where every row has a variance, values and gradients", function () {
    expectPeerNumbers(this, "loss_SignalToNoiseRatioContrastiveLoss", {
      make: ({ pos_margin: positiveMargin = 0, neg_margin: negativeMargin = 1 }, { tag }) =>
        tag === "zero_vector" // infinite there
          ? null
          : new SignalToNoiseContrastiveLoss({
              positiveMargin: positiveMargin as number,
              negativeMargin: negativeMargin as number,
              distance: new OfUnitRows(new SignalToNoise()),
            }),
      atLeast: 9,
    });
  });

  it("is finite for a row without variance, where the peer divides by zero", () => {
    const { value, gradient } = judge(new SignalToNoiseContrastiveLoss(), {
      embeddings: [
        [2, 2, 2],
        [1, 0, 1],
        [0, 1, 3],
      ],
      targets: { groups: [0, 0, 1] },
    });
    expect(value).to.satisfy(Number.isFinite);
    expect(gradient.every(Number.isFinite)).to.equal(true);
  });

  it("does not change when all vectors shrink", () => {
    const at = (scale: number): number =>
      judge(new SignalToNoiseContrastiveLoss(), {
        embeddings: [
          [2 * scale, 1 * scale, 0],
          [1 * scale, 0, 1 * scale],
          [0, 1 * scale, 3 * scale],
        ],
        targets: { groups: [0, 0, 1] },
      }).value;
    expectClose(at(0.01), at(1), { relative: 1e-4 });
  });

  it("refuses negative margins", () => {
    expect(() => new SignalToNoiseContrastiveLoss({ positiveMargin: -1, negativeMargin: -1 }))
      .to.throw(ConfigError)
      .with.property("problems")
      .that.has.length(2);
  });
});
