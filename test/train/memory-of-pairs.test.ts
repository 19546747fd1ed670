import { expect } from "chai";
import { AssemblyError, TrainableModel, Trainer, XbmConfig, type PairSample, type SimilarityLoss } from "likewise";
import { PairLoader } from "likewise/data";
import { ContrastiveLoss, MultipleNegativesRankingLoss, TripletLoss } from "likewise/losses";
import { temporaryFolder } from "../support/folder.js";
import { TinyEncoder, TinyHead, TinyLoader, TinyModel, tinySamples } from "../support/tiny.js";
import { watch } from "../support/watch.js";

type Point = readonly number[];
const points = tinySamples(12, 2);
const pairs = points.flatMap(({ item, group }, i): PairSample<Point>[] => {
  const other = points[i + 1];
  return i % 2 === 0 && other?.group === group ? [{ a: item, b: other.item }] : [];
});
const train = new PairLoader<Point>(pairs, { batchSize: 4 });
const groups = new TinyLoader(tinySamples(6, 8), 12);

class Pairs extends TrainableModel<"pair", Point> {
  constructor(
    readonly memory: Partial<XbmConfig>,
    readonly loss: () => SimilarityLoss<"pair"> = () => new MultipleNegativesRankingLoss(),
  ) {
    super();
  }
  override configureEncoders() {
    return new TinyEncoder(6);
  }
  override configureHead(inputSize: number) {
    return new TinyHead(inputSize, 4, 0.2);
  }
  override configureLoss() {
    return this.loss();
  }
  override configureXbm() {
    return new XbmConfig({ bufferSize: 8, startStep: 1, ...this.memory });
  }
}

class Groups extends TinyModel {
  constructor(readonly memory: Partial<XbmConfig>) {
    super();
  }
  override configureLoss() {
    return new TripletLoss({ mining: "hard" });
  }
  override configureXbm() {
    return new XbmConfig({ bufferSize: 20, startStep: 2, ...this.memory });
  }
}

const stepValues = (seen: ReturnType<typeof watch>, name: string): (number | undefined)[] =>
  seen.of("metrics").flatMap(({ scope, values }) => (scope === "step" ? [values[name]] : []));

describe("A cross-batch memory of pairs", () => {
  it("adds further wrong answers from its first step on", async () => {
    const trainer = new Trainer({ progress: false, maxEpochs: 3, logEvery: 1 });
    const seen = watch(trainer);
    await trainer.fit(new Pairs({}), { train });
    const terms = stepValues(seen, "train/memory_step");
    expect(terms[0]).to.equal(undefined);
    expect(terms.slice(1).every((term) => Number.isFinite(term) && (term ?? 0) > 0)).to.equal(true);
  });

  it("compares nothing when it remembers items of the batch alone", async () => {
    // One batch is the whole epoch: every remembered row is of an item that is in the batch.
    const whole = new PairLoader<Point>(pairs, { batchSize: pairs.length });
    const trainer = new Trainer({ progress: false, maxEpochs: 4, logEvery: 1 });
    const seen = watch(trainer);
    await trainer.fit(new Pairs({ bufferSize: pairs.length * 2 }), { train: whole });
    expect(stepValues(seen, "train/memory_step").slice(1)).to.deep.equal([0, 0, 0]);
  });

  it("is refused for a loss of pairs without negatives from the batch, by name", async () => {
    const error = await new Trainer({ progress: false })
      .fit(new Pairs({}, () => new ContrastiveLoss()), { train })
      .catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(AssemblyError);
    expect((error as Error).message).to.match(
      /ContrastiveLoss cannot compare with remembered rows.*MultipleNegatives/u,
    );
  });
});

describe("A cross-batch memory with momentum", () => {
  it("remembers embeddings of a slow copy, which a resumed run goes on with", async () => {
    const run = async (maxSteps: number, runDir: string | null, memory: Partial<XbmConfig>, resume?: "last") => {
      const trainer = new Trainer({ progress: false, maxSteps, ...(runDir === null ? {} : { runDir }) });
      const seen = watch(trainer);
      const parts = [TinyEncoder, TinyHead];
      await trainer.fit(new Groups(memory), { train: groups }, { parts, ...(resume === undefined ? {} : { resume }) });
      return seen.losses();
    };
    const whole = await run(9, null, { momentum: 0.9 });
    expect(whole.every(Number.isFinite)).to.equal(true);
    expect(whole).not.to.deep.equal(await run(9, null, {}));
    expect(whole.slice(0, 3)).to.deep.equal(
      (await run(3, null, { momentum: 0.99 })).slice(0, 2).concat(whole[2] ?? NaN),
    );
    await using folder = await temporaryFolder();
    const before = await run(5, folder.path, { momentum: 0.9 });
    expect([...before, ...(await run(9, folder.path, { momentum: 0.9 }, "last"))]).to.deep.equal(whole);
  });

  it("drifts less than the parameters do", async () => {
    const drift = async (memory: Partial<XbmConfig>): Promise<number> => {
      const trainer = new Trainer({ progress: false, maxEpochs: 30 });
      const seen = watch(trainer);
      await trainer.fit(new Groups(memory), { train: groups });
      const found = seen.of("epochEnd").flatMap(({ values }) => values["train/memoryDrift"] ?? []);
      expect(found).to.have.length(2);
      return found[0] ?? NaN;
    };
    const [fast, slow, still] = [
      await drift({}),
      await drift({ momentum: 0.99 }),
      await drift({ momentum: 0.99999999 }),
    ];
    expect(fast).to.be.greaterThan(1e-4);
    expect(slow).to.be.lessThan(fast);
    expect(still).to.be.lessThan(1e-6);
  });
});
