import { expect } from "chai";
import { ConfigError, SimilarityLoss, TrainableModel, Trainer, type Head, type LossValue } from "likewise";
import { GroupLoader, PairLoader, TupleLoader } from "likewise/data";
import { CoSENTLoss, MarginMSELoss, MultipleNegativesRankingLoss, TripletLoss } from "likewise/losses";
import { ThresholdReducer } from "likewise/miners";
import * as tf from "likewise/tf";
import { failure } from "../support/failure.js";
import { TinyEncoder, TinyHead, TinyLoader, TinyModel, tinySamples } from "../support/tiny.js";
import { watch } from "../support/watch.js";

type Item = readonly number[];

class Model<K extends "pair" | "tuple" | "group"> extends TrainableModel<K, Item> {
  constructor(readonly loss: SimilarityLoss<K>) {
    super();
  }
  override configureEncoders() {
    return new TinyEncoder(6);
  }
  override configureHead(inputSize: number): Head {
    return new TinyHead(inputSize, 4);
  }
  override configureLoss(): SimilarityLoss<K> {
    return this.loss;
  }
}

/** Warnings of the process while something runs. */
async function processWarnings(body: () => Promise<unknown>): Promise<(Error & { readonly code?: string })[]> {
  const seen: Error[] = [];
  const listen = (warning: Error): void => void seen.push(warning);
  process.on("warning", listen);
  try {
    await body();
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.off("warning", listen);
  }
  return seen;
}

const samples = tinySamples(6, 8);
const items = samples.map(({ item }) => item);
const once = { progress: false, maxEpochs: 1 } as const;

describe("Warnings of a run", () => {
  it("become warnings of the process when no progress is printed, each once", async () => {
    const lonely = new TinyLoader(tinySamples(24, 2), 8);
    const trainer = new Trainer({ ...once, maxEpochs: 2 });
    const seen = watch(trainer);
    const warnings = await processWarnings(() => trainer.fit(new TinyModel(), { train: lonely }));
    const few = warnings.filter(({ code }) => code === "FEW_POSITIVES");
    expect(few).to.have.length(1);
    expect(few[0]?.name).to.equal("LikewiseWarning");
    expect(few[0]?.message).to.match(/use balanced batches/u);
    expect(seen.of("warning").map(({ code }) => code)).to.include("FEW_POSITIVES");
  });

  it("are told when a hook throws in the first batch", async () => {
    const onTrainBatchEnd = (): void => {
      throw new Error("the user's own mistake");
    };
    const onTrainBatchStart = onTrainBatchEnd;
    for (const callback of [{ onTrainBatchEnd }, { onTrainBatchStart }]) {
      const trainer = new Trainer({ ...once, callbacks: [callback] });
      const train = new TinyLoader(tinySamples(24, 2), 8);
      const warnings = await processWarnings(() => failure(trainer.fit(new TinyModel(), { train })));
      expect(warnings.map(({ code }) => code)).to.include("FEW_POSITIVES");
    }
  });

  it("are told of learning-rate searches and of validations too", async () => {
    const trainer = new Trainer(once);
    const single = new PairLoader(
      items.map((a) => ({ a, b: a })),
      { batchSize: 1 },
    );
    const search = await processWarnings(() =>
      trainer.findLearningRate(new Model(new MultipleNegativesRankingLoss()), { train: single }, { steps: 10 }),
    );
    expect(search.map(({ code }) => code)).to.deep.equal(["NO_GRADIENT"]);
  });
});

describe("A run whose first batch gives no gradient", () => {
  async function reasonOf<K extends "pair" | "tuple" | "group">(
    loss: SimilarityLoss<K>,
    train: Parameters<Trainer["fit"]>[1]["train"],
  ): Promise<string | undefined> {
    const trainer = new Trainer({ ...once, maxSteps: 3 });
    const seen = watch(trainer);
    await trainer.fit(new Model(loss) as never, { train: train as never });
    const told = seen.of("warning").filter(({ code }) => code === "NO_GRADIENT");
    expect(told.length).to.be.lessThan(2);
    return told[0]?.message;
  }
  const pairs = (score: (place: number) => object) =>
    items.map((a, place) => ({ a, b: items[place + 1] ?? items[0]!, ...score(place) }));

  it("says that a pair is alone, also where equal items are kept apart", async () => {
    const ranking = new MultipleNegativesRankingLoss();
    const alone = /no parameter a gradient, .*it has one pair, .* raise batchSize.*duplicates: true/u;
    expect(
      await reasonOf(
        ranking,
        new PairLoader(
          pairs(() => ({})),
          { batchSize: 1 },
        ),
      ),
    ).to.match(alone);
    const b = items[0]!;
    expect(
      await reasonOf(
        ranking,
        new PairLoader(
          items.slice(1).map((a) => ({ a, b })),
          { batchSize: 8 },
        ),
      ),
    ).to.match(alone);
  });

  it("says that nothing belongs together, or that there is no order", async () => {
    const ranking = new MultipleNegativesRankingLoss();
    const zeros = new PairLoader(
      pairs(() => ({ score: 0 })),
      { batchSize: 8, duplicates: true },
    );
    expect(await reasonOf(ranking, zeros)).to.match(/scores of 0 or less/u);
    const one = new PairLoader(
      pairs(() => ({ score: 0.7 })),
      { batchSize: 8, duplicates: true },
    );
    expect(await reasonOf(new CoSENTLoss(), one)).to.match(/have the score 0\.7, .* no order to learn/u);
  });

  it("says that tuples have no negatives, and groups no positives", async () => {
    const tuples = items.map((anchor) => ({ anchor, positives: [anchor.map((value) => value + 1)] }));
    expect(await reasonOf(new MarginMSELoss(), new TupleLoader(tuples, { batchSize: 8 }))).to.match(
      /has negatives.*mineHardNegatives/u,
    );
    const different = items.map((item, group) => ({ item, group }));
    const alone = new GroupLoader(different, { balance: false, batchSize: 8 });
    expect(await reasonOf(new TripletLoss(), alone), "FEW_POSITIVES has said so").to.equal(undefined);
    const search = await processWarnings(() =>
      new Trainer(once).findLearningRate(new Model(new TripletLoss()), { train: alone }, { steps: 10 }),
    );
    expect(search.map(({ message }) => message).join()).to.match(/no two of its rows/u);
  });

  it("says that the loss is constant when the samples are as they should be", async () => {
    class Constant extends SimilarityLoss<"group"> {
      static readonly type = "Constant";
      readonly kind = "group";
      readonly separable = true;
      readonly distance = null;
      static from(): Constant {
        return new Constant();
      }
      get config() {
        return {};
      }
      compute(_: object, embeddings: tf.Tensor2D): LossValue {
        return { value: tf.sum(tf.mul(embeddings, 0)), weight: tf.scalar(1) };
      }
    }
    expect(await reasonOf(new Constant(), new GroupLoader(samples, { batchSize: 8 }))).to.match(
      /Constant is constant there/u,
    );
  });

  it("says that margins are kept already, and names a reducer that drops what costs", async () => {
    const apart = samples.map(({ group }, place) => ({
      item: Array.from({ length: 6 }, (_, at) => (at === Number(group) ? 1 : 1e-3 * (place % 2))),
      group,
    }));
    const train = new GroupLoader(apart, { batchSize: 8 });
    const kept = await reasonOf(new TripletLoss({ mining: "hard", margin: 1e-6 }), train);
    expect(kept).to.match(/TripletLoss is constant there\. .*larger margin or harder batches;/u);
    const reducer = new ThresholdReducer({ low: 1e6 });
    const dropped = await reasonOf(new TripletLoss({ reducer }), new GroupLoader(samples, { batchSize: 8 }));
    expect(dropped).to.match(/or ThresholdReducer drops every one that costs anything;/u);
  });

  it("is silent when there is a gradient", async () => {
    expect(
      await reasonOf(
        new MultipleNegativesRankingLoss(),
        new PairLoader(
          pairs(() => ({})),
          { batchSize: 8 },
        ),
      ),
    ).to.equal(undefined);
  });
});

describe("A trainer without a compiler's help", () => {
  it("says what loaders are expected", async () => {
    const trainer = new Trainer(once) as unknown as Record<string, (...given: unknown[]) => Promise<unknown>>;
    const messageOf = async (name: string, ...given: unknown[]): Promise<string> => {
      const error = await failure(trainer[name]!(new TinyModel(), ...given));
      expect(error).to.be.instanceOf(ConfigError);
      return error.message;
    };
    expect(await messageOf("fit")).to.match(/expected loaders such as \{ train/u);
    expect(await messageOf("fit", {})).to.match(/train: expected a loader, .* got undefined/u);
    expect(await messageOf("fit", { train: samples, validation: 3 })).to.match(/an array; .*\n.*validation: .* got 3/u);
    expect(await messageOf("findLearningRate", {})).to.match(/train: expected a loader/u);
    expect(await messageOf("validate", samples)).to.match(/loader: expected a loader/u);
  });
});
