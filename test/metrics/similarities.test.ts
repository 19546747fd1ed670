import { expect } from "chai";
import {
  Cosine,
  Euclidean,
  Manhattan,
  Random,
  Trainer,
  TrainableModel,
  attach,
  type Distance,
  type Metric,
} from "likewise";
import { GroupLoader, PairLoader } from "likewise/data";
import { VectorEncoder } from "likewise/encoders";
import { DenseHead } from "likewise/heads";
import { MultipleNegativesRankingLoss, TripletLoss } from "likewise/losses";
import {
  HitRate,
  MeanAveragePrecision,
  NormalizedDiscountedGain,
  Precision,
  RPrecision,
  Recall,
  ReciprocalRank,
  type RetrievalMetric,
  type RetrievalMetricOptions,
} from "likewise/metrics";
import type { HostTargets } from "../../lib/contracts/batch.js";
import { similaritiesOf } from "../../lib/model/similarities.js";
import type { HostMatrix } from "../../lib/tensor/host.js";
import { sgd } from "likewise/optim";
import * as tf from "likewise/tf";
import { expectClose } from "../support/close.js";
import { watch } from "../support/watch.js";
import { groupTargets, matrix } from "./batches.js";

const metrics: readonly ((options?: RetrievalMetricOptions) => RetrievalMetric)[] = [
  (options) => new Precision({ k: 1, ...options }),
  (options) => new Precision({ k: 3, ...options }),
  (options) => new RPrecision(options),
  (options) => new RPrecision({ average: "micro", ...options }),
  (options) => new Recall({ k: 2, ...options }),
  (options) => new HitRate({ k: 2, ...options }),
  (options) => new ReciprocalRank(options),
  (options) => new MeanAveragePrecision(options),
  (options) => new NormalizedDiscountedGain({ k: 4, ...options }),
];

const random = new Random("similarities");
/** Whole numbers, so that there are equal distances. */
const rowsOf = (count: number): HostMatrix =>
  matrix(Array.from({ length: count }, () => Array.from(random.normals(3), Math.round)));

function similarities(kind: "group" | "pair", distance: Distance, { data, rows, size }: HostMatrix): HostMatrix {
  const embeddings = tf.tensor2d(data, [rows, size]);
  const found = tf.tidy(() => similaritiesOf(kind, distance, embeddings) as tf.Tensor2D);
  const known = { data: found.dataSync() as Float32Array, rows: found.shape[0], size: found.shape[1] };
  tf.dispose([embeddings, found]);
  return known;
}

describe("Metrics told the similarities of a batch", () => {
  const groups = groupTargets(Array.from({ length: 25 }, (_, row) => (row * row) % 9));
  const pairs = (subgroups: (row: number) => number): HostTargets<"pair"> => ({
    labels: Float32Array.from({ length: 12 }, (_, at) => (at % 5 === 4 ? 0 : 1)),
    subgroups: Int32Array.from({ length: 24 }, (_, row) => subgroups(row)),
  });
  const cases = [
    { name: "groups", kind: "group", rows: 25, targets: groups, options: {} },
    { name: "pairs", kind: "pair", rows: 24, targets: pairs(() => 0), options: {} },
    { name: "pairs the other way", kind: "pair", rows: 24, targets: pairs(() => 0), options: { direction: "b-to-a" } },
    { name: "pairs with subgroups", kind: "pair", rows: 24, targets: pairs((row) => row % 3), options: {} },
  ] as const;

  for (const { name, kind, rows, targets, options } of cases) {
    for (const distance of [new Euclidean(), new Manhattan(), new Cosine()]) {
      it(`give the values they give for embeddings: ${name}, ${distance.name}`, async () => {
        // Only sums of whole numbers are whole: elsewhere equal distances may differ in their last digit.
        const whole = distance.name === "manhattan";
        const embeddings = whole ? rowsOf(rows) : { data: random.normals(rows * 3), rows, size: 3 };
        const known = similarities(kind, distance, embeddings);
        for (const make of metrics) {
          const [plain, told] = [make(options), make(options)];
          for (const metric of [plain, told]) metric.useDistance(distance);
          expect(told.readsSimilarities(kind, distance)).to.equal(true);
          plain.update(embeddings, targets);
          told.updateBySimilarities(known, targets);
          expectClose([await told.value()], [await plain.value()], { absolute: 1e-9 });
          told.reset();
          expect(await told.value()).to.be.NaN;
        }
      });
    }
  }

  it("share one ranking", async () => {
    const known = similarities("group", new Cosine(), rowsOf(25));
    const told = [new Precision(), new RPrecision()].map((metric) => {
      metric.updateBySimilarities(known, groups);
      return metric;
    });
    const [first, second] = told as [Precision, RPrecision];
    expect(first.sharesWith(second)).to.equal(true);
    expect(await first.valuesWith([second])).to.deep.equal([await first.value(), await second.value()]);
    const other = new RPrecision();
    other.update(rowsOf(25), groups);
    expect(first.sharesWith(other)).to.equal(false);
  });

  it("say which similarities they cannot use", () => {
    const [cosine, euclidean] = [new Cosine(), new Euclidean()];
    expect(new Precision().readsSimilarities("group", cosine)).to.equal(true);
    expect(new Precision().readsSimilarities("group", euclidean)).to.equal(false);
    expect(new Precision({ distance: "euclidean" }).readsSimilarities("group", euclidean)).to.equal(true);
    expect(new Precision({ direction: "both" }).readsSimilarities("pair", cosine)).to.equal(false);
    expect(new Precision().readsSimilarities("tuple", cosine)).to.equal(false);
    expect(new Precision().readsSimilarities("label", cosine)).to.equal(false);
    expect(new Precision({ sample: 3 }).readsSimilarities("group", cosine)).to.equal(false);
  });

  it("refuse similarities of other rows, and batches beside them", () => {
    const known = similarities("group", new Cosine(), rowsOf(25));
    const metric = new Precision();
    expect(() => metric.updateBySimilarities(known, groupTargets([1, 2]))).to.throw(/similarities \[2, 2\]/u);
    metric.updateBySimilarities(known, groups);
    expect(() => metric.updateBySimilarities(known, groups)).to.throw(/call reset first/u);
    expect(() => metric.update(rowsOf(25), groups)).to.throw(/call reset first/u);
  });
});

describe("Metrics of training batches", () => {
  const samples = Array.from({ length: 64 }, (_, at) => ({ item: random.normals(4), group: at % 6 }));
  const pairs = Array.from({ length: 48 }, () => {
    const a = random.normals(4);
    return { a, b: a.map((value) => value + random.normal()) };
  });
  abstract class Model<K extends "group" | "pair"> extends TrainableModel<K, Float32Array> {
    override configureEncoders = () => new VectorEncoder(4);
    override configureHead = (size: number) => new DenseHead(size, { outputSize: 4 });
    override configureOptimizer = () => sgd({ learningRate: 1e-9 });
    override configureMetrics = () =>
      [new Precision(), new RPrecision(), new ReciprocalRank()].map((metric) =>
        attach(metric as Metric<K>, { scope: "batch" }),
      );
  }
  class Groups extends Model<"group"> {
    override configureLoss = () => new TripletLoss();
  }
  class Pairs extends Model<"pair"> {
    override configureLoss = () => new MultipleNegativesRankingLoss();
  }
  /** Reads embeddings too, so that they are reported beside the similarities. */
  class Watching extends Groups {
    seen = 0;
    override processResults(): void {
      this.seen += 1;
    }
  }

  for (const engine of ["compiled", "eager"] as const) {
    it(`are those of the same batches without training, ${engine}`, async () => {
      const values = async (fit: (trainer: Trainer) => Promise<unknown>): Promise<Record<string, number>> => {
        const trainer = new Trainer({ engine, progress: false, maxEpochs: 1, sanityValidationBatches: 0 });
        const seen = watch(trainer);
        await fit(trainer);
        return Object.assign(
          {},
          ...seen.of("epochEnd").map((event) => event.values),
          ...seen.of("validationEnd").map((event) => event.values),
        ) as Record<string, number>;
      };
      const groupsOf = () => new GroupLoader(samples, { batchSize: 16, balance: false, shuffle: false });
      const pairsOf = () => new PairLoader(pairs, { batchSize: 12, duplicates: true, shuffle: false });
      const watching = new Watching();
      const runs = [
        await values((trainer) => trainer.fit(new Groups(), { train: groupsOf(), validation: groupsOf() })),
        await values((trainer) => trainer.fit(new Pairs(), { train: pairsOf(), validation: pairsOf() })),
        await values((trainer) => trainer.fit(watching, { train: groupsOf(), validation: groupsOf() })),
      ];
      expect(watching.seen).to.equal(8);
      for (const found of runs) {
        for (const name of ["precision@1", "r-precision", "reciprocal-rank"]) {
          expect(found[`train/${name}`]).to.be.within(0, 1);
          expectClose([found[`train/${name}`] as number], [found[`validation/${name}`] as number], { absolute: 1e-6 });
        }
      }
    });
  }
});
