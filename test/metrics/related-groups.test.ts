import { expect } from "chai";
import { Cosine, Random, UsageError, type Group, type GroupRelation } from "likewise";
import { HitRate, MatchCharacteristic, RPrecision } from "likewise/metrics";
import { failure } from "../support/failure.js";
import { overOrders, plainMean, type PlainCandidate } from "../support/plain-ranking.js";
import { groupCandidates, groupTargets, matrix, pairTargets, tupleTargets, valueOf } from "./batches.js";
import { examples } from "./examples.js";

const random = new Random("related");
const groups = Array.from({ length: 14 }, () => random.integer(5));
const rows = groups.map(() => [random.integer(5) - 2, random.integer(5) - 2]);
/** Not symmetric; group 3 finds nothing but group 0, not even itself. */
const relevant: GroupRelation = (query, candidate) =>
  query === 3 ? candidate === 0 : query === candidate || Number(candidate) === Number(query) + 1;

function relatedCandidates(relation: GroupRelation): PlainCandidate[][] {
  return groupCandidates(rows, groups, "manhattan").map((candidates, at) =>
    candidates.map(({ distance }, place) => {
      const other = place < at ? place : place + 1;
      return { distance, grade: relation(groups[at]!, groups[other]!) ? 1 : 0 };
    }),
  );
}

describe("a relation of groups", () => {
  for (const [make, plain] of examples) {
    it(`decides what ${make({}).name} counts, as plain loops do`, async () => {
      const metric = make({ distance: "manhattan", relevant });
      const expected = plainMean(relatedCandidates(relevant), plain);
      expect(await valueOf(metric, rows, groupTargets(groups))).to.be.closeTo(expected, 1e-9);
      const equal = make({ distance: "manhattan", relevant: (query, candidate) => query === candidate });
      const usual = await valueOf(make({ distance: "manhattan" }), rows, groupTargets(groups));
      expect(await valueOf(equal, rows, groupTargets(groups))).to.be.closeTo(usual, 1e-12);
    });
  }

  it("is told the labels that the groups stand for", async () => {
    const labels: Group[] = ["poodle", "dachshund", "siamese"];
    const isDog = (label: Group): boolean => label !== "siamese";
    const metric = new HitRate({ distance: "euclidean", relevant: (one, other) => isDog(one) === isDog(other) });
    metric.useGroups((group) => labels[group]!);
    expect(await valueOf(metric, [[0], [1], [5]], groupTargets([0, 1, 2]))).to.equal(1);
  });

  it("gives 1 for a perfect embedding, and NaN when nothing is related", async () => {
    const halves: GroupRelation = (query, candidate) => Number(query) < 2 === Number(candidate) < 2;
    const apart = groups.map((group) => [group < 2 ? 0 : 100 + group]);
    const options = { distance: "euclidean", relevant: halves } as const;
    expect(await valueOf(new RPrecision(options), apart, groupTargets(groups))).to.equal(1);
    const never = new RPrecision({ relevant: () => false });
    expect(await valueOf(never, rows, groupTargets(groups))).to.be.NaN;
  });

  it("is asked once for each two groups, and must answer true or false", async () => {
    let asked = 0;
    const metric = new RPrecision({ relevant: () => (asked++, true) });
    await valueOf(metric, rows, groupTargets(groups));
    expect(asked).to.equal(new Set(groups).size ** 2);
    const vague = new RPrecision({ relevant: (() => undefined) as never });
    const error = await failure(valueOf(vague, rows, groupTargets(groups)));
    expect(error).to.be.instanceOf(UsageError);
    expect(error.message).to.match(/relevant\(\d, \d\) must return true or false, got undefined/u);
    expect((await failure(() => new RPrecision({ relevant: "same" } as never))).message).to.contain(
      "expected a function",
    );
  });

  it("is refused for pairs and tuples, and for similarities of a batch", async () => {
    const metric = new RPrecision({ relevant });
    for (const targets of [pairTargets([1]), tupleTargets([0], [])]) {
      expect((await failure(valueOf(metric, [[1], [2]], targets))).message).to.contain("relevant compares groups");
    }
    metric.reset();
    expect(metric.readsSimilarities("group", new Cosine())).to.equal(false);
    const similarities = matrix([
      [1, 0],
      [0, 1],
    ]);
    expect(() => metric.updateBySimilarities(similarities, groupTargets([0, 0]))).to.throw(UsageError);
  });

  it("keeps metrics with other relations apart when work is shared", async () => {
    const [plain, related] = [
      new RPrecision({ distance: "manhattan" }),
      new RPrecision({ distance: "manhattan", relevant }),
    ];
    for (const metric of [plain, related]) metric.update(matrix(rows), groupTargets(groups));
    expect(plain.sharesWith(related)).to.equal(false);
    const also = new HitRate({ distance: "manhattan", relevant, k: 3 });
    also.update(matrix(rows), groupTargets(groups));
    expect(related.sharesWith(also)).to.equal(true);
    expect(await related.valuesWith([also])).to.deep.equal([await related.value(), await also.value()]);
  });
});

describe("values of queries and groups", () => {
  for (const [make, plain] of examples) {
    it(`${make({}).name} of each row, of each group and of groups on the mean are those of plain loops`, async () => {
      const metric = make({ distance: "manhattan" });
      metric.update(matrix(rows.slice(0, 5)), groupTargets(groups.slice(0, 5)));
      metric.update(matrix(rows.slice(5)), groupTargets(groups.slice(5)));
      const each = groupCandidates(rows, groups, "manhattan").map((candidates) =>
        candidates.some(({ grade }) => grade > 0) ? overOrders(candidates, plain) : NaN,
      );
      const values = await metric.perQuery();
      expect(values.length).to.equal(rows.length);
      values.forEach((value, row) => {
        if (Number.isNaN(each[row])) expect(value).to.be.NaN;
        else expect(value).to.be.closeTo(each[row]!, 1e-9);
      });
      const perGroup = await metric.perGroup();
      const means: number[] = [];
      for (const group of new Set(groups)) {
        const own = each.filter((value, row) => groups[row] === group && !Number.isNaN(value));
        expect(perGroup.get(group)?.queries).to.equal(own.length === 0 ? undefined : own.length);
        if (own.length === 0) continue;
        means.push(own.reduce((sum, value) => sum + value, 0) / own.length);
        expect(perGroup.get(group)?.value).to.be.closeTo(means.at(-1)!, 1e-9);
      }
      const macro = make({ distance: "manhattan", meanOf: "groups" });
      const expected = means.reduce((sum, value) => sum + value, 0) / means.length;
      expect(await valueOf(macro, rows, groupTargets(groups))).to.be.closeTo(expected, 1e-9);
    });
  }

  it("are by label, empty without rows, and only of groups", async () => {
    const metric = new MatchCharacteristic({ ranks: 2 });
    expect([await metric.perQuery(), await metric.perGroup()]).to.deep.equal([new Float64Array(), new Map()]);
    metric.useGroups((group) => `number ${group}`);
    metric.update(
      matrix([
        [1, 0],
        [1, 0],
        [0, 1],
      ]),
      groupTargets([4, 4, 7]),
    );
    expect(await metric.perGroup()).to.deep.equal(new Map([["number 4", { value: 1, queries: 2 }]]));
    const pairs = new RPrecision({ meanOf: "groups" });
    expect((await failure(valueOf(pairs, [[1], [2]], pairTargets([1])))).message).to.contain("only rows of groups");
    expect((await failure(() => new RPrecision({ meanOf: "labels" as never }))).message).to.contain("meanOf");
    const byPair = new RPrecision({ distance: "euclidean" });
    byPair.update(matrix([[0], [5], [1], [9]]), pairTargets([1, 0]));
    expect([...(await byPair.perQuery())], "only the a of a match asks").to.deep.equal([1, NaN, NaN, NaN]);
  });

  it("are those of the queries of a sample alone", async () => {
    const metric = new RPrecision({ distance: "manhattan", sample: 3 });
    const value = await valueOf(metric, rows, groupTargets(groups));
    const asked = [...(await metric.perQuery())].filter((one) => !Number.isNaN(one));
    expect(asked.length).to.equal(3);
    expect(asked.reduce((sum, one) => sum + one, 0) / 3).to.be.closeTo(value, 1e-12);
  });
});
