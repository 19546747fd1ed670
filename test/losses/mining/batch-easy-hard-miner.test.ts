import { expect } from "chai";
import fc from "fast-check";
import { TripletLoss } from "likewise/losses";
import { BatchEasyHardMiner, MeanReducer } from "likewise/miners";
import { Manhattan } from "../../../lib/distances/index.js";
import { ConfigError } from "../../../lib/errors.js";
import { Random } from "../../../lib/random.js";
import { judge, randomRows } from "../../support/loss.js";
import { masksOf, tiedBatches } from "../../support/plain-masks.js";
import { mine } from "./running.js";

describe("BatchEasyHardMiner", () => {
  type Strategy = "hard" | "semi-hard" | "easy" | "all";
  const STRATEGIES = ["hard", "semi-hard", "easy", "all"] as const;
  const largest = (list: readonly number[]): number[] => (list.length === 0 ? [] : [Math.max(...list)]);
  const least = (list: readonly number[]): number[] => (list.length === 0 ? [] : [Math.min(...list)]);
  const sorted = (list: readonly number[]): number[] => [...list].sort((x, y) => x - y);

  /** Distances of the positives and of the negatives that are taken for an anchor. */
  function taken(of: Strategy, near: readonly number[], from: Strategy, far: readonly number[]): [number[], number[]] {
    const [nearest, farthest] = [
      least(from === "hard" ? far : largest(far)),
      largest(of === "hard" ? near : least(near)),
    ];
    const p = {
      all: near,
      hard: largest(near),
      easy: least(near),
      "semi-hard": largest(near.filter((d) => d < (nearest[0] ?? -1))),
    }[of];
    const n = {
      all: far,
      hard: least(far),
      easy: largest(far),
      "semi-hard": least(far.filter((d) => d > (farthest[0] ?? Infinity))),
    }[from];
    const one = of !== "all" && from !== "all";
    return one && (p.length === 0 || n.length === 0) ? [[], []] : [sorted(p), sorted(n)];
  }

  for (const of of STRATEGIES)
    for (const from of STRATEGIES) {
      const [title, miner] = [`${of} positives with ${from} negatives`, { positives: of, negatives: from }];
      if ([of, from].includes("semi-hard") && !["hard", "easy"].includes(of === "semi-hard" ? from : of)) {
        it(`refuses ${title}: what is semi-hard is so for one of the other side`, () => {
          expect(() => new BatchEasyHardMiner(miner)).to.throw(ConfigError, `must be "hard" or "easy"`);
        });
        continue;
      }
      it(`${title}: equals plain loops, also with ties and in ranges`, () => {
        const range = fc.constantFrom(null, [1, 4] as const);
        fc.assert(
          fc.property(tiedBatches, range, range, ({ groups: among, rows: at }, positiveRange, negativeRange) => {
            const asked = new BatchEasyHardMiner({ ...miner, positiveRange, negativeRange });
            const { positives, negatives, distances: d } = mine(asked, new Manhattan(), { rows: at, groups: among });
            const { positive, negative } = masksOf(among);
            const within = (bounds: readonly [number, number] | null, distance: number): boolean =>
              bounds === null || (distance >= bounds[0] && distance <= bounds[1]);
            d.forEach((row, a) => {
              const near = row.filter((distance, b) => positive(a, b) && within(positiveRange, distance));
              const far = row.filter((distance, b) => negative(a, b) && within(negativeRange, distance));
              const found = [positives, negatives].map((mask) => sorted(row.filter((_, b) => mask[a]![b] === 1)));
              expect(found).to.deep.equal(taken(of, near, from, far));
            });
          }),
          { numRuns: 20 },
        );
      });
    }

  it("refuses what is semi-hard for nothing in particular, and ranges that are none", () => {
    expect(() => new BatchEasyHardMiner({ positives: "semi-hard" })).to.throw(ConfigError, "must be");
    expect(() => new BatchEasyHardMiner({ positives: "semi-hard", negatives: "all" })).to.throw(ConfigError);
    expect(() => new BatchEasyHardMiner({ positiveRange: [1, 0] })).to.throw(ConfigError, "positiveRange");
  });

  it("with hard on both sides is the hard mining of the losses", () => {
    const miner = new BatchEasyHardMiner({ positives: "hard", negatives: "hard" });
    const groups = [0, 0, 1, 1, 2, 2, 0, 3];
    const batch = { embeddings: randomRows(new Random("rows"), groups.length, 4), targets: { groups } };
    const reducer = new MeanReducer();
    expect(judge(new TripletLoss({ miner, reducer }), batch)).to.deep.equal(judge(new TripletLoss(), batch));
  });
});
