import { expect } from "chai";
import { log, Trainer, UsageError, type Callback, type Results } from "likewise";
import { TinyLoader, TinyModel, tinySamples } from "../support/tiny.js";
import { watch } from "../support/watch.js";

const train = new TinyLoader(tinySamples(6, 4), 12);
const validation = new TinyLoader(tinySamples(6, 2, 6, 2), 12);

/** Writes down every hook it is called with. */
function recorder(calls: string[], label: string): Callback {
  const hooks = new Proxy({} as Callback, {
    get: (_target, name) => {
      if (typeof name !== "string" || !/^(on|setup|teardown)/u.test(name)) return undefined;
      return async () => {
        await Promise.resolve();
        calls.push(`${label}${name}`);
      };
    },
  });
  return hooks;
}

describe("Callbacks", () => {
  it("are awaited in order, hook by hook", async () => {
    const calls: string[] = [];
    const trainer = new Trainer({
      progress: false,
      maxEpochs: 1,
      callbacks: [recorder(calls, "a:"), recorder(calls, "b:")],
    });
    await trainer.fit(new TinyModel(), { train, validation });
    expect(calls.filter((call) => call.startsWith("a:")).map((call) => call.slice(2))).to.deep.equal([
      "setup",
      "onSanityCheckStart",
      "onValidationBatchEnd",
      "onSanityCheckEnd",
      "onFitStart",
      "onTrainEpochStart",
      "onTrainBatchStart",
      "onTrainBatchEnd",
      "onTrainBatchStart",
      "onTrainBatchEnd",
      "onTrainEpochEnd",
      "onValidationStart",
      "onValidationBatchEnd",
      "onValidationEnd",
      "onFitEnd",
      "teardown",
    ]);
    for (let i = 0; i < calls.length; i += 2) expect(calls[i + 1]).to.equal(calls[i]?.replace("a:", "b:"));
  });

  it("are called once a hook in a second run of the same trainer too, as are its own", async () => {
    const calls: string[] = [];
    const trainer = new Trainer({ progress: false, maxEpochs: 1, earlyStopping: {}, callbacks: [recorder(calls, "")] });
    await trainer.fit(new TinyModel(), { train, validation });
    const first = calls.splice(0);
    await trainer.fit(new TinyModel(), { train, validation });
    expect(calls).to.deep.equal(first);
    expect(calls.filter((call) => call === "onFitStart")).to.have.length(1);
  });

  it("can end the run, log numbers and see the latest of them", async () => {
    const seenMetrics: number[] = [];
    const trainer = new Trainer({
      progress: false,
      maxEpochs: 10,
      callbacks: [
        {
          onTrainBatchEnd({ log: write, step }, { size }) {
            write("steps", step, { weight: size });
          },
          onTrainEpochEnd({ metrics, stop, epoch }) {
            seenMetrics.push(metrics["steps"] ?? NaN);
            if (epoch === 1) stop("that is enough");
          },
        },
      ],
    });
    const seen = watch(trainer);
    await trainer.fit(new TinyModel(), { train });
    expect(seenMetrics).to.deep.equal([1.5, 3.5]);
    expect(seen.of("stopped")[0]).to.include({ reason: "callback", message: "that is enough", step: 4 });
  });

  it("see errors, and teardown runs all the same", async () => {
    const calls: string[] = [];
    const failing: Callback = {
      onTrainBatchEnd() {
        throw new Error("mine");
      },
    };
    const trainer = new Trainer({ progress: false, maxEpochs: 1, callbacks: [recorder(calls, ""), failing] });
    const error = await trainer.fit(new TinyModel(), { train }).catch((thrown: unknown) => thrown);
    expect((error as Error).message).to.equal("mine");
    expect(calls.slice(-2)).to.deep.equal(["onException", "teardown"]);
    // The trainer is free again.
    await new Trainer({ progress: false, maxEpochs: 1 }).fit(new TinyModel(), { train });
  });

  it("must declare that they read parameters, and be named when they have state", async () => {
    const reading: Callback = {
      async onFitStart({ parameters }) {
        await parameters();
      },
    };
    const error = await new Trainer({ progress: false, maxEpochs: 1, callbacks: [reading] })
      .fit(new TinyModel(), { train })
      .catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(UsageError);
    expect((error as Error).message).to.match(/readsParameters = true/u);
    expect(() => new Trainer({ callbacks: [{ state: () => 1 }] })).to.throw(UsageError, /needs a name/u);
  });
});

describe("processResults and log", () => {
  it("sees every batch of every stage and logs weighted means", async () => {
    const stages: string[] = [];
    class Logging extends TinyModel {
      override processResults({ stage, embeddings, targets, batch }: Results<"group">): void {
        stages.push(`${stage} ${batch}`);
        expect(embeddings.rows).to.equal(targets.groups.length);
        log(`${stage}/rows`, embeddings.rows);
      }
    }
    const uneven = new TinyLoader(tinySamples(6, 3), 12); // batches of 12 and 6
    const trainer = new Trainer({ progress: false, maxEpochs: 1, sanityValidationBatches: 0 });
    const seen = watch(trainer);
    await trainer.fit(new Logging(), { train: uneven, validation: uneven });
    expect(stages).to.deep.equal(["train 0", "train 1", "validation 0", "validation 1"]);
    expect(seen.of("epochEnd")[0]?.values["train/rows"]).to.be.closeTo((12 * 12 + 6 * 6) / 18, 1e-9);
    expect(seen.of("validationEnd")[0]?.values["validation/rows"]).to.be.closeTo((12 * 12 + 6 * 6) / 18, 1e-9);
  });

  it("log does nothing outside a run", () => {
    expect(() => {
      log("alone", 1);
    }).to.not.throw();
  });
});
