import { expect } from "chai";
import { distanceNamed, type DistanceName } from "likewise";
import { MeanAveragePrecision, Precision, RPrecision, ReciprocalRank } from "likewise/metrics";
import { evaluateRetrieval } from "likewise/retrieval";
import { RankCounts } from "../../lib/tensor/nearest-counts.js";
import { hits, reciprocalRank, type RankProfile } from "../../lib/tensor/nearest-profile.js";
import { rankRelevant } from "../../lib/tensor/nearest-ranks.js";
import { allRows, toRuns } from "../../lib/tensor/nearest-rows.js";
import { readGolden, sharedPath, type GoldenCase } from "../support/shared.js";
import { groupTargets, matrix, pairTargets, valueOf, type Rows } from "./batches.js";

type Numbers = readonly number[];

/** Recorded values were computed in float32 and sort ties in an order of their own. */
const TIE = 1e-5;
const TOLERANCE = 1e-6;

function cases(context: Mocha.Context, name: string): readonly GoldenCase[] {
  sharedPath(context, `golden/${name}.json`);
  return readGolden(name) ?? [];
}

function distanceOf({ config }: GoldenCase): DistanceName {
  const name = String(config["distance_metric_name"] ?? config["distance"]);
  return ({ dot_product: "dot-product", l2: "euclidean" }[name] ?? name) as DistanceName;
}

/** Ranks one row of a recorded distance matrix. */
function profileOf(distances: Numbers, labels: Numbers): RankProfile {
  const counts = new RankCounts(1, labels.length, false);
  const scores = distances.map((distance) => -distance);
  counts.add(Float64Array.from(scores.filter((_, at) => labels[at]! > 0)), null, {
    cutoff: labels.length,
    first: true,
  });
  scores.forEach((score, at) => {
    if (!(labels[at]! > 0) && score >= counts.floors[0]!) counts.count(0, score);
  });
  return counts.profile(0, 0);
}

/** Whether a relevant and an irrelevant candidate are too close to each other to say which is nearer. */
function hasTies(distances: Numbers, labels: Numbers, self = -1): boolean {
  return distances.some(
    (distance, at) =>
      labels[at]! > 0 &&
      distances.some((other, place) => !(labels[place]! > 0) && place !== self && Math.abs(other - distance) < TIE),
  );
}

const isRelevant = (labels: Numbers): boolean => labels.some((label) => label > 0);
const mean = (values: Numbers): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe("recorded numbers of Quaterion", () => {
  it("have the ranks that are counted here for their distance matrices", function () {
    for (const { inputs, expected } of cases(this, "quaterion/metric_raw")) {
      const distances = inputs["distance_matrix"] as Numbers[];
      const labels = inputs["labels"] as Numbers[];
      const profiles = distances.map((row, at) => profileOf(row, labels[at]!));
      for (const k of [1, 2, 3, 5]) {
        const found = profiles.map((profile) => hits(profile, k) / k);
        expect(found).to.deep.equal(
          (expected[`retrieval_precision_at_${k}`] as Numbers).map((value) => nearest(value, k)),
        );
      }
      // There, a mean over places: a query weighs as much as it has relevant rows.
      const relevant = profiles.reduce((sum, profile) => sum + profile.relevant, 0);
      const micro = profiles.reduce((sum, profile) => sum + hits(profile, profile.relevant), 0) / relevant;
      expect(micro).to.be.closeTo(expected["retrieval_r_precision"] as number, TOLERANCE);
    }
  });

  it("of reciprocal rank are of every relevant candidate; here it is the first one's", function () {
    for (const { inputs, expected } of cases(this, "quaterion/metric_raw")) {
      const labels = inputs["labels"] as Numbers[];
      const all = [...(expected["retrieval_reciprocal_rank"] as Numbers)];
      (inputs["distance_matrix"] as Numbers[]).forEach((distances, at) => {
        const theirs = all.splice(0, labels[at]!.filter((label) => label > 0).length);
        const ours = reciprocalRank(profileOf(distances, labels[at]!));
        if (theirs.length === 0) expect(ours).to.equal(0);
        else expect(ours).to.be.closeTo(Math.max(...theirs), TOLERANCE);
      });
    }
  });

  it("of precision of pairs are reached with every item among all others", async function () {
    let compared = 0;
    for (const golden of cases(this, "quaterion/metric_RetrievalPrecision")) {
      const { rows, labels } = pairsOf(golden);
      // There, fewer candidates than k are an error.
      if (rows === null || typeof golden.expected["value"] !== "number") continue;
      const matrixOf = golden.expected["distance_matrix"] as Numbers[];
      const relevance = golden.expected["labels"] as Numbers[];
      if (matrixOf.some((row, at) => hasTies(row, relevance[at]!, at))) continue;
      const k = golden.config["k"] as number;
      const metric = new Precision({ k, direction: "both", distance: distanceOf(golden) });
      // There, queries without a partner count as 0, and scores between 0 and 1 as parts of a hit.
      const theirs = (golden.expected["per_query"] as Numbers)
        .filter((_, at) => isRelevant(relevance[at]!))
        .map((value) => (value > 0 ? 1 / k : 0));
      const value = await valueOf(metric, rows, pairTargets(labels));
      if (theirs.length === 0) expect(value, golden.tag).to.be.NaN;
      else expect(value, golden.tag).to.be.closeTo(mean(theirs), TOLERANCE);
      compared += 1;
    }
    expect(compared).to.be.greaterThan(80);
  });

  it("of reciprocal rank of pairs are reached, since a pair has one relevant item", async function () {
    let compared = 0;
    for (const golden of cases(this, "quaterion/metric_RetrievalReciprocalRank")) {
      const { rows, labels } = pairsOf(golden);
      if (rows === null || ["duplicates", "zero_vectors"].includes(golden.tag)) continue;
      const metric = new ReciprocalRank({ direction: "both", distance: distanceOf(golden) });
      const value = await valueOf(metric, rows, pairTargets(labels));
      const theirs = golden.expected["value"] as number;
      if (Number.isNaN(theirs)) expect(value, golden.tag).to.be.NaN;
      else expect(value, golden.tag).to.be.closeTo(theirs, TOLERANCE);
      compared += 1;
    }
    expect(compared).to.be.greaterThan(15);
  });

  it("of R-precision are the mean over places; here that is an option, and every query weighs the same", async function () {
    let compared = 0;
    for (const golden of cases(this, "quaterion/metric_RetrievalRPrecision")) {
      const rows = golden.inputs["embeddings"] as Rows;
      const targets = groupTargets(golden.inputs["groups"] as Numbers);
      const distance = distanceOf(golden);
      const distances = golden.expected["distance_matrix"] as Numbers[];
      const labels = golden.expected["labels"] as Numbers[];
      if (distances.some((row, at) => hasTies(row, labels[at]!, at))) continue;
      const micro = await valueOf(new RPrecision({ distance, average: "micro" }), rows, targets);
      const theirs = golden.expected["value"] as number;
      if (Number.isNaN(theirs)) expect(micro).to.be.NaN;
      else expect(micro, golden.tag).to.be.closeTo(theirs, TOLERANCE);
      const perQuery = distances
        .map((row, at) =>
          profileOf(
            row.map((value, place) => (place === at ? 1e9 : value)),
            labels[at]!,
          ),
        )
        .filter(({ relevant }) => relevant > 0)
        .map((profile) => hits(profile, profile.relevant) / profile.relevant);
      const macro = await valueOf(new RPrecision({ distance }), rows, targets);
      if (perQuery.length > 0) expect(macro, golden.tag).to.be.closeTo(mean(perQuery), TOLERANCE);
      compared += 1;
    }
    expect(compared).to.be.greaterThan(15);
  });

  it("of sampled groups retrieve the query itself; here they are those of the whole set", async function () {
    for (const golden of cases(this, "quaterion/evaluator").filter(
      ({ config }) => config["sampler"] === "GroupSampler",
    )) {
      const rows = golden.inputs["embeddings"] as Rows;
      const targets = groupTargets(golden.inputs["groups"] as Numbers);
      const value = await valueOf(new RPrecision({ average: "micro" }), rows, targets);
      expect(value).to.be.closeTo(golden.expected["compute_on_all"] as number, TOLERANCE);
    }
  });

  it("of the evaluator are reached for whole sets of pairs", async function () {
    for (const golden of cases(this, "quaterion/evaluator")) {
      const { sampler, sample_size, distinguish, metric: name } = golden.config;
      if (sampler !== "PairSampler" || sample_size !== -1) continue;
      const rows = [...(golden.inputs["obj_a"] as Rows), ...(golden.inputs["obj_b"] as Rows)];
      // There, more rows than are encoded at once lose their order when the halves are told apart.
      if (distinguish === true && rows.length > Number(golden.config["encode_batch_size"])) continue;
      const options = { direction: distinguish === true ? "a-to-b" : "both" } as const;
      const metric = name === "RetrievalReciprocalRank" ? new ReciprocalRank(options) : new Precision(options);
      const value = await valueOf(metric, rows, pairTargets(rows.slice(rows.length / 2).map(() => 1)));
      expect(value, String(name)).to.be.closeTo(golden.expected["value"] as number, TOLERANCE);
    }
  });
});

describe("recorded numbers of pytorch-metric-learning", () => {
  it("are reached by the metrics of groups and by the evaluation of queries against a corpus", async function () {
    let compared = 0;
    for (const golden of cases(this, "pml/accuracy_calculator")) {
      const { k, avg_of_avgs, return_per_class } = golden.config;
      // Without k, or with as many neighbours as there are, they look at whole rankings.
      if (avg_of_avgs === true || return_per_class === true || (k !== undefined && k !== null)) continue;
      const queries = golden.inputs["query"] as Rows;
      const labels = golden.inputs["query_labels"] as Numbers;
      const { expected } = golden;
      const distance = distanceOf(golden);
      if (golden.inputs["reference"] === undefined) {
        const targets = groupTargets(labels);
        for (const [name, metric] of [
          ["precision_at_1", new Precision({ distance })],
          ["r_precision", new RPrecision({ distance })],
          ["mean_reciprocal_rank", new ReciprocalRank({ distance })],
          ["mean_average_precision_at_r", new MeanAveragePrecision({ distance })],
          ["mean_average_precision", new MeanAveragePrecision({ distance, k: queries.length })],
        ] as const) {
          const value = await valueOf(metric, queries, targets);
          expect(value, `${golden.tag} ${name}`).to.be.closeTo(expected[name] as number, TOLERANCE);
        }
      } else {
        const corpus = golden.inputs["reference"] as Rows;
        const references = golden.inputs["reference_labels"] as Numbers;
        const relevant = labels.map((label) => [...references.keys()].filter((at) => references[at] === label));
        const report = await evaluateRetrieval({
          queries: matrix(queries),
          corpus: matrix(corpus),
          relevant,
          k: [1, 65],
          distance,
        });
        expect(report["precision@1"]).to.be.closeTo(expected["precision_at_1"] as number, TOLERANCE);
        expect(report["r-precision"]).to.be.closeTo(expected["r_precision"] as number, TOLERANCE);
        expect(report.mrr).to.be.closeTo(expected["mean_reciprocal_rank"] as number, TOLERANCE);
        expect(report["map@65"]).to.be.closeTo(expected["mean_average_precision"] as number, TOLERANCE);
        expect(report.excluded).to.equal(relevant.filter((rows) => rows.length === 0).length);
      }
      compared += 1;
    }
    expect(compared).to.be.greaterThan(4);
  });
});

describe("defects of other libraries that are not repeated here", () => {
  for (const size of [2, 3, 5, 10]) {
    it(`a row does not find itself, in groups of ${size} in any order: a perfect model has R-precision 1`, async () => {
      const groups = Array.from({ length: 12 * size }, (_, at) => (at * 7) % 12);
      const rows = groups.map((group) => [Math.cos(group / 2), Math.sin(group / 2)]);
      expect(await valueOf(new RPrecision(), rows, groupTargets(groups))).to.equal(1);
      expect(await valueOf(new RPrecision({ average: "micro" }), rows, groupTargets(groups))).to.equal(1);
    });
  }

  it("the rank of the first relevant row counts, not that of every one", async () => {
    // From 0: the group's rows are at rank 1 and 4. Of every one, that would be (1 + 1/4) / 2.
    const [queries, corpus] = [matrix([[0]]), matrix([[1], [2], [3], [4]])];
    const ranks: number[] = [];
    await rankRelevant(
      distanceNamed("euclidean"),
      {
        queries: allRows(queries),
        candidates: allRows(corpus),
        relevant: () => toRuns([0, 3]),
        skipped: () => toRuns([0, 3]),
        depth: () => ({ cutoff: 1, first: true }),
      },
      (profile) => ranks.push(reciprocalRank(profile)),
    );
    expect(ranks).to.deep.equal([1]);
  });

  it("groups of one do not count, and large groups do not weigh more unless asked for", async () => {
    // Group 0 (2 rows) is found, group 1 (4 rows: two at each end) is found by a third; group 2 is alone.
    const rows = [[0], [1], [100], [101], [-100], [-101], [50]];
    const targets = groupTargets([0, 0, 1, 1, 1, 1, 2]);
    const distance = "manhattan";
    const macro = await valueOf(new RPrecision({ distance }), rows, targets);
    const micro = await valueOf(new RPrecision({ distance, average: "micro" }), rows, targets);
    expect(macro).to.be.closeTo((1 + 1 + 4 / 3) / 6, 1e-12);
    expect(micro).to.be.closeTo((1 + 1 + 4 * 1) / (1 + 1 + 4 * 3), 1e-12);
  });
});

/** Rows and scores when the first half of the rows are the `a`s in order; an object in several pairs cannot be said here. */
function pairsOf({ inputs }: GoldenCase): { readonly rows: Rows | null; readonly labels: Numbers } {
  const rows = inputs["embeddings"] as Rows;
  const pairs = inputs["pairs"] as (readonly [number, number])[];
  const labels = inputs["labels"] as Numbers;
  const order = [...pairs.map(([a]) => a), ...pairs.map(([, b]) => b)];
  const once = new Set(order).size === rows.length && order.length === rows.length;
  return { rows: once ? order.map((row) => rows[row]!) : null, labels };
}

/** The multiple of 1/k next to a float32 number. */
function nearest(value: number, k: number): number {
  return Math.round(value * k) / k;
}
