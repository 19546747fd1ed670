import { expect } from "chai";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { CacheConfig, Trainer, XbmConfig, type Callback, type Loader, type TrainerOptions } from "likewise";
import { GroupLoader } from "likewise/data";
import { adam, linear } from "likewise/optim";
import { TripletLoss } from "likewise/losses";
import { CompiledSession } from "../../lib/engine/compiled-session.js";
import type { HostTensors } from "../../lib/tensor/host.js";
import { TinyLoader, TinyModel, tinySamples } from "../support/tiny.js";
import { watch } from "../support/watch.js";

const train = new TinyLoader(tinySamples(6, 10), 12);
const validation = new TinyLoader(tinySamples(6, 4, 6, 2), 12);

/** Dropout, and a learning rate that is another at every step. */
class Scheduled extends TinyModel {
  override configureOptimizer() {
    return adam({ learningRate: linear({ from: 0.05 }) });
  }
}

class Remembering extends Scheduled {
  override configureLoss() {
    return new TripletLoss({ mining: "hard" });
  }
  override configureXbm() {
    return new XbmConfig({ bufferSize: 20, startStep: 2 });
  }
}

/** Vectors from a cache, so that epochs are of places. */
class Kept extends Scheduled {
  constructor(readonly remembers = false) {
    super();
  }
  override configureCaches() {
    return new CacheConfig();
  }
  override configureLoss() {
    return new TripletLoss({ mining: "hard" });
  }
  override configureXbm() {
    return this.remembers ? new XbmConfig({ bufferSize: 20, startStep: 2 }) : null;
  }
}

const places = (): Loader<"group", readonly number[]> =>
  new GroupLoader(tinySamples(6, 10), { batchSize: 12, balance: { perGroup: 4 } });

/** The second batch of each epoch holds a NaN. */
class Poisoned extends TinyLoader {
  override async *epoch(request: Parameters<TinyLoader["epoch"]>[0]) {
    for await (const batch of super.epoch(request)) {
      yield batch.position === 1 ? { ...batch, items: batch.items.map(() => [NaN, 0, 0, 0, 0, 0]) } : batch;
    }
  }
}

interface Outcome {
  readonly losses: readonly number[];
  readonly parameters: HostTensors;
  /** Training steps that had been started ahead. */
  readonly ahead: number;
}

/** A run, with what its last step left. */
async function outcome(
  options: TrainerOptions,
  {
    callbacks = [] as Callback[],
    model = new Scheduled() as TinyModel,
    loader = train as Loader<"group", readonly number[]>,
    stopAt = Infinity,
    validates = true,
  } = {},
): Promise<Outcome> {
  let parameters: HostTensors = {};
  const reader: Callback = {
    readsParameters: true,
    onFitEnd: async (context) => void (parameters = await context.parameters()),
    onTrainBatchEnd: ({ step, stop }) => (step === stopAt ? stop("far enough") : undefined),
  };
  let ahead = 0;
  const note = (message: unknown): void => {
    const run = message as { readonly program: string; readonly ahead: boolean };
    if (run.ahead && /step|accumulate/u.test(run.program)) ahead += 1;
  };
  subscribe("likewise:native-run", note);
  const trainer = new Trainer({
    engine: "compiled",
    progress: false,
    maxEpochs: 3,
    callbacks: [reader, ...callbacks],
    ...options,
  });
  const seen = watch(trainer);
  try {
    await trainer.fit(model, { train: loader, ...(validates ? { validation } : {}) });
  } finally {
    unsubscribe("likewise:native-run", note);
  }
  return { losses: seen.losses(), parameters, ahead };
}

/** The same with a session that does one thing after the other. */
async function inTurn(...request: Parameters<typeof outcome>): Promise<Outcome> {
  const { ahead } = CompiledSession.prototype;
  CompiledSession.prototype.ahead = () => undefined;
  try {
    return await outcome(...request);
  } finally {
    CompiledSession.prototype.ahead = ahead;
  }
}

describe("Training that starts on the next batch ahead", () => {
  let runs: string;
  beforeEach(() => {
    runs = mkdtempSync(join(tmpdir(), "likewise-"));
  });
  afterEach(() => rmSync(runs, { recursive: true, force: true }));

  const cases: Readonly<Record<string, () => Parameters<typeof outcome>>> = {
    "with a schedule and dropout": () => [{}],
    "with a validation every other step": () => [{ validateEvery: { steps: 2 } }],
    "with a checkpoint at every step": () => [
      { checkpoint: { everySteps: 1 }, runDir: mkdtempSync(join(runs, "run-")) },
    ],
    "with accumulated gradients": () => [{ accumulate: 3 }],
    "with averaged parameters": () => [{ ema: { decay: 0.9 } }],
    "with a memory": () => [{}, { model: new Remembering() }],
    "with batches that are left out": () => [{ onNonFinite: "skip" }, { loader: new Poisoned(train.samples, 12) }],
    "stopped in the middle of an epoch": () => [{}, { stopAt: 7 }],
    "over the ends of epochs": () => [{}, { model: new Kept(), loader: places(), validates: false }],
    "over the ends of epochs with a memory": () => [{}, { model: new Kept(true), loader: places(), validates: false }],
    "over the ends of epochs with checkpoints there": () => [
      { checkpoint: { everyEpochs: 1 }, runDir: mkdtempSync(join(runs, "run-")) },
      { model: new Kept(), loader: places(), validates: false },
    ],
    "stopped at the end of an epoch": () => [
      {},
      { model: new Kept(), loader: places(), validates: false, stopAt: 2 * (places().batchesPerEpoch as number) },
    ],
    "with a limit of steps at the end of an epoch": () => [
      { maxSteps: 2 * (places().batchesPerEpoch as number) },
      { model: new Kept(), loader: places(), validates: false },
    ],
  };
  for (const [name, request] of Object.entries(cases)) {
    it(`gives the same losses and parameters ${name}`, async () => {
      const plain = await inTurn(...request());
      const { losses, parameters, ahead } = await outcome(...request());
      expect(losses).to.have.length.greaterThan(5);
      expect(losses).to.deep.equal(plain.losses);
      expect(parameters).to.deep.equal(plain.parameters);
      expect(plain.ahead).to.equal(0);
      expect(ahead).to.be.greaterThan(2);
    });
  }

  it("starts on every batch but the first two and those that begin an epoch", async () => {
    // Five batches an epoch; the first compiles while the second would be started.
    expect((await outcome({})).ahead).to.equal(3 + 4 + 4);
  });

  it("starts on the first batch of the next epoch too, where epochs of places follow each other", async () => {
    const loader = places();
    const kept = { model: new Kept(), loader };
    const batches = loader.batchesPerEpoch as number;
    const [first, following] = [batches - 2, batches];
    const behindValidation = batches - 1;
    expect(batches).to.be.greaterThan(3);
    expect((await outcome({}, { ...kept, validates: false })).ahead).to.equal(first + 2 * following);
    expect((await outcome({}, { ...kept, validates: true })).ahead).to.equal(first + 2 * behindValidation);
    const everyOther = await outcome({ validateEvery: { epochs: 2 } }, kept);
    expect(everyOther.ahead).to.equal(first + following + behindValidation);
    const limited = await outcome({ maxSteps: 2 * batches }, { ...kept, validates: false });
    expect(limited.ahead).to.equal(first + following);
  });

  it("asks a loader of items for an epoch only when the one before it has ended", async () => {
    const asked: string[] = [];
    class Noted extends TinyLoader {
      override epoch(request: Parameters<TinyLoader["epoch"]>[0]) {
        asked.push(`epoch ${request.epoch}`);
        return super.epoch(request);
      }
    }
    const noting: Callback = { onTrainEpochEnd: () => void asked.push("end") };
    const loader = new Noted(train.samples, 12);
    const { ahead } = await outcome(
      { maxEpochs: 2 },
      { callbacks: [noting], model: new Kept(), loader, validates: false },
    );
    const training = asked.slice(asked.lastIndexOf("epoch 0"));
    expect(training).to.deep.equal(["epoch 0", "end", "epoch 1", "end"]);
    expect(ahead).to.equal(3 + 4);
  });
});
