import { expect } from "chai";
import {
  ArcFaceLoss,
  CosineSimilarityLoss,
  GradientCache,
  LossByDataset,
  MatryoshkaLoss,
  MultipleLosses,
  MultipleNegativesRankingLoss,
  NTXentLoss,
  OnlineContrastiveLoss,
  SelfSupervisedLoss,
  SignalToNoiseContrastiveLoss,
  SoftmaxLoss,
  SupervisedContrastiveLoss,
  ThresholdConsistentMarginLoss,
  TripletLoss,
} from "likewise/losses";
import { usesMemory, type SimilarityLoss } from "../../lib/contracts/index.js";
import { ConfigError, ShapeError } from "../../lib/errors.js";
import { Random } from "../../lib/random.js";
import { standardParts } from "../../lib/standard-parts.js";
import { flatten } from "../../lib/tensor/tree.js";
import { expectClose } from "../support/close.js";
import type { Matrix } from "../support/gradient.js";
import { judge, randomRows, type PlainBatch } from "../support/loss.js";
import { expectPeerNumbers, OfUnitRows } from "../support/peer-losses.js";
import { readGolden } from "../support/shared.js";
import { Euclidean } from "../../lib/distances/index.js";

const groups = [0, 0, 1, 1, 2, 2];
const rows = randomRows(new Random("wrapped"), 6, 8);
const batch: PlainBatch = { embeddings: rows, targets: { groups } };
const memory = { embeddings: randomRows(new Random("memory"), 4, 8), groups: [0, 1, 2, 0], valid: [1, 1, 1, 0] };
const prefix = (matrix: Matrix, size: number): number[][] => matrix.map((row) => row.slice(0, size));

describe("MatryoshkaLoss", () => {
  it("is the weighted sum of the loss of prefixes, each logged by its size", () => {
    const inner = new TripletLoss();
    const found = judge(new MatryoshkaLoss(inner, { embeddingSize: 8, sizes: [8, 3], weights: [1, 0.5] }), batch);
    const whole = judge(inner, batch);
    const part = judge(inner, { ...batch, embeddings: prefix(rows, 3) });
    expectClose(found.value, whole.value + 0.5 * part.value);
    expectClose(found.terms["size3"], 0.5 * part.value);
    expectClose(found.terms["size8"], whole.value);
    rows.forEach((_, row) => {
      for (let axis = 0; axis < 8; axis += 1) {
        const below = axis < 3 ? 0.5 * (part.gradient[row * 3 + axis] as number) : 0;
        expectClose(found.gradient[row * 8 + axis], (whole.gradient[row * 8 + axis] as number) + below);
      }
    });
  });

  it("measures a prefix by its own length", () => {
    const loss = new MatryoshkaLoss(new TripletLoss(), { embeddingSize: 8, sizes: [4] });
    const longer = rows.map((row) => row.map((value, axis) => (axis < 4 ? 7 * value : 0)));
    expectClose(judge(loss, { ...batch, embeddings: longer }).value, judge(loss, batch).value);
  });

  it("compares prefixes of remembered rows, when the loss inside can", () => {
    const inner = new OnlineContrastiveLoss();
    const found = judge(new MatryoshkaLoss(inner, { embeddingSize: 8, sizes: [2, 8] }), { ...batch, memory });
    const part = {
      ...batch,
      embeddings: prefix(rows, 2),
      memory: { ...memory, embeddings: prefix(memory.embeddings, 2) },
    };
    expectClose(found.value, judge(inner, part).value + judge(inner, { ...batch, memory }).value);
    const cannot = new MatryoshkaLoss(new CosineSimilarityLoss(), { embeddingSize: 8, sizes: [2] });
    expect(usesMemory(cannot)).to.equal(false);
  });

  it("shares the parameters of one loss, and has some for each size of a function", async () => {
    const shared = new MatryoshkaLoss(new MultipleNegativesRankingLoss({ learnScale: true }), {
      embeddingSize: 8,
      sizes: [8, 4],
    });
    expect(Object.keys(flatten(shared.initialize(new Random(0)).parameters))).to.deep.equal(["loss/logScale"]);
    const each = new MatryoshkaLoss((embeddingSize) => new ArcFaceLoss({ embeddingSize, groups: 3 }), {
      embeddingSize: 8,
      sizes: [8, 4],
    });
    expect(each.closedVocabulary).to.equal(true);
    const { parameters } = each.initialize(new Random(0));
    expect(flatten<{ readonly shape: readonly number[] }>(parameters)["size4/kernel"]?.shape).to.deep.equal([4, 3]);
    const found = judge(each, { ...batch, parameters });
    expect(found.parameterGradients["size4/kernel"]).to.satisfy((slopes: number[]) => slopes.some((g) => g !== 0));
    const again = (await standardParts()).make("loss", { type: each.type, config: each.config }, {});
    expect(judge(again as SimilarityLoss<"group">, { ...batch, parameters }).value).to.equal(found.value);
  });

  it("lists everything that is wrong with its options", () => {
    const make = (): unknown =>
      new MatryoshkaLoss(new TripletLoss(), { embeddingSize: 8, sizes: [16, 4, 4, 0], weights: [1, -1] });
    expect(make)
      .to.throw(ConfigError)
      .with.property("problems")
      .that.deep.equals([
        "sizes[0]: expected a whole number from 1 to 8, got 16",
        "sizes[3]: expected a whole number from 1 to 8, got 0",
        "sizes: expected each size once, got 16, 4, 4, 0",
        "weights: expected one for each of the 4 sizes",
        "weights[1]: expected a number above 0, got -1",
      ]);
    const loss = new MatryoshkaLoss(new TripletLoss(), { embeddingSize: 6, sizes: [4] });
    expect(() => judge(loss, batch)).to.throw(ShapeError);
  });
});

describe("MultipleLosses", () => {
  const triplet = new TripletLoss();
  const softmax = new SoftmaxLoss({ embeddingSize: 8, groups: 3 });
  const both = new MultipleLosses({ triplet, softmax }, { weights: { softmax: 0.25 } });

  it("adds weighted losses and logs each under its name", () => {
    const { parameters } = both.initialize(new Random("parameters"));
    const found = judge(both, { ...batch, parameters });
    const own = (parameters as { softmax: PlainBatch["parameters"] & object }).softmax;
    const second = judge(softmax, { ...batch, parameters: own });
    expectClose(found.value, judge(triplet, batch).value + 0.25 * second.value);
    expectClose(found.terms["softmax"], 0.25 * second.value);
    expectClose(
      found.parameterGradients["softmax/kernel"],
      (second.parameterGradients["kernel"] as number[]).map((g) => 0.25 * g),
    );
    expect(both.closedVocabulary).to.equal(true);
    expect(both.distance?.name).to.equal("cosine");
  });

  it("compares with remembered rows by those losses that can", () => {
    const losses = { triplet, contrast: new NTXentLoss(), center: new ThresholdConsistentMarginLoss() };
    const found = judge(new MultipleLosses(losses), { ...batch, memory });
    const parts = Object.values(losses).filter(usesMemory) as unknown as SimilarityLoss<"group">[];
    expectClose(
      found.value,
      parts.map((loss) => judge(loss, { ...batch, memory }).value).reduce((sum, value) => sum + value),
    );
    const none = new MultipleLosses({ softmax });
    expect(usesMemory(none)).to.equal(false);
    expect(usesMemory(both)).to.equal(true);
  });

  it("equals MultipleLosses of pytorch-metric-learning, value and gradient", function () {
    const distance = new OfUnitRows(new Euclidean());
    expectPeerNumbers(this, "loss_MultipleLosses", {
      make: () =>
        new MultipleLosses(
          {
            contrast: new SignalToNoiseContrastiveLoss({ distance }),
            triplet: new TripletLoss({ mining: "all", margin: 0.05, distance }),
          },
          { weights: { triplet: 0.5 } },
        ),
      atLeast: 1,
    });
  });

  it("refuses losses of different kinds, wrong names and weights", () => {
    const mixed = { a: triplet, b: new CosineSimilarityLoss(), "c/d": triplet, e: {} } as never;
    expect(() => new MultipleLosses(mixed, { weights: { f: 1, a: 0 } }))
      .to.throw(ConfigError)
      .with.property("problems")
      .that.has.length(5);
    expect(() => new MultipleLosses({})).to.throw(ConfigError, "expected one loss or more");
  });
});

describe("SelfSupervisedLoss", () => {
  const views: PlainBatch = { embeddings: rows, targets: { labels: [1, 1, 1], subgroups: [0, 0, 0, 0, 0, 0] } };

  it("is the loss of a batch in which the rows of a pair are a group", () => {
    const inner = new NTXentLoss();
    const expected = judge(inner, { ...batch, targets: { groups: [0, 1, 2, 0, 1, 2] } });
    const found = judge(new SelfSupervisedLoss(inner), views);
    expectClose(found.value, expected.value);
    expectClose(found.gradient, expected.gradient);
  });

  it("takes a pair without similarity for two groups", () => {
    const inner = new NTXentLoss();
    const found = judge(new SelfSupervisedLoss(inner), { ...views, targets: { ...views.targets, labels: [1, 0, 1] } });
    expectClose(found.value, judge(inner, { ...batch, targets: { groups: [0, 1, 2, 0, 9, 2] } }).value);
  });

  it("equals SelfSupervisedLoss of pytorch-metric-learning, values and gradients of both views", function () {
    const cases = readGolden("pml/loss_SelfSupervisedLoss");
    if (cases === null) return this.skip();
    const losses: Readonly<Record<string, () => SimilarityLoss<"group">>> = {
      NTXentLoss: () => new NTXentLoss(),
      SupConLoss: () => new SupervisedContrastiveLoss(),
      TripletMarginLoss: () =>
        new TripletLoss({ mining: "all", margin: 0.05, distance: new OfUnitRows(new Euclidean()) }),
    };
    for (const { config, inputs, expected64 = {} } of cases) {
      const make = losses[config["loss"] as string] as () => SimilarityLoss<"group">;
      const [a, b] = [inputs["embeddings"] as Matrix, inputs["ref_emb"] as Matrix];
      const loss = new SelfSupervisedLoss(make(), { symmetric: config["symmetric"] as boolean });
      const labels = a.map(() => 1);
      const found = judge(loss, { embeddings: [...a, ...b], targets: { labels, subgroups: [] } });
      const what = JSON.stringify(config);
      expectClose(found.value, expected64["loss"], { relative: 1e-4, absolute: 3e-6, what });
      const wanted = [...(expected64["grad_embeddings"] as number[][]), ...(expected64["grad_ref"] as number[][])];
      expectClose(found.gradient, wanted, { relative: 1e-3, absolute: 2e-5, what: `gradient of ${what}` });
    }
    expect(cases.length).to.be.greaterThan(8);
  });

  it("refuses losses that cannot judge two views", () => {
    const softmax = new SoftmaxLoss({ embeddingSize: 8, groups: 3 });
    expect(() => new SelfSupervisedLoss(softmax)).to.throw(ConfigError, "has to know every group");
    expect(() => new SelfSupervisedLoss(new CosineSimilarityLoss() as never)).to.throw(ConfigError, "over groups");
  });
});

describe("GradientCache and LossByDataset", () => {
  it("refuse what is no loss and no chunk size", () => {
    expect(() => new GradientCache({} as never, { chunkSize: 0 }))
      .to.throw(ConfigError)
      .with.property("problems")
      .that.has.length(2);
    const mixed = { pairs: new CosineSimilarityLoss(), groups: new TripletLoss() } as never;
    expect(() => new LossByDataset(mixed)).to.throw(ConfigError, "expected one kind");
    const inner = new LossByDataset({ a: new TripletLoss() });
    expect(() => new LossByDataset({ b: inner })).to.throw(ConfigError, "datasets within a dataset");
  });

  it("comes back from its configuration with the losses inside", async () => {
    const loss = new LossByDataset({ a: new TripletLoss(), b: new GradientCache(new TripletLoss(), { chunkSize: 2 }) });
    const again = (await standardParts()).make("loss", { type: loss.type, config: loss.config }, loss.weights);
    expect(again.config).to.deep.equal(loss.config);
  });
});
