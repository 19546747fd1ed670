import { expect } from "chai";
import { Random } from "likewise";
import { Precision, ReciprocalRank } from "likewise/metrics";
import { plainDistance } from "../support/plain-distance.js";
import { plainMean, type PlainCandidate } from "../support/plain-ranking.js";
import { matrix, pairTargets, valueOf, type Rows } from "./batches.js";
import { examples } from "./examples.js";

describe("a retrieval metric of pairs", () => {
  const random = new Random("pairs");
  const pairs = 8;
  const rows = Array.from({ length: 2 * pairs }, () => Array.from(random.normals(4)));
  const labels = [1, 0, 0.3, 1, 1, 0, 1, 1];
  const subgroups = [0, 1, 1, 2, 0, 2, 2, 3];

  function candidates(from: "a" | "b" | "both", ignoring: boolean): PlainCandidate[][] {
    return rows.map((row, at) =>
      (from === "a") === at < pairs || from === "both"
        ? rows.flatMap((other, place) => {
            const isPartner = place % pairs === at % pairs && place !== at;
            const isCandidate = from === "both" ? place !== at : place < pairs !== at < pairs;
            const isUnknown = !ignoring && !isPartner && subgroups[place % pairs] === subgroups[at % pairs];
            if (!isCandidate || isUnknown) return [];
            return [{ distance: plainDistance.euclidean(row, other), grade: isPartner ? labels[at % pairs]! : 0 }];
          })
        : [],
    );
  }

  for (const [direction, from] of [
    ["a-to-b", "a"],
    ["b-to-a", "b"],
    ["both", "both"],
  ] as const) {
    for (const ignoring of [true, false]) {
      it(`looks ${direction}, ${ignoring ? "with one subgroup among all" : "leaving out its own subgroup"}`, async () => {
        const targets = pairTargets(labels, ignoring ? undefined : subgroups);
        for (const [make, plain] of examples) {
          const metric = make({ distance: "euclidean", direction });
          expect(await valueOf(metric, rows, targets), metric.name).to.be.closeTo(
            plainMean(candidates(from, ignoring), plain),
            1e-9,
          );
        }
      });
    }
  }

  it("keeps partners together over several batches", async () => {
    for (const direction of ["a-to-b", "both"] as const) {
      const metric = new ReciprocalRank({ distance: "euclidean", direction });
      const whole = await valueOf(metric, rows, pairTargets(labels, subgroups));
      metric.reset();
      for (const [from, to] of [
        [0, 3],
        [3, 4],
        [4, 8],
      ] as const) {
        metric.update(
          matrix([...rows.slice(from, to), ...rows.slice(pairs + from, pairs + to)]),
          pairTargets(labels.slice(from, to), subgroups.slice(from, to)),
        );
      }
      expect(await metric.value()).to.be.closeTo(whole, 1e-12);
    }
  });

  it("takes the sides of a pair as belonging to different subgroups when they do", async () => {
    const metric = new Precision({ distance: "euclidean", direction: "both" });
    const apart: Rows = [[0], [10], [1], [11]];
    // b0 is nearest to a0 and, though of another subgroup than a0, its partner; a1 and b1 are as far.
    const value = await valueOf(metric, apart, { labels: Float32Array.of(1, 1), subgroups: Int32Array.of(0, 1, 1, 0) });
    expect(value).to.equal(1);
  });

  it("does not take for wrong what may be right: an item of the same subgroup, however near", async () => {
    // a0 is nearest to b1, then to its partner; b2 is far.
    const near: Rows = [[0], [50], [80], [3], [1], [99]];
    const metric = new Precision({ distance: "euclidean", direction: "a-to-b" });
    expect(await valueOf(metric, near, pairTargets([1, 0, 0], [0, 0, 1]))).to.equal(1);
    expect(await valueOf(metric, near, pairTargets([1, 0, 0], [0, 1, 1]))).to.equal(0);
  });
});
