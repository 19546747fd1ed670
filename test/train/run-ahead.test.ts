import { expect } from "chai";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { Trainer, XbmConfig, type Callback, type TrainerOptions } from "likewise";
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
  { model = new Scheduled(), loader = train, stopAt = Infinity } = {},
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
  const trainer = new Trainer({ engine: "compiled", progress: false, maxEpochs: 3, callbacks: [reader], ...options });
  const seen = watch(trainer);
  try {
    await trainer.fit(model, { train: loader, validation });
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
});
