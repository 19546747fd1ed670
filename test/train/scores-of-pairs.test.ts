import { expect } from "chai";
import { DataError, TrainableModel, Trainer, type SimilarityLoss } from "likewise";
import { MixedLoader, PairLoader } from "likewise/data";
import {
  AnglELoss,
  ContrastiveLoss,
  CoSENTLoss,
  CosineSimilarityLoss,
  GradientCache,
  LossByDataset,
  MatryoshkaLoss,
  MultipleLosses,
  MultipleNegativesRankingLoss,
} from "likewise/losses";
import { failure } from "../support/failure.js";
import { TinyEncoder, TinyHead, tinySamples } from "../support/tiny.js";

type Item = readonly number[];

class Scored extends TrainableModel<"pair", Item> {
  constructor(readonly loss: SimilarityLoss<"pair">) {
    super();
  }
  override configureEncoders() {
    return new TinyEncoder(6);
  }
  override configureHead(inputSize: number) {
    return new TinyHead(inputSize, 4);
  }
  override configureLoss() {
    return this.loss;
  }
}

const items = tinySamples(4, 4).map(({ item }) => item);
const withScores = (...scores: readonly number[]): PairLoader<Item> =>
  new PairLoader(
    items.slice(1).map((b, place) => ({ a: items[place]!, b, score: scores[place % scores.length]! })),
    { batchSize: 8, duplicates: true, shuffle: false },
  );

describe("Scores of pairs", () => {
  const trainer = new Trainer({ progress: false, maxEpochs: 1 });
  const fit = (loss: SimilarityLoss<"pair">, ...scores: readonly number[]): Promise<unknown> =>
    trainer.fit(new Scored(loss), { train: withScores(...scores) });

  it("are any numbers where only their order counts, also within other losses", async () => {
    const order = new CoSENTLoss();
    await fit(order, 0, 2.5, 5);
    await fit(new AnglELoss(), -3, 4);
    await fit(new GradientCache(order, { chunkSize: 4 }), 0, 5);
    await fit(new MatryoshkaLoss(order, { embeddingSize: 4, sizes: [4, 2] }), 0, 5);
    await fit(new MultipleLosses({ order, angle: new AnglELoss() }), 0, 5);
    await fit(new CosineSimilarityLoss(), -1, 1);
  });

  it("that the loss cannot learn from are an error that says where and which it takes", async () => {
    const error = await failure(fit(new ContrastiveLoss(), 1, 0, 5));
    expect(error).to.be.instanceOf(DataError);
    expect(error.message).to.match(/epoch 0, batch 0: pair 2 has the score 5; ContrastiveLoss .* from 0 to 1: /u);
    expect((await failure(fit(new CosineSimilarityLoss(), 0.5, -2))).message).to.match(/from -1 to 1/u);
    const both = new MultipleLosses({ order: new CoSENTLoss(), ranking: new MultipleNegativesRankingLoss() });
    expect((await failure(fit(both, 1, 4))).message).to.match(/from 0 to 1/u);
    const validated = trainer.fit(new Scored(new ContrastiveLoss()), {
      train: withScores(1),
      validation: withScores(3),
    });
    expect((await failure(validated)).message).to.match(/validation, batch 0: pair 0 has the score 3/u);
  });

  it("are those of the loss of their dataset", async () => {
    const byDataset = new LossByDataset({ graded: new CoSENTLoss(), judged: new ContrastiveLoss() });
    const mixed = (graded: number, judged: number) =>
      new MixedLoader({ graded: withScores(0, graded), judged: withScores(0, judged) });
    await trainer.fit(new Scored(byDataset), { train: mixed(5, 1) });
    const error = await failure(trainer.fit(new Scored(byDataset), { train: mixed(1, 5) }));
    expect(error.message).to.match(/ContrastiveLoss learns from scores from 0 to 1/u);
  });
});
