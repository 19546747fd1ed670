import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import {
  attach,
  CheckpointConfig,
  ConfigError,
  Metric,
  SimilarityModel,
  StorageError,
  Trainer,
  type Callback,
  type FitOptions,
  type HostMatrix,
  type TrainerOptions,
} from "likewise";
import { adam, linear } from "likewise/optim";
import { CheckpointWriter } from "../../lib/train/checkpoint-writer.js";
import { readKept } from "../../lib/train/kept-checkpoints-file.js";
import { temporaryFolder } from "../support/folder.js";
import { TinyEncoder, TinyHead, TinyLoader, TinyModel, tinySamples } from "../support/tiny.js";
import { watch } from "../support/watch.js";

const train = new TinyLoader(tinySamples(6, 8), 12);
const validation = new TinyLoader(tinySamples(6, 4, 6, 2), 12);
const parts = [TinyEncoder, TinyHead];

/** The sum of all numbers, which depends on every row and on the batches they came in. */
class Sum extends Metric<"group"> {
  readonly name = "sum";
  readonly higherIsBetter = true;
  #value = 0;
  override update({ data }: HostMatrix): void {
    this.#value = data.reduce((sum, value) => sum + value, this.#value * 0.9);
  }
  override value(): Promise<number> {
    return Promise.resolve(this.#value);
  }
  override reset(): void {
    this.#value = 0;
  }
}

class Summing extends TinyModel {
  override configureMetrics() {
    return attach(new Sum(), { stages: ["train", "validation"] });
  }
  override configureOptimizer() {
    return adam({ learningRate: linear({ from: 0.1, to: 0 }) });
  }
}

async function run(options: TrainerOptions & { callbacks?: readonly Callback[] }, fit: FitOptions = {}) {
  const trainer = new Trainer({ progress: false, logs: [], ...options });
  const seen = watch(trainer);
  const error: unknown = await trainer
    .fit(new Summing(), { train, validation }, { parts, ...fit })
    .then(() => null)
    .catch((thrown: unknown) => thrown);
  return { seen, error };
}

describe("CheckpointConfig", () => {
  it("has defaults, and lists every problem", () => {
    expect({ ...new CheckpointConfig() }).to.deep.equal({
      ...{ monitor: null, mode: null, saveTopK: 1, saveLast: true, everyEpochs: 1, everySteps: null },
      ...{ everyMinutes: null, filename: null, onException: true },
    });
    const wrong = { saveTopK: -2, everySteps: 0, everyMinutes: 0, filename: "../{step}", mode: "best", onException: 1 };
    expect(() => new CheckpointConfig(wrong as unknown as Partial<CheckpointConfig>))
      .to.throw(ConfigError)
      .that.satisfies(({ problems }: ConfigError) =>
        Object.keys(wrong).every((key) => problems.some((problem) => problem.startsWith(`${key}:`))),
      );
    for (const filename of ["", ".hidden", "last", "a/b", "{step"]) {
      expect(() => new CheckpointConfig({ filename }), filename).to.throw(ConfigError);
    }
  });

  it("refuses to keep several best without something to watch", async () => {
    const { error } = await run({ maxEpochs: 1, checkpoint: { saveTopK: 3 } });
    expect((error as Error).message).to.match(/saveTopK: 3 needs a monitor/u);
  });
});

describe("The best checkpoints of a run", () => {
  for (const saveTopK of [2, -1]) {
    it(`are kept under names of their own, best first, ${saveTopK === -1 ? "all of them" : "two of them"}`, async () => {
      await using folder = await temporaryFolder();
      const filename = "epoch{epoch}-loss{validation/loss:.1f}";
      const checkpoint = { monitor: "validation/sum", saveTopK, filename } as const;
      const { seen, error } = await run({ maxEpochs: 6, runDir: folder.path, checkpoint });
      expect(error).to.equal(null);
      const validations = seen.of("validationEnd").slice(1);
      const scores = validations.map(({ values }) => values["validation/sum"] ?? NaN).sort((a, b) => b - a);
      const place = join(folder.path, "run-1/checkpoints");
      const kept = await readKept(place);
      const count = saveTopK === -1 ? 6 : 2;
      expect(kept.map(({ score }) => score)).to.deep.equal(scores.slice(0, count));
      expect((await readdir(place)).sort()).to.deep.equal(
        [...kept.map(({ name }) => name), "kept.json", "last"].sort(),
      );
      for (const { name, step } of kept) {
        expect(name).to.match(new RegExp(`^epoch${step / 4 - 1}-loss\\d+\\.\\d$`, "u"));
        await using model = await SimilarityModel.load(join(place, name, "model"), { parts });
        expect(model).to.be.instanceOf(SimilarityModel);
      }
      const resumed = await run({ maxEpochs: 6, runDir: folder.path, checkpoint }, { resume: "best" });
      expect(resumed.seen.of("assembled")[0]?.step).to.equal(kept[0]?.step);
    });
  }

  it("are none with saveTopK 0; the returned model is the best all the same", async () => {
    await using folder = await temporaryFolder();
    await run({ maxEpochs: 2, runDir: folder.path, checkpoint: { monitor: "validation/sum", saveTopK: 0 } });
    expect(await readdir(join(folder.path, "run-1/checkpoints"))).to.deep.equal(["last"]);
  });

  it("say which names there are when a pattern asks for another", async () => {
    await using folder = await temporaryFolder();
    const checkpoint = { monitor: "validation/loss", filename: "{validation/los}" };
    const { error, seen } = await run({ maxEpochs: 1, runDir: folder.path, checkpoint });
    expect((error as Error).message).to.match(
      /filename: "validation\/los" is not logged by validation; there are: .*validation\/loss/u,
    );
    expect(seen.losses(), "steps before it is said").to.deep.equal([]);
    const later = { monitor: "validation/loss", filename: "{train/los}" };
    expect((await run({ maxEpochs: 1, runDir: folder.path, checkpoint: later })).error)
      .to.be.instanceOf(Error)
      .with.property("message")
      .that.matches(/filename: "train\/los" was not logged; there are: .*train\/loss/u);
  });
});

describe("The last checkpoint of a run", () => {
  it("is written when the run fails, and goes on from there", async () => {
    await using folder = await temporaryFolder();
    const whole = await run({ maxEpochs: 3 });
    const failing: Callback = {
      onTrainBatchEnd: ({ step }) => {
        if (step === 7) throw new Error("the user's own mistake");
      },
    };
    const { seen, error } = await run({ maxEpochs: 3, runDir: folder.path, callbacks: [failing] });
    expect((error as Error).message).to.equal("the user's own mistake");
    const resumed = await run({ maxEpochs: 3, runDir: folder.path }, { resume: "last" });
    expect(resumed.seen.of("assembled")[0]?.step).to.equal(7);
    // The step that failed was trained, though nothing was told of it.
    expect([...seen.losses(), ...resumed.seen.losses()]).to.deep.equal(whole.seen.losses().toSpliced(6, 1));
    await using other = await temporaryFolder();
    await run({
      maxEpochs: 3,
      runDir: other.path,
      callbacks: [failing],
      checkpoint: { everyEpochs: null, onException: false },
    });
    expect(existsSync(join(other.path, "run-1/checkpoints"))).to.equal(false);
  });

  it("does not wait until every best state is written", async () => {
    await using folder = await temporaryFolder();
    const checkpoint = { monitor: "train/loss", saveTopK: -1 } as const;
    const { seen } = await run({ maxEpochs: 12, runDir: folder.path, checkpoint });
    const told = seen.of("checkpoint").map(({ as }) => as === "last");
    expect(told.slice(0, 8)).to.include(true);
    expect(told.filter((isLast) => isLast).length).to.be.greaterThan(3);
  });

  it("is written by the clock", async () => {
    await using folder = await temporaryFolder();
    const slow: Callback = { onTrainBatchEnd: () => new Promise((resolve) => setTimeout(resolve, 10)) };
    const checkpoint = { everyEpochs: null, everyMinutes: 0.04 / 60 };
    const { seen } = await run({ maxEpochs: 5, runDir: folder.path, callbacks: [slow], checkpoint });
    expect(seen.of("checkpoint").length).to.be.within(3, 8);
  });

  it("goes on in the middle of an epoch with the same losses, rates, metrics and judgement", async () => {
    const options = { maxEpochs: 4, logEvery: 1, earlyStopping: { monitor: "train/sum", patience: 9 } } as const;
    const whole = await run(options);
    for (const at of [2, 6, 11]) {
      await using folder = await temporaryFolder();
      const controller = new AbortController();
      const stop: Callback = { onTrainBatchEnd: ({ step }) => void (step === at && controller.abort()) };
      const first = await run({ ...options, runDir: folder.path, callbacks: [stop] }, { signal: controller.signal });
      const second = await run({ ...options, runDir: folder.path }, { resume: "last" });
      expect(second.error).to.equal(null);
      const values = ({ seen }: typeof whole): unknown[] => seen.of("metrics").map((event) => event);
      expect([...values(first), ...values(second)]).to.deep.equal(values(whole));
    }
  });

  it("goes on elsewhere within rounding, and says so", async function () {
    const known = await run({ maxEpochs: 1, engine: "compiled" });
    if (known.error !== null) return this.skip(); // needs onnxruntime-node
    await using folder = await temporaryFolder();
    const whole = await run({ maxSteps: 8, engine: "eager" });
    const controller = new AbortController();
    const stop: Callback = { onTrainBatchEnd: ({ step }) => void (step === 4 && controller.abort()) };
    const first = await run(
      { maxSteps: 8, runDir: folder.path, engine: "eager", callbacks: [stop] },
      { signal: controller.signal },
    );
    const again = await run({ maxSteps: 8, runDir: folder.path, engine: "compiled" }, { resume: "last" });
    expect(first.seen.losses()).to.have.length(4);
    const [told] = again.seen.of("warning").filter(({ code }) => code === "RESUMED_ELSEWHERE");
    expect(told?.message).to.match(/engine was eager.*, is compiled.*within rounding/u);
    expect(again.seen.losses()).to.have.length(4);
    // From one state; afterwards Adam may make much of a rounding.
    expect(again.seen.losses()[0]).to.be.closeTo(whole.seen.losses()[4] ?? NaN, 1e-5);
    const same = await run({ maxSteps: 9, runDir: folder.path, engine: "compiled" }, { resume: "last" });
    expect(same.seen.of("warning").map(({ code }) => code)).not.to.include("RESUMED_ELSEWHERE");
    return undefined;
  });
});

describe("CheckpointWriter", () => {
  const job = (path: string, write: () => Promise<void>, replaces = true) => ({ path, write, told: path, replaces });

  it("writes in order, leaves out what is replaced while it waits, and tells what is on disk", async () => {
    const writer = new CheckpointWriter<string>();
    const order: string[] = [];
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const write =
      (name: string, wait: Promise<void> = Promise.resolve()) =>
      async (): Promise<void> => {
        await wait;
        order.push(name);
      };
    await writer.add(job("last", write("last 1", gate)));
    await new Promise((resolve) => setImmediate(resolve));
    await writer.add(job("last", write("last 2")));
    await writer.add(job("best", write("best")));
    await writer.add(job("last", write("last 3")));
    expect(writer.take()).to.deep.equal([]);
    open();
    await writer.finish();
    expect(order, "it keeps its place").to.deep.equal(["last 1", "last 3", "best"]);
    expect(writer.take()).to.deep.equal(["last", "last", "best"]);
    expect(writer.take()).to.deep.equal([]);
  });

  it("writes every state of a list, in order, and after a failure only what stands for itself", async () => {
    const writer = new CheckpointWriter<string>();
    const order: string[] = [];
    const write = (name: string) => (): Promise<void> => {
      order.push(name);
      return name === "second" ? Promise.reject(new Error("no space")) : Promise.resolve();
    };
    await writer.add(job("kept", write("first"), false));
    await writer.add(job("kept", write("second"), false));
    await Promise.allSettled([writer.add(job("other", write("third"), false)), writer.add(job("last", write("last")))]);
    await writer.settle();
    expect(() => writer.take()).to.throw(StorageError);
    expect(order).to.deep.equal(["first", "second", "last"]);
    await writer.add(job("last", write("later"))).catch(() => undefined);
    await writer.settle();
    expect(order.at(-1)).to.equal("later");
  });

  it("throws a failure at the next safe point, once and for all", async () => {
    const writer = new CheckpointWriter<string>();
    const full = Object.assign(new Error("no space"), { code: "ENOSPC" });
    await writer.add(job("last", () => Promise.reject(full)));
    await writer.settle();
    expect(() => writer.take()).to.throw(StorageError, /the disk is full, ENOSPC/u);
    const error: unknown = await writer.add(job("last", () => Promise.resolve())).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(StorageError);
    expect((error as Error).cause).to.equal(full);
  });
});

describe("A loader that announces another number of batches than it gives", () => {
  class Wrong extends TinyLoader {
    override get batchesPerEpoch(): number {
      return 3;
    }
    override async *epoch(request: Parameters<TinyLoader["epoch"]>[0]): ReturnType<TinyLoader["epoch"]> {
      for (let part = 0; part < 2; part += 1)
        for await (const batch of super.epoch(request)) yield { ...batch, position: batch.position + 3 * part };
    }
  }

  it("is told once, when a schedule runs towards that number", async () => {
    const trainer = new Trainer({ progress: false, maxEpochs: 3 });
    const seen = watch(trainer);
    await trainer.fit(new Summing(), { train: new Wrong(tinySamples(6, 8), 12) });
    const told = seen.of("warning").filter(({ code }) => code === "SCHEDULE");
    expect(told).to.have.length(1);
    expect(told[0]?.message).to.match(/announced 3 batches an epoch and gave 6/u);
    const plain = watch(trainer);
    await trainer.fit(new TinyModel(), { train: new Wrong(tinySamples(6, 8), 12) });
    expect(plain.of("warning").filter(({ code }) => code === "SCHEDULE")).to.have.length(0);
  });
});
