import { expect } from "chai";
import { Random, ShapeError, UsageError, type Group, type GroupRelation } from "likewise";
import { MissRate, RPrecision } from "likewise/metrics";
import { evaluateRetrieval, type Relevant, type RetrievalTask } from "likewise/retrieval";
import { matrix, groupTargets, pairTargets, valueOf } from "../metrics/batches.js";
import { failure } from "../support/failure.js";
import { plainDistance } from "../support/plain-distance.js";
import { plainMean, plainMeasure } from "../support/plain-ranking.js";

const random = new Random("judgements");
const points = (count: number): number[][] =>
  Array.from({ length: count }, () => [random.integer(7) - 3, random.integer(7) - 3, random.integer(7) - 3]);
const labelsOf = (count: number, of: number): Group[] =>
  Array.from({ length: count }, () => `class ${random.integer(of)}`);
const asked = points(11);
const searched = points(17);
const queries = { rows: matrix(asked), labels: labelsOf(11, 4) };
const corpus = { rows: matrix(searched), labels: labelsOf(17, 4) };
const sequences = {
  queries: asked.map((_, at) => (at % 4 === 0 ? null : `take ${at % 3}`)),
  corpus: searched.map((_, at) => (at % 5 === 0 ? null : `take ${at % 4}`)),
};
const base = { queries: queries.rows, corpus: corpus.rows, k: [1, 3], distance: "manhattan" } as const;
const labels = { queries: queries.labels, corpus: corpus.labels };
const measures = {
  "precision@3": plainMeasure.precision(3),
  "map@3": plainMeasure.averagePrecision(3),
  "ndcg@3": plainMeasure.ndcg(3),
  mrr: plainMeasure.reciprocalRank(),
  "r-precision": plainMeasure.rPrecision(),
};

/** Means over queries by plain loops, rows that a query ignores left out. */
function plainly(relation: GroupRelation, ignores: (query: number, row: number) => boolean): Record<string, number> {
  const candidates = asked.map((query, at) =>
    searched.flatMap((row, place) =>
      ignores(at, place)
        ? []
        : [
            {
              distance: plainDistance.manhattan(query, row),
              grade: Number(relation(labels.queries[at]!, labels.corpus[place]!)),
            },
          ],
    ),
  );
  return Object.fromEntries(Object.entries(measures).map(([name, measure]) => [name, plainMean(candidates, measure)]));
}

async function expectMeans(task: Partial<RetrievalTask<1 | 3>>, expected: Record<string, number>): Promise<void> {
  const report = await evaluateRetrieval({ ...base, relevant: labels, ...task });
  for (const [name, value] of Object.entries(expected)) {
    expect(report[name as "mrr"], name).to.be.closeTo(value, 1e-9);
  }
}

const same: GroupRelation = (one, other) => one === other;
const nothing = (): boolean => false;

describe("labels of queries and corpus", () => {
  it("say who should find whom, as lists of rows do", async () => {
    await expectMeans({}, plainly(same, nothing));
    const lists = labels.queries.map((label) =>
      searched.flatMap((_, row) => (labels.corpus[row] === label ? [row] : [])),
    );
    const report = await evaluateRetrieval({ ...base, relevant: lists });
    const byLabels = await evaluateRetrieval({ ...base, relevant: labels });
    for (const name of Object.keys(measures))
      expect(report[name as "mrr"]).to.be.closeTo(byLabels[name as "mrr"], 1e-12);
    expect(byLabels.queries).to.equal(report.queries);
  });

  it("are compared by a function of one's own, once for each two labels", async () => {
    let times = 0;
    const relation: GroupRelation = (query, candidate) => (
      times++,
      query === candidate || (query === "class 0" && candidate === "class 2")
    );
    await expectMeans({ relevant: { ...labels, relevant: relation } }, plainly(relation, nothing));
    times = 0;
    await evaluateRetrieval({ ...base, relevant: { ...labels, relevant: relation } });
    expect(times).to.equal(new Set(labels.queries).size * new Set(labels.corpus).size);
    const wrong = await failure(evaluateRetrieval({ ...base, relevant: { ...labels, relevant: (() => 1) as never } }));
    expect(wrong).to.be.instanceOf(UsageError);
    expect(wrong.message).to.contain("must return true or false, got 1");
  });

  it("with each query's own row left out are what a metric of groups sees", async () => {
    const groups = asked.map((_, at) => at % 4);
    const report = await evaluateRetrieval({
      ...{ queries: queries.rows, corpus: queries.rows, distance: "manhattan" },
      relevant: { queries: groups, corpus: groups },
      ownRows: "same",
    });
    const metric = new RPrecision({ distance: "manhattan" });
    expect(report["r-precision"]).to.be.closeTo(await valueOf(metric, asked, groupTargets(groups)), 1e-12);
    const listed = await evaluateRetrieval({
      ...{ queries: queries.rows, corpus: queries.rows, distance: "manhattan" },
      relevant: groups.map((group) => groups.flatMap((other, row) => (other === group ? [row] : []))),
      ownRows: groups.map((_, row) => row),
    });
    expect(listed["r-precision"]).to.be.closeTo(report["r-precision"], 1e-12);
  });
});

describe("sequences", () => {
  const ignores = (query: number, row: number): boolean =>
    sequences.queries[query] !== null && sequences.queries[query] === sequences.corpus[row];

  it("take a query's own sequence out of what it searches and should find, as plain loops do", async () => {
    await expectMeans({ sequences }, plainly(same, ignores));
    const ownRows = asked.map((_, at) => (at % 2 === 0 ? at : null));
    await expectMeans(
      { sequences, ownRows },
      plainly(same, (query, row) => ignores(query, row) || ownRows[query] === row),
    );
    const graded: Relevant[] = labels.queries.map(
      (label) => new Map(searched.flatMap((_, row) => (labels.corpus[row] === label ? [[row, 1] as const] : []))),
    );
    await expectMeans({ relevant: graded, sequences }, plainly(same, ignores));
    const without = await evaluateRetrieval({ ...base, relevant: labels });
    const report = await evaluateRetrieval({ ...base, relevant: labels, sequences });
    expect(report["r-precision"]).to.not.equal(without["r-precision"]);
  });

  it("leave out queries all of whose matches are of their sequence", async () => {
    const [queries, corpus] = [
      matrix([[1, 0]]),
      matrix([
        [1, 0],
        [0, 1],
      ]),
    ];
    const task = { queries, corpus, relevant: { queries: ["a"], corpus: ["a", "b"] } };
    const report = await evaluateRetrieval({ ...task, sequences: { queries: [7], corpus: [7, null] } });
    expect([report.queries, report.excluded]).to.deep.equal([0, 1]);
    expect(report.mrr).to.be.NaN;
  });

  it("and labels are refused when they do not fit, by name", async () => {
    const wrong = async (task: object, message: string): Promise<void> => {
      const error = await failure(evaluateRetrieval({ ...base, relevant: labels, ...task }));
      expect(error.message).to.contain(message);
    };
    await wrong({ sequences: { ...sequences, corpus: [] } }, "one sequence or null for each of 17 rows of the corpus");
    await wrong({ sequences: { ...sequences, queries: [] } }, "one sequence or null for each of 11 queries");
    await wrong({ relevant: { ...labels, queries: [] } }, "one label for each of 11 queries");
    await wrong({ relevant: { ...labels, corpus: [] } }, "one label for each of 17 rows");
    await wrong({ relevant: { ...labels, same: 1 } }, "same: unknown option");
    await wrong({ relevant: { ...labels, relevant: true } }, "expected a function");
    await wrong({ ownRows: "same" }, 'ownRows "same"');
    await wrong({ ownRows: [1] }, "one row or null for each of 11 queries");
    await wrong({ ownRows: asked.map(() => 17) }, "ownRows has 17");
    expect(await failure(evaluateRetrieval({ ...base, relevant: labels, ownRows: "same" }))).to.be.instanceOf(
      ShapeError,
    );
  });
});

describe("miss rates of an evaluation", () => {
  /** Of the pairs that count, by sorting all of them. */
  const plainMissRate = (pairs: readonly { distance: number; matches: boolean }[], rate: number): number => {
    const others = pairs.filter(({ matches }) => !matches);
    const matching = pairs.filter(({ matches }) => matches);
    const allowed = [...new Set(pairs.map(({ distance }) => distance))].filter(
      (limit) => others.filter(({ distance }) => distance <= limit).length / others.length <= rate,
    );
    const limit = Math.max(-Infinity, ...allowed);
    return matching.filter(({ distance }) => distance > limit).length / matching.length;
  };
  const rates = [0, 0.05, 0.1, 0.3, 0.9];

  for (const distance of ["cosine", "euclidean", "squared-euclidean", "manhattan", "dot-product"] as const) {
    it(`are those of plain loops by ${distance} distance, in all and of each class`, async () => {
      const classes = asked.map((_, at) => (at < 4 ? "few" : "many"));
      // Roots and divisions make equal distances differ in the last bit: no equal ones by such distances.
      const exact = distance === "manhattan" || distance === "dot-product";
      const draw = new Random("continuous");
      const [left, right] = exact
        ? [asked, searched]
        : ([asked, searched].map((rows) => rows.map(() => Array.from(draw.normals(3)))) as [number[][], number[][]]);
      const measured = plainDistance[distance];
      const compared = { queries: matrix(left), corpus: matrix(right), distance };
      const report = await evaluateRetrieval({
        ...compared,
        relevant: labels,
        sequences,
        classes,
        falseMatchRates: rates,
      });
      const pairsOf = (name: string | null) =>
        left.flatMap((query, at) =>
          right.flatMap((row, place) => {
            const sequence = sequences.queries[at];
            if ((name !== null && classes[at] !== name) || (sequence !== null && sequence === sequences.corpus[place]))
              return [];
            return [{ distance: measured(query, row), matches: labels.queries[at] === labels.corpus[place] }];
          }),
        );
      for (const rate of rates) {
        expect(report.missRates[String(rate)], String(rate)).to.be.closeTo(plainMissRate(pairsOf(null), rate), 1e-9);
        for (const name of ["few", "many"]) {
          expect(report.perClass[name]!.missRates[String(rate)]).to.be.closeTo(
            plainMissRate(pairsOf(name), rate),
            1e-9,
          );
        }
      }
    });
  }

  it("are those of the metric of pairs, over several blocks", async () => {
    const [count, size] = [70, 4];
    const draw = new Random("blocks");
    const [left, right] = [draw.normals(count * size), draw.normals(3000 * size)];
    const relevant = Array.from({ length: count }, (_, at) => [at, at + 100, 2900 + at]);
    const [queries, corpus] = [
      { data: left, rows: count, size },
      { data: right, rows: 3000, size },
    ];
    const report = await evaluateRetrieval({
      queries,
      corpus,
      relevant,
      falseMatchRates: [0.01, 0.2],
      distance: "euclidean",
    });
    for (const rate of [0.01, 0.2]) {
      const metric = new MissRate({ falseMatchRate: rate, distance: "euclidean" });
      for (let query = 0; query < count; query += 1) {
        const own = left.subarray(query * size, (query + 1) * size);
        const data = new Float32Array(2 * right.length);
        for (let row = 0; row < 3000; row += 1) data.set(own, row * size);
        data.set(right, right.length);
        const matches = Array.from({ length: 3000 }, (_, row) => Number(relevant[query]!.includes(row)));
        metric.update({ data, rows: 6000, size }, pairTargets(matches));
      }
      expect(report.missRates[String(rate)]).to.be.closeTo(await metric.value(), 1e-9);
    }
  });

  it("are 0 for a perfect embedding and NaN without pairs of both sorts", async () => {
    const [one, other] = [
      matrix([
        [1, 0],
        [0, 1],
      ]),
      matrix([
        [1, 0],
        [0, 1],
      ]),
    ];
    const perfect = await evaluateRetrieval({
      queries: one,
      corpus: other,
      relevant: [[0], [1]],
      falseMatchRates: [0],
    });
    expect(perfect.missRates).to.deep.equal({ "0": 0 });
    for (const relevant of [
      [[], []],
      [
        [0, 1],
        [0, 1],
      ],
    ]) {
      const report = await evaluateRetrieval({ queries: one, corpus: other, relevant, falseMatchRates: [0.1] });
      expect(report.missRates["0.1"]).to.be.NaN;
    }
    const error = await failure(
      evaluateRetrieval({ queries: one, corpus: other, relevant: [[], []], falseMatchRates: [1] }),
    );
    expect(error.message).to.contain("falseMatchRates: expected a number from 0 to less than 1");
  });

  it("come with a curve of each class", async () => {
    const classes = asked.map((_, at) => (at < 4 ? "few" : "many"));
    const report = await evaluateRetrieval({ ...base, relevant: labels, classes, ranks: 5 });
    for (const name of ["few", "many"]) {
      const own = classes.flatMap((one, at) => (one === name ? [at] : []));
      const part = await evaluateRetrieval({
        ...{ ...base, queries: matrix(own.map((at) => asked[at]!)), ranks: 5 },
        relevant: { ...labels, queries: own.map((at) => labels.queries[at]!) },
      });
      expect(report.perClass[name]!.cmc).to.deep.equal(part.cmc);
    }
  });
});
