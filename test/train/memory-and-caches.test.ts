import { expect } from "chai";
import { AssemblyError, CacheConfig, Trainer, XbmConfig, type Callback, type SimilarityLoss } from "likewise";
import { GroupLoader } from "likewise/data";
import { OnlineContrastiveLoss, TripletLoss } from "likewise/losses";
import { failure } from "../support/failure.js";
import { temporaryFolder } from "../support/folder.js";
import { TinyEncoder, TinyHead, TinyLoader, TinyModel, tinySamples } from "../support/tiny.js";
import { watch } from "../support/watch.js";

const train = new TinyLoader(tinySamples(6, 8), 12);
const validation = new TinyLoader(tinySamples(6, 4, 6, 2), 12);

class Remembering extends TinyModel {
  constructor(
    readonly loss: () => SimilarityLoss<"group">,
    readonly memory: Partial<XbmConfig> = {},
  ) {
    super();
  }
  override configureLoss() {
    return this.loss();
  }
  override configureXbm() {
    return new XbmConfig({ bufferSize: 20, startStep: 2, ...this.memory });
  }
}

class Cached extends TinyModel {
  constructor(readonly caches: CacheConfig | null = new CacheConfig()) {
    super();
  }
  override configureCaches() {
    return this.caches;
  }
}

describe("A cross-batch memory in training", () => {
  for (const loss of [
    () => new TripletLoss({ mining: "hard" }),
    () => new TripletLoss({ mining: "all" }),
    () => new OnlineContrastiveLoss(),
  ]) {
    it(`adds a term to ${loss().type} ${JSON.stringify(loss().config)} from its first step on`, async () => {
      const trainer = new Trainer({ progress: false, maxEpochs: 2, logEvery: 1 });
      const seen = watch(trainer);
      await trainer.fit(new Remembering(loss), { train });
      const terms = seen
        .of("metrics")
        .filter(({ scope }) => scope === "step")
        .map(({ values }) => values["train/memory_step"]);
      expect(terms.slice(0, 2)).to.deep.equal([undefined, undefined]);
      expect(terms.slice(2).every((term) => Number.isFinite(term))).to.equal(true);
      expect(terms.slice(2).some((term) => (term ?? 0) > 0)).to.equal(true);
    });
  }

  it("grows over the ramp", async () => {
    const run = async (memory: Partial<XbmConfig>): Promise<number> => {
      const trainer = new Trainer({ progress: false, maxSteps: 3, logEvery: 1 });
      const seen = watch(trainer);
      await trainer.fit(new Remembering(() => new OnlineContrastiveLoss(), memory), { train });
      return seen.of("metrics").filter(({ scope }) => scope === "step")[2]?.values["train/memory_step"] ?? NaN;
    };
    expect(await run({ ramp: 4 })).to.be.closeTo((await run({})) / 4, 1e-6);
  });

  it("is in the checkpoint: a resumed run gives the same losses", async () => {
    const model = (): Remembering => new Remembering(() => new TripletLoss({ mining: "hard" }));
    const run = async (maxSteps: number, runDir: string | null, resume?: "last"): Promise<number[]> => {
      const trainer = new Trainer({ progress: false, maxSteps, ...(runDir === null ? {} : { runDir }) });
      const seen = watch(trainer);
      await trainer.fit(
        model(),
        { train },
        { parts: [TinyEncoder, TinyHead], ...(resume === undefined ? {} : { resume }) },
      );
      return seen.losses();
    };
    const whole = await run(9, null);
    await using folder = await temporaryFolder();
    const before = await run(5, folder.path);
    expect([...before, ...(await run(9, folder.path, "last"))]).to.deep.equal(whole);
  });

  it("keeps the newest rows of a batch that is larger, and says so once", async () => {
    const trainer = new Trainer({ progress: false, maxEpochs: 2 });
    const seen = watch(trainer);
    await trainer.fit(new Remembering(() => new TripletLoss(), { bufferSize: 5 }), { train });
    expect(seen.of("warning").map(({ code }) => code)).to.deep.equal(["MEMORY_SMALL"]);
  });

  it("warns when the run ends before it is used", async () => {
    const trainer = new Trainer({ progress: false, maxEpochs: 1 });
    const seen = watch(trainer);
    await trainer.fit(new Remembering(() => new TripletLoss(), { startStep: 1000 }), { train });
    expect(seen.of("warning")[0]?.message).to.match(/from step 1000 on, but the run ends at step 4/u);
  });

  it("says nothing of a run that is stopped before it is used", async () => {
    const controller = new AbortController();
    const stop: Callback = { onTrainBatchEnd: ({ step }) => void (step === 2 && controller.abort()) };
    const trainer = new Trainer({ progress: false, maxEpochs: 4, callbacks: [stop] });
    const seen = watch(trainer);
    const model = new Remembering(() => new TripletLoss(), { startStep: 6 });
    await failure(trainer.fit(model, { train }, { signal: controller.signal }));
    expect(seen.losses()).to.have.length(2);
    expect(seen.of("warning")).to.deep.equal([]);
  });

  it("is refused at assembly for a loss that cannot use it, by name", async () => {
    class Wrong extends TinyModel {
      override configureXbm() {
        return new XbmConfig();
      }
    }
    const error = await new Trainer({ progress: false }).fit(new Wrong(), { train }).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(AssemblyError);
    expect((error as Error).message).to.match(/configureXbm: TinyLoss cannot compare with remembered rows/u);
  });
});

describe("A cache in training", () => {
  const run = async (
    caches: CacheConfig | null,
    loader = train,
  ): Promise<{ losses: number[]; encoded: number; seen: ReturnType<typeof watch> }> => {
    const trainer = new Trainer({ progress: false, maxEpochs: 3 });
    const seen = watch(trainer);
    TinyEncoder.encoded = 0;
    await trainer.fit(new Cached(caches), { train: loader, validation });
    return { losses: seen.losses(), encoded: TinyEncoder.encoded, seen };
  };

  it("encodes every item once, before the first epoch, and changes no loss", async () => {
    const without = await run(null);
    const cached = await run(new CacheConfig());
    expect(cached.losses).to.deep.equal(without.losses);
    expect(cached.encoded).to.equal(train.samples.length + validation.samples.length);
    expect(without.encoded).to.be.greaterThan(3 * train.samples.length);
    const types = cached.seen.events.map(({ type }) => type);
    expect(types.indexOf("caching")).to.be.lessThan(types.indexOf("epochStart"));
    expect(cached.seen.of("caching").at(-1)).to.include({ finished: true, done: 72, computed: 72, hits: 0 });
    const repeated = new TinyLoader([...train.samples, ...train.samples], 12);
    const again = await run(new CacheConfig({ batchSize: 5 }), repeated);
    expect(again.seen.of("caching").at(-1)).to.include({ done: 120, computed: 72, hits: 48 });
  });

  it("recomputes what finds no room, and says so", async () => {
    const small = await run(new CacheConfig({ maxBytes: 2000 }));
    expect(small.losses).to.deep.equal((await run(null)).losses);
    expect(small.seen.of("warning").map(({ code }) => code)).to.include("CACHE_FULL");
  });

  it("finds the vectors of an earlier run in its folder", async () => {
    await using folder = await temporaryFolder();
    const first = await run(new CacheConfig({ saveDir: folder.path }));
    const second = await run(new CacheConfig({ saveDir: folder.path }));
    expect(second.losses).to.deep.equal(first.losses);
    expect(second.seen.of("caching").at(-1)).to.include({ computed: 0, loaded: 72, hits: 72 });
    // A few rows are computed again to see that the stored ones are still right.
    expect(second.encoded).to.equal(32);
  });

  it("is refused for items that a loader augments, before one is encoded", async () => {
    TinyEncoder.encoded = 0;
    const augmented = new GroupLoader(tinySamples(6, 8), { batchSize: 12, augment: (item) => item });
    const error = await new Trainer({ progress: false })
      .fit(new Cached(new CacheConfig()), { train: augmented })
      .catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(AssemblyError);
    expect((error as Error).message).to.match(/configureCaches: the train loader augments items/u);
    expect(TinyEncoder.encoded).to.equal(0);
  });

  it("is refused for a trainable or unknown encoder, by name", async () => {
    const error = await new Trainer({ progress: false })
      .fit(new Cached(new CacheConfig({ mapping: { text: "memory" } })), { train })
      .catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(AssemblyError);
    expect((error as Error).message).to.match(
      /mapping names encoder "text", which the model does not have; it has default/u,
    );
  });
});

describe("Signals and warnings", () => {
  it("a signal of the process ends the run only when the trainer may handle it", async () => {
    const before = process.listenerCount("SIGTERM");
    const trainer = new Trainer({
      progress: false,
      maxEpochs: 1000,
      handleSignals: true,
      callbacks: [{ onTrainBatchEnd: ({ step }) => void (step === 3 && process.emit("SIGTERM", "SIGTERM")) }],
    });
    const error = await trainer.fit(new TinyModel(), { train }).catch((thrown: unknown) => thrown);
    expect((error as Error).name).to.equal("InterruptedError");
    expect((error as Error).message).to.match(/stopped at step 3; nothing was saved, because there is no runDir/u);
    expect(process.listenerCount("SIGTERM")).to.equal(before);
  });

  it("batches in which most rows have no positive are told once, with what to change", async () => {
    const lonely = new TinyLoader(tinySamples(24, 2), 8);
    const trainer = new Trainer({ progress: false, maxEpochs: 2 });
    const seen = watch(trainer);
    await trainer.fit(new TinyModel(), { train: lonely });
    const warnings = seen.of("warning").filter(({ code }) => code === "FEW_POSITIVES");
    expect(warnings).to.have.length(1);
    expect(warnings[0]?.message).to.match(/use balanced batches/u);
  });
});
