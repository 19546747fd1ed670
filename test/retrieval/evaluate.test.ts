import { expect } from "chai";
import { ConfigError, DataError, Random, ShapeError, UsageError, type DistanceName, type HostMatrix } from "likewise";
import { ReciprocalRank, Precision } from "likewise/metrics";
import { evaluateRetrieval, type Relevant } from "likewise/retrieval";
import { plainDistance } from "../support/plain-distance.js";
import { plainMean, plainMeasure, type PlainCandidate } from "../support/plain-ranking.js";

type Rows = readonly (readonly number[])[];

function matrix(rows: Rows, size = rows[0]?.length ?? 0): HostMatrix {
  return { data: Float32Array.from(rows.flat()), rows: rows.length, size };
}

const gradesOf = (relevant: Relevant): ReadonlyMap<number, number> =>
  relevant instanceof Map
    ? (relevant as ReadonlyMap<number, number>)
    : new Map([...(relevant as readonly number[])].map((row) => [row, 1]));

function candidatesOf(
  queries: Rows,
  corpus: Rows,
  relevant: readonly Relevant[],
  distance: DistanceName,
): PlainCandidate[][] {
  return queries.map((query, at) => {
    const grades = gradesOf(relevant[at]!);
    return corpus.map((row, place) => ({
      distance: plainDistance[distance](query, row),
      grade: Math.max(0, grades.get(place) ?? 0),
    }));
  });
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail("expected an error"),
    (error: unknown) => error,
  );
}

describe("evaluateRetrieval", () => {
  for (const distance of Object.keys(plainDistance) as DistanceName[]) {
    if (distance === "signal-to-noise") continue; // its ties on whole numbers are not exact
    it(`equals plain loops by ${distance} distance, also graded and with ties`, async () => {
      const random = new Random(distance);
      const some = (count: number, range: number): number[][] =>
        Array.from({ length: count }, () => Array.from({ length: 3 }, () => random.integer(2 * range + 1) - range));
      for (const range of distance === "cosine" ? [50] : [1, 30]) {
        const queries = some(9, range);
        const corpus = some(8, range);
        corpus[3] = [...corpus[1]!];
        const relevant: Relevant[] = queries.map((_, at) => {
          const rows = [...corpus.keys()].filter(() => random.uniform() < 0.3);
          return at % 2 === 0 ? rows : new Map(rows.map((row) => [row, random.integer(5) - 1]));
        });
        relevant[4] = [];
        const report = await evaluateRetrieval({
          queries: matrix(queries),
          corpus: matrix(corpus),
          relevant,
          k: [1, 3, 20],
          distance,
        });
        const candidates = candidatesOf(queries, corpus, relevant, distance);
        const expectMean = (value: number, measure: Parameters<typeof plainMean>[1], name: string): void =>
          void expect(value, name).to.be.closeTo(plainMean(candidates, measure), 1e-9);
        for (const k of [1, 3, 20] as const) {
          expectMean(report[`precision@${k}`], plainMeasure.precision(k), `precision@${k}`);
          expectMean(report[`recall@${k}`], plainMeasure.recall(k), `recall@${k}`);
          expectMean(report[`hit-rate@${k}`], plainMeasure.hitRate(k), `hit-rate@${k}`);
          expectMean(report[`map@${k}`], plainMeasure.averagePrecision(k), `map@${k}`);
          expectMean(report[`ndcg@${k}`], plainMeasure.ndcg(k), `ndcg@${k}`);
        }
        expectMean(report.mrr, plainMeasure.reciprocalRank(), "mrr");
        expectMean(report["r-precision"], plainMeasure.rPrecision(), "r-precision");
        const counted = candidates.filter((list) => list.some(({ grade }) => grade > 0)).length;
        expect([report.queries, report.excluded, report.distance]).to.deep.equal([counted, 9 - counted, distance]);
      }
    });
  }

  it("looks at 1 and 10 by cosine distance unless told otherwise, and names what it gives", async () => {
    const report = await evaluateRetrieval({
      queries: [Float32Array.of(1, 0)],
      corpus: [Float32Array.of(0, 1), Float32Array.of(1, 0.1)],
      relevant: [[1]],
    });
    expect(report).to.deep.equal({
      ...{ "precision@1": 1, "recall@1": 1, "hit-rate@1": 1, "map@1": 1, "ndcg@1": 1 },
      ...{ "precision@10": 0.1, "recall@10": 1, "hit-rate@10": 1, "map@10": 1, "ndcg@10": 1 },
      ...{ mrr: 1, "r-precision": 1, queries: 1, excluded: 0, distance: "cosine" },
      ...{ perClass: {}, macro: null, intervals: {}, cmc: [], missRates: {} },
    });
    const value: number = report["recall@10"];
    expect(value).to.equal(1);
    // @ts-expect-error 5 was not asked for
    expect(report["recall@5"]).to.equal(undefined);
  });

  it("tells means of classes, their mean, and intervals when asked", async () => {
    const random = new Random("classes");
    const rows = (count: number): number[][] => Array.from({ length: count }, () => Array.from(random.normals(3)));
    const asked = rows(12);
    const [corpus, queries] = [matrix(rows(40)), matrix(asked)];
    const relevant = Array.from({ length: 12 }, (_, at) => (at === 5 ? [] : [at, at + 12]));
    const classes = relevant.map((_, at) => (at < 8 ? "known" : "unknown"));
    const report = await evaluateRetrieval({ queries, corpus, relevant, classes, k: [20], resamples: 200, seed: 4 });
    for (const [name, from, to] of [
      ["known", 0, 8],
      ["unknown", 8, 12],
    ] as const) {
      const part = await evaluateRetrieval({
        queries: matrix(asked.slice(from, to)),
        corpus,
        relevant: relevant.slice(from, to),
        k: [20],
      });
      const own = report.perClass[name]!;
      expect(own.queries).to.equal(part.queries);
      for (const measure of ["mrr", "r-precision", "recall@20", "ndcg@20"] as const) {
        expect(own[measure]).to.be.closeTo(part[measure], 1e-12);
      }
    }
    const [known, unknown] = [report.perClass["known"]!.mrr, report.perClass["unknown"]!.mrr];
    expect(report.macro!.mrr).to.be.closeTo((known + unknown) / 2, 1e-12);
    const { low, high, value } = report.intervals["recall@20"]!;
    expect(value).to.be.closeTo(report["recall@20"], 1e-12);
    expect(low).to.be.below(value);
    expect(high).to.be.above(value);
    const again = await evaluateRetrieval({ queries, corpus, relevant, k: [20], resamples: 200, seed: 4 });
    expect(again.intervals).to.deep.equal(report.intervals);
    const error = await evaluateRetrieval({ queries, corpus, relevant, classes: ["one"] }).catch((e: unknown) => e);
    expect(error).to.be.instanceOf(ShapeError);
  });

  it("agrees with the metrics over several blocks", async () => {
    const random = new Random("blocks");
    const pairs = 2600;
    const queries = matrix(Array.from({ length: pairs }, () => Array.from(random.normals(3))));
    const corpus = { ...queries, data: queries.data.map((value) => value + 0.1 * random.normal()) };
    const relevant = Array.from({ length: pairs }, (_, at) => [at]);
    const report = await evaluateRetrieval({ queries, corpus, relevant, k: [10] });
    for (const [metric, value] of [
      [new ReciprocalRank(), report.mrr],
      [new Precision({ k: 10 }), report["precision@10"]],
    ] as const) {
      const data = new Float32Array([...queries.data, ...corpus.data]);
      metric.update(
        { data, rows: 2 * pairs, size: 3 },
        { labels: new Float32Array(pairs).fill(1), subgroups: new Int32Array(2 * pairs) },
      );
      expect(await metric.value()).to.be.closeTo(value, 1e-9);
    }
    expect(report.mrr).to.be.within(0.1, 0.9);
  });

  it("finds the corpus rows of thousands of judgements in the order they are given, whatever that is", async () => {
    const random = new Random("many");
    const corpus = matrix(Array.from({ length: 3000 }, () => Array.from(random.normals(2))));
    const rows = Array.from({ length: 2000 }, (_, at) => at);
    const queries = matrix([
      [1, 2],
      [2, 1],
    ]);
    const forward = await evaluateRetrieval({ queries, corpus, relevant: [rows, []] });
    const backward = await evaluateRetrieval({ queries, corpus, relevant: [rows.toReversed(), new Map([[5, 0]])] });
    expect(backward).to.deep.equal(forward);
    expect(forward.queries).to.equal(1);
  });

  it("is NaN when nothing is relevant, and counts what is left out", async () => {
    const report = await evaluateRetrieval({
      queries: matrix([[1], [2]]),
      corpus: matrix([[1]]),
      relevant: [[], new Map([[0, -1]])],
    });
    expect(report.mrr).to.be.NaN;
    expect(report["ndcg@10"]).to.be.NaN;
    expect([report.queries, report.excluded]).to.deep.equal([0, 2]);
    const nothing = await evaluateRetrieval({ queries: [], corpus: [], relevant: [] });
    expect(nothing.mrr).to.be.NaN;
  });

  it("refuses what does not fit, naming it", async () => {
    const queries = matrix([[1, 2]]);
    const corpus = matrix([
      [1, 2],
      [3, 4],
    ]);
    expect(await rejection(evaluateRetrieval({ queries, corpus, relevant: [[2]] })))
      .to.be.instanceOf(UsageError)
      .with.property("message")
      .that.includes("query 0 should find row 2");
    expect(await rejection(evaluateRetrieval({ queries, corpus, relevant: [[-1]] }))).to.be.instanceOf(UsageError);
    expect(await rejection(evaluateRetrieval({ queries, corpus, relevant: [new Map([[0, NaN]])] }))).to.be.instanceOf(
      UsageError,
    );
    expect(await rejection(evaluateRetrieval({ queries, corpus, relevant: [] }))).to.be.instanceOf(ShapeError);
    expect(await rejection(evaluateRetrieval({ queries: matrix([[1]]), corpus, relevant: [[0]] }))).to.be.instanceOf(
      ShapeError,
    );
    expect(await rejection(evaluateRetrieval({ queries, corpus, relevant: [[0]], k: [0] }))).to.be.instanceOf(
      ConfigError,
    );
    expect(await rejection(evaluateRetrieval({ queries, corpus, relevant: [[0]], ks: [1] } as never))).to.be.instanceOf(
      ConfigError,
    );
    const wrong = matrix([
      [1, 2],
      [NaN, 4],
    ]);
    expect(await rejection(evaluateRetrieval({ queries, corpus: wrong, relevant: [[0]] })))
      .to.be.instanceOf(DataError)
      .with.property("message")
      .that.includes("corpus: row 1");
    expect(
      await rejection(evaluateRetrieval({ queries: matrix([[Infinity, 1]]), corpus, relevant: [[0]] })),
    ).to.be.instanceOf(DataError);
  });
});
