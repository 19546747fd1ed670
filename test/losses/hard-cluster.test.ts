import { expect } from "chai";
import fc from "fast-check";
import { HardClusterLoss, type HardClusterOptions } from "likewise/losses";
import { ClassWeightedReducer, SumReducer } from "likewise/miners";
import { ConfigError } from "../../lib/errors.js";
import { Random } from "../../lib/random.js";
import { expectClose } from "../support/close.js";
import { centralDifferences, type Matrix } from "../support/gradient.js";
import { judge, randomRows } from "../support/loss.js";
import { plainMatrix } from "../support/plain-distance.js";
import { tiedBatches } from "../support/plain-masks.js";

const groups = [3, 0, 0, 1, 1, 2, 3, 3, 0, 1, 5];
const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / Math.max(1, values.length);

/** What each group with several rows costs, by group. */
function costs(
  at: Matrix,
  of: readonly number[],
  { margin = 0.5, smooth = false, distance = "cosine" }: HardClusterOptions = {},
): Map<number, number> {
  const names = [...new Set(of)];
  const members = names.map((name) => at.filter((_, row) => of[row] === name));
  const centers = members.map((all) => all[0]!.map((_, axis) => mean(all.map((row) => row[axis]!))));
  const apart = plainMatrix(distance as "cosine", centers, centers);
  const found = new Map<number, number>();
  names.forEach((name, g) => {
    if (members[g]!.length < 2 || names.length < 2) return;
    const farthest = Math.max(...plainMatrix(distance as "cosine", [centers[g]!], members[g]!)[0]!);
    const nearest = Math.min(...apart[g]!.filter((_, other) => other !== g));
    const gap = farthest - nearest + margin;
    found.set(name, smooth ? Math.log1p(Math.exp(gap)) : Math.max(0, gap));
  });
  return found;
}

describe("HardClusterLoss", () => {
  for (const options of [{}, { smooth: true }, { margin: 1, distance: "euclidean" }] as HardClusterOptions[]) {
    it(`equals plain loops over groups, value and gradient: ${JSON.stringify(options)}`, () => {
      const rows = randomRows(new Random("clusters"), groups.length, 4);
      const value = (at: Matrix): number => mean([...costs(at, groups, options).values()]);
      const found = judge(new HardClusterLoss(options), { embeddings: rows, targets: { groups } });
      expectClose(found.value, value(rows), { relative: 2e-5 });
      expect(found.weight).to.equal(3);
      expect(value(rows)).to.be.greaterThan(0);
      const slope = centralDifferences(value, rows, 1e-6);
      expectClose(found.gradient, slope, { relative: 1e-3, absolute: 1e-4, what: "gradient" });
    });
  }

  it("equals plain loops on integers full of ties", () => {
    fc.assert(
      fc.property(tiedBatches, ({ groups: of, rows }) => {
        const loss = new HardClusterLoss({ distance: "manhattan", margin: 2 });
        const found = judge(loss, { embeddings: rows, targets: { groups: of } });
        const plain = [...costs(rows, of, { distance: "manhattan", margin: 2 }).values()];
        expectClose(found.value, mean(plain));
        expect(found.weight).to.equal(plain.length);
        expect(found.gradient.every(Number.isFinite)).to.equal(true);
      }),
      { numRuns: 40, seed: 4 },
    );
  });

  it("goes with reducers by group", () => {
    const rows = randomRows(new Random("reduced"), groups.length, 4);
    const plain = costs(rows, groups, { margin: 1 });
    const value = (reducer: SumReducer | ClassWeightedReducer): number =>
      judge(new HardClusterLoss({ margin: 1, reducer }), { embeddings: rows, targets: { groups } }).value;
    expectClose(value(new SumReducer()), mean([...plain.values()]) * plain.size);
    const weights = [2, 0, 1, 5];
    const weighted = [...plain].map(([group, cost]) => cost * weights[group]!);
    expectClose(value(new ClassWeightedReducer({ weights })), mean(weighted));
  });

  it("has loss 0 with gradient 0 without a second group or a second row of one", () => {
    const rows = randomRows(new Random("none"), 3, 4);
    for (const of of [
      [0, 0, 0],
      [0, 1, 2],
    ]) {
      const found = judge(new HardClusterLoss(), { embeddings: rows, targets: { groups: of } });
      expect([found.value, found.weight, ...found.gradient].some((number) => number !== 0)).to.equal(false);
    }
  });

  it("refuses options that mean nothing", () => {
    expect(() => new HardClusterLoss({ margin: NaN, smooth: 1 as never })).to.throw(ConfigError, /margin[^]*smooth/u);
  });
});
