import { expect } from "chai";
import { InstanceLoss } from "likewise/losses";
import { ConfigError } from "../../lib/errors.js";
import { judge } from "../support/loss.js";
import { expectPeerNumbers } from "../support/peer-losses.js";
import { heldBy, itEqualsPlainLoops, meanOf } from "../support/plain-loops.js";

describe("InstanceLoss", () => {
  itEqualsPlainLoops({
    make: (distance) => new InstanceLoss({ scale: 1.5, distance }),
    plain: ({ distances, negative }) =>
      meanOf(
        distances.flatMap((row, a) => {
          const apart = heldBy(row, negative, a);
          return apart.length === 0 ? [] : [Math.log1p(apart.reduce((sum, d) => sum + Math.exp(-1.5 * d), 0))];
        }),
      ),
  });

  it("equals pytorch-metric-learning where every row is a group of its own", function () {
    expectPeerNumbers(this, "loss_InstanceLoss", {
      // With groups of several rows the peer takes the number of a group for that of a row.
      make: ({ gamma = 64 }, { inputs }) => {
        const labels = inputs["labels"] as readonly number[];
        const sorted = [...new Set(labels)].sort((a, b) => a - b);
        return labels.every((label, row) => sorted[row] === label)
          ? new InstanceLoss({ scale: gamma as number })
          : null;
      },
      atLeast: 1,
    });
  });

  it("does not push rows of a group apart, as pytorch-metric-learning does", () => {
    const { value, gradient } = judge(new InstanceLoss(), {
      embeddings: [
        [1, 0],
        [0.6, 0.8],
        [1, 0.1],
      ],
      targets: { groups: [0, 0, 0] },
    });
    expect(value).to.equal(0);
    expect(gradient.every((slope) => slope === 0)).to.equal(true);
  });

  it("refuses a scale of zero", () => {
    expect(() => new InstanceLoss({ scale: 0 })).to.throw(ConfigError, "scale");
  });
});
