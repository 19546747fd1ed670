import { expect } from "chai";
import { Random } from "likewise";
import { HitRate, MatchCharacteristic } from "likewise/metrics";
import { evaluateRetrieval } from "likewise/retrieval";
import { failure } from "../support/failure.js";
import { plainMean, plainMeasure } from "../support/plain-ranking.js";
import { groupCandidates, groupTargets, matrix, pairTargets, tupleTargets, valueOf } from "./batches.js";

/** Few whole numbers, so that there are ties. */
function someRows(seed: string, count: number): number[][] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => [random.integer(7) - 3, random.integer(7) - 3]);
}

describe("MatchCharacteristic", () => {
  it("gives at every rank what plain loops and HitRate give, ties included", async () => {
    for (const distance of ["squared-euclidean", "manhattan"] as const) {
      const rows = someRows(distance, 12);
      const groups = rows.map((_, at) => at % 4);
      const metric = new MatchCharacteristic({ ranks: 15, distance });
      metric.update(matrix(rows), groupTargets(groups));
      const curve = await metric.curve();
      expect(curve.length).to.equal(15);
      for (const [at, rate] of curve.entries()) {
        const candidates = groupCandidates(rows, groups, distance);
        expect(rate).to.be.closeTo(plainMean(candidates, plainMeasure.hitRate(at + 1)), 1e-9);
        const hitRate = new HitRate({ k: at + 1, distance });
        expect(rate).to.be.closeTo(await valueOf(hitRate, rows, groupTargets(groups)), 1e-9);
        expect(rate).to.be.at.least(curve[at - 1] ?? 0);
      }
      expect(curve[14], "all of eleven candidates").to.be.closeTo(1, 1e-12);
      expect(await metric.value()).to.be.closeTo(curve.reduce((sum, rate) => sum + rate, 0) / 15, 1e-12);
    }
  });

  it("knows pairs and tuples, and is NaN at every rank without queries or for numbers that are not finite", async () => {
    const curveOf = async (
      rows: number[][],
      targets: ReturnType<typeof groupTargets> | ReturnType<typeof pairTargets>,
    ) => {
      const metric = new MatchCharacteristic({ ranks: 2, distance: "euclidean" });
      metric.update(matrix(rows), targets);
      return [...(await metric.curve())];
    };
    expect(await curveOf([[0], [1], [0.9], [1.2]], pairTargets([1, 1]))).to.deep.equal([0.5, 1]);
    const tuples = new MatchCharacteristic({ ranks: 2, distance: "euclidean" });
    tuples.update(matrix([[0], [2], [1]]), tupleTargets([0], [0]));
    expect([...(await tuples.curve())]).to.deep.equal([0, 1]);
    expect([...(await new MatchCharacteristic({ ranks: 2 }).curve())]).to.deep.equal([NaN, NaN]);
    expect(await curveOf([[0], [1]], groupTargets([0, 1]))).to.deep.equal([NaN, NaN]);
    expect(await curveOf([[0], [NaN]], groupTargets([0, 0]))).to.deep.equal([NaN, NaN]);
  });

  it("stands in the report of an evaluation, beside the hit rates", async () => {
    const queries = matrix(someRows("queries", 9));
    const corpus = matrix(someRows("corpus", 20));
    const relevant = Array.from({ length: 9 }, (_, at) => (at === 4 ? [] : [at, at + 7]));
    const distance = "manhattan";
    const task = { queries, corpus, relevant, distance, k: [1, 5, 20] } as const;
    const report = await evaluateRetrieval({ ...task, ranks: 20 });
    expect(report.cmc.length).to.equal(20);
    for (const k of [1, 5, 20] as const) expect(report.cmc[k - 1]).to.be.closeTo(report[`hit-rate@${k}`], 1e-12);
    expect((await evaluateRetrieval(task)).cmc).to.deep.equal([]);
  });

  it("refuses wrong options", async () => {
    expect((await failure(() => new MatchCharacteristic({ ranks: 0 }))).message).to.contain(
      "ranks: expected a whole number",
    );
    expect((await failure(() => new MatchCharacteristic({ k: 3 } as never))).message).to.contain("k: unknown option");
  });
});
