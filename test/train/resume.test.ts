import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { adamw } from "likewise/optim";
import {
  AssemblyError,
  FileFormatError,
  InterruptedError,
  SimilarityModel,
  Trainer,
  UsageError,
  type Callback,
  type FitOptions,
  type Json,
  type TrainerOptions,
} from "likewise";
import { temporaryFolder } from "../support/folder.js";
import { TinyEncoder, TinyHead, TinyLoader, TinyModel, tinySamples } from "../support/tiny.js";
import { watch } from "../support/watch.js";

const train = new TinyLoader(tinySamples(6, 8), 12);
const validation = new TinyLoader(tinySamples(6, 4, 6, 2), 12);
const parts = [TinyEncoder, TinyHead];

async function losses(
  options: TrainerOptions & { callbacks?: readonly Callback[] },
  fit: FitOptions = {},
): Promise<number[]> {
  const trainer = new Trainer({ progress: false, ...options });
  const seen = watch(trainer);
  await trainer.fit(new TinyModel(), { train, validation }, { parts, ...fit }).catch((error: unknown) => {
    if (!(error instanceof InterruptedError)) throw error;
  });
  return seen.losses();
}

/** Aborts after so many training batches. */
function stopAfter(batches: number): { readonly signal: AbortSignal; readonly callbacks: readonly Callback[] } {
  const controller = new AbortController();
  let seen = 0;
  const onTrainBatchEnd = (): void => {
    seen += 1;
    if (seen === batches) controller.abort();
  };
  return { signal: controller.signal, callbacks: [{ onTrainBatchEnd }] };
}

describe("Resuming a run", () => {
  for (const extra of [
    {},
    { accumulate: 3 },
    { ema: { decay: 0.9 } },
    { earlyStopping: { patience: 50 } },
  ] as TrainerOptions[]) {
    it(`gives the numbers of an uninterrupted run, at the end of an epoch and inside one, with ${JSON.stringify(extra)}`, async () => {
      const whole = await losses({ maxEpochs: 4, ...extra });
      expect(whole).to.have.length(16);
      for (const at of [4, 6]) {
        await using folder = await temporaryFolder();
        const { signal, callbacks } = stopAfter(at);
        const before = await losses({ maxEpochs: 4, runDir: folder.path, callbacks, ...extra }, { signal });
        expect(before).to.deep.equal(whole.slice(0, at));
        const after = await losses({ maxEpochs: 4, runDir: folder.path, ...extra }, { resume: "last" });
        expect(after).to.deep.equal(whole.slice(at));
      }
    });
  }

  it("rejects with InterruptedError that says where the state is", async () => {
    await using folder = await temporaryFolder();
    const { signal, callbacks } = stopAfter(2);
    const trainer = new Trainer({ progress: false, maxEpochs: 4, runDir: folder.path, callbacks });
    const error = await trainer.fit(new TinyModel(), { train }, { signal }).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(InterruptedError);
    expect((error as Error).message).to.match(/stopped at step 2; saved in .*run-1; go on with \{ resume: "last" \}/u);
  });

  it("does nothing when the signal is aborted already", async () => {
    await using folder = await temporaryFolder();
    const trainer = new Trainer({ progress: false, maxEpochs: 1, runDir: join(folder.path, "runs") });
    const seen = watch(trainer);
    const signal = AbortSignal.abort(new Error("changed my mind"));
    const error = await trainer
      .fit(new TinyModel(), { train, validation }, { signal })
      .catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(InterruptedError);
    expect((error as Error).message).to.match(/aborted before training began; nothing was done/u);
    expect(seen.events).to.deep.equal([]);
    expect(existsSync(join(folder.path, "runs"))).to.equal(false);
  });

  for (const hook of ["setup", "onSanityCheckStart", "onFitStart", "onValidationEnd"] as const)
    it(`makes no update after a signal that was aborted in ${hook}`, async () => {
      await using folder = await temporaryFolder();
      const controller = new AbortController();
      const callbacks = [{ [hook]: () => controller.abort() }];
      const trainer = new Trainer({ progress: false, maxEpochs: 2, runDir: folder.path, callbacks });
      const seen = watch(trainer);
      const { signal } = controller;
      const error = await trainer
        .fit(new TinyModel(), { train, validation }, { signal })
        .catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(InterruptedError);
      const steps = hook === "onValidationEnd" ? 4 : 0;
      expect(seen.losses()).to.have.length(steps);
      expect((error as Error).message).to.match(
        steps === 0 ? /at step 0; nothing was saved, because nothing was trained yet/u : /at step 4; saved in/u,
      );
    });

  it("keeps the state of callbacks", async () => {
    await using folder = await temporaryFolder();
    const counting = (): Callback & { count: number } => ({
      name: "counting",
      count: 0,
      onTrainBatchEnd() {
        this.count += 1;
      },
      state() {
        return this.count;
      },
      restore(state: Json) {
        this.count = state as number;
      },
    });
    await losses({ maxEpochs: 1, runDir: folder.path, callbacks: [counting()] });
    const resumed = counting();
    await losses({ maxEpochs: 2, runDir: folder.path, callbacks: [resumed] }, { resume: "last" });
    expect(resumed.count).to.equal(8);
  });

  it("writes a servable model beside the last and the best state, and returns the best", async () => {
    await using folder = await temporaryFolder();
    const trainer = new Trainer({
      progress: false,
      maxEpochs: 6,
      runDir: folder.path,
      checkpoint: { monitor: "validation/scale", mode: "min" },
    });
    const seen = watch(trainer);
    await using returned = await trainer.fit(new TinyModel(), { train, validation });
    const best = seen.of("checkpoint").filter((event) => event.as === "best");
    expect(best.length).to.be.greaterThan(0);
    const scores = seen
      .of("validationEnd")
      .slice(1)
      .map(({ values }) => values["validation/scale"] ?? NaN);
    expect(best.at(-1)?.score).to.equal(Math.min(...scores));
    await using loaded = await SimilarityModel.load<readonly number[]>(
      join(folder.path, "run-1/checkpoints/best/model"),
      { parts },
    );
    const items = validation.samples.map(({ item }) => item);
    expect(await loaded.encode(items)).to.deep.equal(await returned.encode(items));
  });

  it("takes the newest run, and a new run gets a folder of its own", async () => {
    await using folder = await temporaryFolder();
    await losses({ maxEpochs: 1, runDir: folder.path });
    await losses({ maxEpochs: 1, runDir: folder.path });
    expect(existsSync(join(folder.path, "run-2/checkpoints/last/training.json"))).to.equal(true);
    await losses({ maxEpochs: 2, runDir: folder.path }, { resume: "last" });
    expect(existsSync(join(folder.path, "run-3"))).to.equal(false);
    for (const file of ["config.json", "metrics.csv", "metrics.jsonl"]) {
      expect(existsSync(join(folder.path, "run-2", file)), file).to.equal(true);
    }
  });

  it("refuses a checkpoint of another model, listing every difference", async () => {
    await using folder = await temporaryFolder();
    await losses({ maxEpochs: 1, runDir: folder.path });
    class Other extends TinyModel {
      override configureHead(inputSize: number): TinyHead {
        return new TinyHead(inputSize, 3);
      }
      override configureOptimizer() {
        return adamw({ learningRate: 0.5 });
      }
    }
    const trainer = new Trainer({ progress: false, maxEpochs: 2, runDir: folder.path, seed: 5 });
    const error = await trainer
      .fit(new Other(), { train }, { resume: "last", parts })
      .catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(AssemblyError);
    expect((error as AssemblyError).problems.map((problem) => problem.split(":")[0])).to.deep.equal([
      "head",
      "optimizer",
      "seed",
    ]);
  });

  it("says where it looked when there is nothing to resume, and refuses a damaged checkpoint", async () => {
    await using folder = await temporaryFolder();
    const attempt = async (resume: string): Promise<unknown> =>
      new Trainer({ progress: false, maxEpochs: 1, runDir: folder.path })
        .fit(new TinyModel(), { train }, { resume, parts })
        .catch((thrown: unknown) => thrown);
    expect(await attempt("last")).to.be.instanceOf(UsageError);
    expect(await attempt(join(folder.path, "nowhere"))).to.be.instanceOf(UsageError);
    await losses({ maxEpochs: 1, runDir: folder.path });
    const last = join(folder.path, "run-1/checkpoints/last");
    const weights = join(last, "training.safetensors");
    const bytes = await readFile(weights);
    await writeFile(weights, bytes.subarray(0, bytes.length - 10));
    expect(await attempt("last")).to.be.instanceOf(FileFormatError);
    await writeFile(join(last, "training.json"), "{}");
    expect(await attempt("last")).to.be.instanceOf(FileFormatError);
  });
});

describe("SimilarityModel.save", () => {
  it("refuses a folder that holds other things and leaves it alone", async () => {
    await using folder = await temporaryFolder();
    await using model = await new Trainer({ progress: false, maxEpochs: 1 }).fit(new TinyModel(), { train });
    const taken = join(folder.path, "taken");
    await mkdir(taken);
    await writeFile(join(taken, "thesis.txt"), "years of work");
    const error = await model.save(taken).catch((thrown: unknown) => thrown);
    expect((error as Error).message).to.match(/holds other things that would be lost \(.*thesis\.txt/u);
    expect(await readFile(join(taken, "thesis.txt"), "utf8")).to.equal("years of work");
    const own = join(folder.path, "model");
    await model.save(own);
    await model.save(own);
    await using again = await SimilarityModel.load<readonly number[]>(own, { parts });
    const items = train.samples.slice(0, 5).map(({ item }) => item);
    expect(await again.encode(items)).to.deep.equal(await model.encode(items));
  });

  it("names the class that is needed to load a model", async () => {
    await using folder = await temporaryFolder();
    await using model = await new Trainer({ progress: false, maxEpochs: 1 }).fit(new TinyModel(), { train });
    await model.save(join(folder.path, "model"));
    const error = await SimilarityModel.load(join(folder.path, "model")).catch((thrown: unknown) => thrown);
    expect((error as Error).message).to.match(/encoder "TinyEncoder" is not known.*\{ parts: \[TinyEncoder/u);
  });
});
