import { expect } from "chai";
import fc from "fast-check";
import { TripletLoss } from "likewise/losses";
import { BatchHardMiner, NHardMiner, type HardRange } from "likewise/miners";
import { Cosine, Manhattan } from "../../../lib/distances/index.js";
import { ConfigError } from "../../../lib/errors.js";
import { Random } from "../../../lib/random.js";
import { judge, randomRows } from "../../support/loss.js";
import { masksOf, tiedBatches } from "../../support/plain-masks.js";
import { mine } from "./running.js";

const groups = [0, 0, 1, 1, 2, 2, 0, 3, 0, 1];
const rows = randomRows(new Random("hard"), groups.length, 4);
const ranges: readonly HardRange[] = [1, 3, 99, [1, 2], [2, 4], [3, 3]];

/** Distances of these ranks, hardest first. */
function ofRanks(sorted: readonly number[], range: HardRange): number[] {
  const [first, last] = typeof range === "number" ? [1, range] : range;
  return sorted.slice(first - 1, last);
}

describe("NHardMiner", () => {
  it("takes positives and negatives of the ranks asked for, and none where one side has none, also of ties", () => {
    fc.assert(
      fc.property(
        tiedBatches,
        fc.constantFrom(...ranges),
        fc.constantFrom(...ranges),
        ({ groups: of, rows: at }, positives, negatives) => {
          const found = mine(new NHardMiner({ positives, negatives }), new Manhattan(), { rows: at, groups: of });
          const { positive, negative } = masksOf(of);
          found.distances.forEach((row, a) => {
            const pulled = ofRanks(
              row.filter((_, b) => positive(a, b)).sort((x, y) => y - x),
              positives,
            );
            const pushed = ofRanks(
              row.filter((_, b) => negative(a, b)).sort((x, y) => x - y),
              negatives,
            );
            const none = pulled.length === 0 || pushed.length === 0;
            const taken = (mask: readonly number[]): number[] => row.filter((_, b) => mask[b] === 1);
            expect(taken(found.positives[a]!).sort((x, y) => y - x)).to.deep.equal(none ? [] : pulled);
            expect(taken(found.negatives[a]!).sort((x, y) => x - y)).to.deep.equal(none ? [] : pushed);
          });
        },
      ),
      { numRuns: 60, seed: 5 },
    );
  });

  it("with one of each is BatchHardMiner, at the cost of that", () => {
    const hard = mine(new BatchHardMiner(), new Cosine(), { rows, groups });
    const found = mine(new NHardMiner(), new Cosine(), { rows, groups });
    expect([found.positives, found.negatives]).to.deep.equal([hard.positives, hard.negatives]);
    expect(new NHardMiner().single).to.equal(true);
    expect(new NHardMiner({ negatives: [3, 3] }).single).to.equal(true);
    expect(new NHardMiner({ negatives: 2 }).single).to.equal(false);
    const value = (miner: BatchHardMiner | NHardMiner): number =>
      judge(new TripletLoss({ miner }), { embeddings: rows, targets: { groups } }).value;
    expect(value(new NHardMiner())).to.equal(value(new BatchHardMiner()));
  });

  it("refuses ranges that are none", () => {
    for (const range of [0, 1.5, [0, 2], [3, 2], [1, 2, 3], "all"] as never[])
      expect(() => new NHardMiner({ positives: range })).to.throw(ConfigError, "positives: expected a whole number");
  });
});
