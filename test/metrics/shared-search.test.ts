import { expect } from "chai";
import { Cosine, Manhattan, Random, type GroupSample, Trainer, TrainableModel, attach } from "likewise";
import { GroupLoader } from "likewise/data";
import { VectorEncoder } from "likewise/encoders";
import { DenseHead } from "likewise/heads";
import { TripletLoss } from "likewise/losses";
import { HitRate, MeanAveragePrecision, Precision, RPrecision, Recall, ReciprocalRank } from "likewise/metrics";
import type { RetrievalMetric } from "likewise/metrics";
import { Vocabulary } from "../../lib/model/vocabulary.js";
import { MetricsRunner } from "../../lib/train/metrics-runner.js";
import type * as tf from "../../lib/tensor/tf.js";
import { examples } from "./examples.js";
import { groupTargets, matrix } from "./batches.js";

/** Tells how many matrices it was asked for. */
class Counted extends Manhattan {
  asked = 0;
  override matrix(left: tf.Tensor2D, right: tf.Tensor2D): tf.Tensor2D {
    this.asked += 1;
    return super.matrix(left, right);
  }
}

const random = new Random("shared search");
const rows = matrix(Array.from({ length: 30 }, () => Array.from(random.normals(3), (x) => Math.round(x * 2) / 2)));
const targets = groupTargets(Array.from({ length: 30 }, (_, row) => row % 7));

function shown<M extends RetrievalMetric>(metric: M, distance: Cosine | Counted): M {
  metric.useDistance(distance);
  metric.update(rows, targets);
  return metric;
}

describe("metrics of the same rows", () => {
  it("have together the values that each has alone, ties and cutoffs included", async () => {
    const alone = await Promise.all(examples.map(([make]) => shown(make({}), new Cosine()).value()));
    const [first, ...others] = examples.map(([make]) => shown(make({}), new Cosine())) as [
      RetrievalMetric,
      ...RetrievalMetric[],
    ];
    for (const other of others) expect(first.sharesWith(other)).to.equal(true);
    const together = await first.valuesWith(others);
    expect(together).to.deep.equal(alone);
    const backwards = await (others.at(-1) as RetrievalMetric).valuesWith([...others.slice(0, -1).reverse(), first]);
    expect(backwards).to.have.members(alone);
  });

  it("search on their own when distance, direction, sample or rows differ", () => {
    const metric = shown(new RPrecision(), new Cosine());
    expect(metric.sharesWith(shown(new Precision({ k: 9 }), new Cosine()))).to.equal(true);
    for (const other of [
      shown(new Precision({ distance: "euclidean" }), new Cosine()),
      shown(new Precision({ direction: "both" }), new Cosine()),
      shown(new Precision({ sample: 5 }), new Cosine()),
      new Precision(),
    ])
      expect(metric.sharesWith(other)).to.equal(false);
    const drawn = shown(new Precision({ sample: 5, seed: 1 }), new Cosine());
    expect(drawn.sharesWith(shown(new Recall({ sample: 5, seed: 2 }), new Cosine()))).to.equal(false);
    expect(drawn.sharesWith(shown(new Recall({ sample: 5, seed: 1 }), new Cosine()))).to.equal(true);
  });

  it("need one search between them when a trainer computes them, of an epoch or of a batch", async () => {
    for (const scope of ["epoch", "batch"] as const) {
      const searches = async (metrics: readonly RetrievalMetric[]): Promise<number> => {
        const distance = new Counted();
        for (const metric of metrics) metric.useDistance(distance);
        const attached = metrics.map((metric) => attach<"group">(metric, { scope, stages: ["validation"] }));
        const runner = new MetricsRunner(
          { metrics: attached, loss: new TripletLoss(), vocabulary: new Vocabulary([], false) },
          "validation",
        );
        const written: string[] = [];
        const log = { write: (name: string) => void written.push(name) };
        await runner.update({ embeddings: rows, similarities: null }, targets, 30, log as never);
        await runner.finish(log as never);
        expect(written).to.deep.equal(metrics.map(({ name }) => `validation/${name}`));
        return distance.asked;
      };
      const one = await searches([new RPrecision()]);
      expect(one).to.be.greaterThan(0);
      const six = [new RPrecision(), new MeanAveragePrecision(), new ReciprocalRank()];
      expect(await searches([...six, new Precision({ k: 3 }), new Recall({ k: 2 }), new HitRate()])).to.equal(one);
      expect(await searches([new RPrecision(), new Precision({ sample: 4 })])).to.be.greaterThan(one);
    }
  });

  it("are logged as before by a run", async () => {
    class Model extends TrainableModel<"group", readonly number[]> {
      override configureEncoders = () => new VectorEncoder(3);
      override configureHead = (size: number) => new DenseHead(size, { outputSize: 2 });
      override configureLoss = () => new TripletLoss();
      override configureMetrics = () => [
        attach(new RPrecision()),
        attach(new Precision({ k: 2 }), { scope: "batch", stages: ["validation"] }),
        attach(new Recall({ k: 2 })),
      ];
    }
    const samples: GroupSample<readonly number[]>[] = Array.from({ length: 12 }, (_, row) => ({
      item: Array.from(rows.data.subarray(row * 3, row * 3 + 3)),
      group: row % 3,
    }));
    const loader = new GroupLoader(samples, { batchSize: 6, balance: false, shuffle: false });
    const seen = new Set<string>();
    const trainer = new Trainer({ maxEpochs: 1, progress: false });
    trainer.events$.subscribe((event) => {
      if (event.type === "validationEnd") Object.keys(event.values).forEach((name) => seen.add(name));
    });
    await trainer.fit(new Model(), { train: loader, validation: loader });
    expect([...seen]).to.include.members(["validation/r-precision", "validation/precision@2", "validation/recall@2"]);
  });
});
