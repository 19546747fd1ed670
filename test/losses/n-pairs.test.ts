import { expect } from "chai";
import { NPairsLoss } from "likewise/losses";
import { ConfigError } from "../../lib/errors.js";
import { judge } from "../support/loss.js";
import { expectPeerNumbers, peerDistance } from "../support/peer-losses.js";
import { itEqualsPlainLoops, meanOf, plainLogSum } from "../support/plain-loops.js";

describe("NPairsLoss", () => {
  itEqualsPlainLoops({
    make: (distance) => new NPairsLoss({ distance }),
    plain: ({ distances, positive, groups }) => {
      const pairs: [number, number][] = [];
      const seen = new Set<number>();
      distances.forEach((row, a) => {
        const p = row.findIndex((_, at) => positive(a, at));
        if (p === -1 || seen.has(groups[a] as number)) return;
        seen.add(groups[a] as number);
        pairs.push([a, p]);
      });
      const logit = (a: number, p: number): number => -(distances[a]?.[p] as number);
      return meanOf(pairs.map(([a, p]) => plainLogSum(pairs.map(([, other]) => logit(a, other))) - logit(a, p)));
    },
  });

  it("equals pytorch-metric-learning, values and gradients", function () {
    expectPeerNumbers(this, "loss_NPairsLoss", {
      // Inner products there are of rows of length 1.
      make: ({ distance }) => new NPairsLoss({ distance: peerDistance(distance, "cosine") }),
      atLeast: 11,
    });
  });

  it("takes the first pair of each group, whatever else there is of it", () => {
    const rows = [[1, 0.5], [0.3, 1], [0.9, 0.2], [0.1, 0.8], [5, 5]]; // prettier-ignore
    const { weight, gradient } = judge(new NPairsLoss(), { embeddings: rows, targets: { groups: [0, 1, 0, 1, 0] } });
    expect(weight).to.equal(2);
    expect(gradient.slice(8)).to.deep.equal([0, 0]);
    expect(gradient.slice(0, 8).every((g) => g !== 0)).to.equal(true);
  });

  it("refuses an option it does not know", () => {
    expect(() => new NPairsLoss({ temperature: 1 } as object)).to.throw(ConfigError, "temperature");
  });
});
