import { expect } from "chai";
import * as fc from "fast-check";
import { rankScores, type RankedScores } from "../../lib/statistics/ranked-scores.js";
import {
  areaUnderCurve,
  averagePrecision,
  bestCut,
  cutOfPrecision,
  cutOfRecall,
  missRateAt,
} from "../../lib/statistics/verification.js";

interface Judged {
  readonly score: number;
  readonly relevant: boolean;
}

/** Few different scores, so that many are equal; at least one of each sort. */
const lists = fc
  .array(fc.record({ score: fc.integer({ min: 0, max: 6 }), relevant: fc.boolean() }), { minLength: 0, maxLength: 25 })
  .map((list): Judged[] => [...list, { score: 3, relevant: true }, { score: 2, relevant: false }]);

const ranked = (list: readonly Judged[]): RankedScores =>
  rankScores(
    list.map(({ score }) => score),
    list.map(({ relevant }) => (relevant ? 1 : 0)),
  )!;

/** What a threshold does, counted one by one. */
function counted(list: readonly Judged[], threshold: number) {
  const taken = list.filter(({ score }) => score >= threshold);
  const hits = taken.filter(({ relevant }) => relevant).length;
  const positives = list.filter(({ relevant }) => relevant).length;
  return { taken: taken.length, hits, positives, negatives: list.length - positives };
}

const everyThreshold = (list: readonly Judged[]): number[] => [Infinity, ...new Set(list.map(({ score }) => score))];

describe("figures of scores that should tell relevant ones from others", () => {
  it("the area under the curve is the share of couples in the right order, equal ones half", () => {
    fc.assert(
      fc.property(lists, (list) => {
        let sum = 0;
        let couples = 0;
        for (const one of list.filter(({ relevant }) => relevant)) {
          for (const other of list.filter(({ relevant }) => !relevant)) {
            sum += one.score > other.score ? 1 : one.score === other.score ? 0.5 : 0;
            couples += 1;
          }
        }
        expect(areaUnderCurve(ranked(list))).to.be.closeTo(sum / couples, 1e-12);
      }),
    );
  });

  it("average precision is precision times the recall that each threshold adds", () => {
    fc.assert(
      fc.property(lists, (list) => {
        const thresholds = [...new Set(list.map(({ score }) => score))].sort((one, other) => other - one);
        let sum = 0;
        let before = 0;
        for (const threshold of thresholds) {
          const { taken, hits, positives } = counted(list, threshold);
          sum += ((hits - before) / positives) * (hits / taken);
          before = hits;
        }
        expect(averagePrecision(ranked(list))).to.be.closeTo(sum, 1e-12);
      }),
    );
  });

  it("the best threshold is as good as any, and reaches what it says", () => {
    const measures = {
      f1: ({ taken, hits, positives }: ReturnType<typeof counted>) => (2 * hits) / (taken + positives),
      accuracy: ({ taken, hits, positives, negatives }: ReturnType<typeof counted>) =>
        (hits + negatives - (taken - hits)) / (positives + negatives),
      mcc: ({ taken, hits, positives, negatives }: ReturnType<typeof counted>) => {
        const [tp, fp] = [hits, taken - hits];
        const [fn, tn] = [positives - tp, negatives - fp];
        const scale = Math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn));
        return scale === 0 ? 0 : (tp * tn - fp * fn) / scale;
      },
    };
    fc.assert(
      fc.property(lists, (list) => {
        for (const [name, measure] of Object.entries(measures)) {
          const best = bestCut(ranked(list), name as keyof typeof measures);
          const all = everyThreshold(list).map((threshold) => measure(counted(list, threshold)));
          expect(best.value, name).to.be.closeTo(Math.max(...all), 1e-12);
          const reached = counted(list, best.threshold);
          expect(measure(reached), name).to.be.closeTo(best.value, 1e-12);
          expect(best.recall).to.be.closeTo(reached.hits / reached.positives, 1e-12);
          expect(best.precision).to.be.closeTo(reached.taken === 0 ? 1 : reached.hits / reached.taken, 1e-12);
        }
      }),
    );
  });

  it("a threshold lies halfway between what it takes and what it leaves", () => {
    const list = [
      { score: 0.9, relevant: true },
      { score: 0.7, relevant: true },
      { score: 0.3, relevant: false },
    ];
    expect(bestCut(ranked(list), "f1")).to.deep.include({ threshold: 0.5, value: 1, precision: 1, recall: 1 });
  });

  it("a threshold of a wanted precision or recall has the most of the other, and then takes fewest", () => {
    const share = ({ taken, hits, positives }: ReturnType<typeof counted>) => ({
      taken,
      precision: hits / taken,
      recall: hits / positives,
    });
    fc.assert(
      fc.property(lists, fc.double({ min: 0.05, max: 1, noNaN: true }), (list, wanted) => {
        const all = everyThreshold(list)
          .map((threshold) => share(counted(list, threshold)))
          .filter(({ taken, recall }) => taken > 0 && recall > 0);
        for (const [asked, other, cut] of [
          ["precision", "recall", cutOfPrecision],
          ["recall", "precision", cutOfRecall],
        ] as const) {
          const [best] = all
            .filter((reached) => reached[asked] >= wanted)
            .sort((one, two) => two[other] - one[other] || one.taken - two.taken);
          const found = cut(ranked(list), wanted);
          if (best === undefined || found === null) {
            expect([best ?? null, found], asked).to.deep.equal([null, null]);
            continue;
          }
          expect(share(counted(list, found.threshold)), asked).to.deep.equal(best);
          expect([found.precision, found.recall, found.value]).to.deep.equal([
            best.precision,
            best.recall,
            best[asked],
          ]);
        }
      }),
    );
  });

  it("the miss rate is that of the loosest threshold with few enough false matches", () => {
    fc.assert(
      fc.property(lists, fc.double({ min: 0, max: 1, noNaN: true }), (list, rate) => {
        const allowed = everyThreshold(list)
          .map((threshold) => counted(list, threshold))
          .filter(({ taken, hits, negatives }) => (taken - hits) / negatives <= rate);
        const least = Math.min(...allowed.map(({ hits, positives }) => 1 - hits / positives));
        expect(missRateAt(ranked(list), rate)).to.be.closeTo(least, 1e-12);
      }),
    );
  });

  it("nothing is said of a NaN, and of one sort alone", () => {
    expect(rankScores([1, NaN], [1, 0])).to.equal(null);
    const one = rankScores([1, 2], [1, 1])!;
    expect(areaUnderCurve(one)).to.be.NaN;
    expect(missRateAt(one, 0.1)).to.be.NaN;
    expect(averagePrecision(rankScores([1, 2], [0, 0])!)).to.be.NaN;
    expect(cutOfRecall(rankScores([1, 2], [0, 0])!, 0.5)).to.equal(null);
  });
});
