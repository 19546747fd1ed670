import { expect } from "chai";
import { NCALoss } from "likewise/losses";
import { SquaredEuclidean } from "../../lib/distances/index.js";
import { ConfigError } from "../../lib/errors.js";
import { judge } from "../support/loss.js";
import { expectPeerNumbers, OfUnitRows, peerDistance } from "../support/peer-losses.js";
import { heldBy, itEqualsPlainLoops, meanOf, plainLogSum } from "../support/plain-loops.js";

describe("NCALoss", () => {
  itEqualsPlainLoops({
    make: (distance) => new NCALoss({ scale: 0.7, distance }),
    plain: ({ distances, positive, negative }) =>
      meanOf(
        distances.flatMap((row, a) => {
          const logits = row.map((d) => -0.7 * d);
          const together = heldBy(logits, positive, a);
          if (together.length === 0) return [];
          return [plainLogSum([...together, ...heldBy(logits, negative, a)]) - plainLogSum(together)];
        }),
      ),
    distances: ["cosine", "euclidean", "squared-euclidean"],
  });

  it("equals pytorch-metric-learning, values and gradients", function () {
    expectPeerNumbers(this, "loss_NCALoss", {
      make: ({ softmax_scale: scale = 1, distance }, { tag }) =>
        tag === "no_positives" // NaN there
          ? null
          : new NCALoss({
              scale: scale as number,
              distance: peerDistance(distance, new OfUnitRows(new SquaredEuclidean())),
            }),
      atLeast: 8,
    });
  });

  it("keeps a gradient where the probability underflows and the peer leaves the row out", () => {
    const { value, gradient } = judge(new NCALoss(), {
      embeddings: [
        [0, 0],
        [30, 0],
        [1, 0],
      ],
      targets: { groups: [0, 0, 1] },
    });
    expect(value).to.be.greaterThan(100);
    expect(Math.hypot(...gradient)).to.be.greaterThan(1);
  });

  it("refuses a scale of zero", () => {
    expect(() => new NCALoss({ scale: 0 })).to.throw(ConfigError, "scale");
  });
});
