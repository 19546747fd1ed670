import { join } from "node:path";
import { expect } from "chai";
import {
  AssemblyError,
  CacheConfig,
  ConfigError,
  SimilarityModel,
  TrainableModel,
  Trainer,
  type LossContext,
} from "likewise";
import { GroupLoader, PairLoader } from "likewise/data";
import { NgramEmbedding, NgramEncoder } from "likewise/encoders";
import { DenseHead } from "likewise/heads";
import { MultipleNegativesRankingLoss, SoftmaxLoss } from "likewise/losses";
import { adamw, sgd } from "likewise/optim";
import { failure } from "../support/failure.js";
import { temporaryFolder } from "../support/folder.js";
import { watch } from "../support/watch.js";

const words = ["red apple", "green apple", "red car", "blue car", "old house", "new house", "tall tree", "old tree"];
const groups = words.map((item) => ({ item, group: item.split(" ")[1] as string }));
const pairs = words.map((a) => ({ a, b: `the ${a}` }));
const train = new GroupLoader(groups, { balance: false, batchSize: 4 });
const trainPairs = new PairLoader(pairs, { batchSize: 4 });

/** Frozen vectors that depend on what was read before training, trained ones, and a head. */
abstract class Words<K extends "group" | "pair"> extends TrainableModel<K, string> {
  saveDir: string | null = null;
  override configureEncoders() {
    return {
      frozen: new NgramEncoder({ dimensions: 64, idf: true }),
      learned: new NgramEmbedding({ buckets: 64, size: 8 }),
    };
  }
  override configureHead(inputSize: number) {
    return new DenseHead(inputSize, { outputSize: 6 });
  }
  override configureCaches() {
    return this.saveDir === null ? null : new CacheConfig({ saveDir: this.saveDir });
  }
}

class Classes extends Words<"group"> {
  rate = 0.01;
  override configureLoss({ embeddingSize, groups: known }: LossContext) {
    return new SoftmaxLoss({ embeddingSize, groups: known });
  }
  override configureOptimizer() {
    return adamw({ learningRate: this.rate });
  }
}

class Pairs extends Words<"pair"> {
  override configureLoss() {
    return new MultipleNegativesRankingLoss();
  }
  override configureOptimizer() {
    return sgd({ learningRate: 0 });
  }
}

const quiet = { progress: false, maxEpochs: 2 } as const;
const vectors = async (model: SimilarityModel<string>) => Array.from((await model.encode(words)).data);

describe("fit with from", () => {
  for (const engine of ["eager", "compiled"] as const) {
    it(`starts with what a trained model has learned, whatever the loss, data and optimizer, ${engine}`, async () => {
      await using folder = await temporaryFolder();
      const cached = new Classes();
      cached.saveDir = join(folder.path, "cache");
      await using trained = await new Trainer({ ...quiet, engine }).fit(cached, { train });
      const before = await vectors(trained);
      await trained.save(join(folder.path, "model"));
      await using loaded = await SimilarityModel.load<string>(join(folder.path, "model"));
      for (const [from, loadedVectors] of [
        [trained, 8],
        [loaded, 16],
      ] as const) {
        const model = new Pairs();
        model.saveDir = cached.saveDir;
        const trainer = new Trainer({ ...quiet, engine, maxEpochs: 1 });
        const seen = watch(trainer);
        // Nothing moves at a learning rate of 0.
        await using same = await trainer.fit(model, { train: trainPairs }, { from });
        const after = await vectors(same);
        after.forEach((value, at) => expect(value).to.be.closeTo(before[at] as number, 1e-6));
        // The vectors of the eight words are those that the first run has stored; those of the other items come from the second.
        expect(seen.of("caching").at(-1)).to.include({ loaded: loadedVectors, computed: 16 - loadedVectors });
      }
    });
  }

  it("keeps what the same loss has learned of the same groups, and says when it cannot", async () => {
    await using folder = await temporaryFolder();
    await using trained = await new Trainer({ ...quiet, maxEpochs: 40 }).fit(new Classes(), { train });
    await trained.save(folder.path + "/model");
    await using loaded = await SimilarityModel.load<string>(folder.path + "/model");
    const renamed = new GroupLoader(
      groups.map(({ item, group }) => ({ item, group: `a ${group}` })),
      { balance: false, batchSize: 4 },
    );
    const firstLoss = async (from: SimilarityModel<string>, loader = train) => {
      const trainer = new Trainer({ ...quiet, maxEpochs: 1 });
      const seen = watch(trainer);
      const model = new Classes();
      model.rate = 1e-6;
      await (await trainer.fit(model, { train: loader }, { from }))[Symbol.asyncDispose]();
      return { loss: seen.losses()[0] as number, codes: seen.of("warning").map(({ code }) => code) };
    };
    const kept = await firstLoss(trained);
    expect(kept.loss).to.be.lessThan(0.6);
    expect(kept.codes).to.not.include("LOSS_ANEW");
    for (const anew of [await firstLoss(loaded), await firstLoss(trained, renamed)]) {
      expect(anew.loss).to.be.greaterThan(kept.loss + 0.3);
      expect(anew.codes).to.include("LOSS_ANEW");
    }
  });

  it("names every encoder and head that is not as it was in the one error, and what cannot be started from", async () => {
    await using trained = await new Trainer({ ...quiet, maxEpochs: 1 }).fit(new Classes(), { train });
    class Other extends Pairs {
      override configureEncoders() {
        return {
          frozen: new NgramEncoder({ dimensions: 32, idf: true }),
          other: new NgramEncoder({ dimensions: 4 }),
        } as never;
      }
      override configureMetrics(): never {
        throw new ConfigError("mine", ["one more problem"]);
      }
    }
    const error = await failure(new Trainer(quiet).fit(new Other(), { train: trainPairs }, { from: trained }));
    expect(error).to.be.instanceOf(AssemblyError);
    const { problems } = error as AssemblyError;
    expect(problems.map((problem) => problem.split(/ is | \(|;/u)[0])).to.deep.equal([
      "configureMetrics: mine:\n  - one more problem",
      'from: encoder "frozen"',
      'from: the trained model has encoder "learned"',
      'from: the trained model has no encoder "other"',
      "from: head",
    ]);
    class OtherWeights extends Pairs {
      override configureEncoders() {
        const { learned, frozen } = super.configureEncoders();
        return { learned, frozen: fitted ?? frozen };
      }
    }
    const fitted = new NgramEncoder({ dimensions: 64, idf: true });
    await fitted.fit(
      (async function* () {
        yield await Promise.resolve("something else");
      })(),
    );
    const weights = await failure(new Trainer(quiet).fit(new OtherWeights(), { train: trainPairs }, { from: trained }));
    expect(weights.message).to.contain('encoder "frozen" (NgramEncoder) has other weights than in the trained model');
    const both = await failure(
      new Trainer(quiet).fit(new Pairs(), { train: trainPairs }, { from: trained, resume: "last" }),
    );
    expect(both).to.be.instanceOf(ConfigError);
    expect(both.message).to.contain("leave out from");
    const path = await failure(new Trainer(quiet).fit(new Pairs(), { train: trainPairs }, { from: "runs" as never }));
    expect(path.message).to.contain('from: expected a SimilarityModel, got "runs"');
  });

  it("has checkpoints, and goes on from them with the numbers of an uninterrupted run", async () => {
    await using folder = await temporaryFolder();
    await using trained = await new Trainer(quiet).fit(new Classes(), { train });
    const runDir = folder.path;
    const whole = new Trainer({ ...quiet, maxEpochs: 4 });
    const all = watch(whole);
    await whole.fit(new Classes(), { train }, { from: trained });
    await new Trainer({ ...quiet, runDir }).fit(new Classes(), { train }, { from: trained });
    const second = new Trainer({ ...quiet, runDir, maxEpochs: 4 });
    const rest = watch(second);
    await second.fit(new Classes(), { train }, { resume: "last" });
    expect(rest.losses()).to.deep.equal(all.losses().slice(4));
  });
});
