import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { expect } from "chai";
import { Trainer, UsageError, type Callback, type HostTensors } from "likewise";
import { sgd } from "likewise/optim";
import { NativeThread } from "../../lib/engine/onnx/native-thread.js";
import { expectClose } from "../support/close.js";
import { failure } from "../support/failure.js";
import { TinyLoader, TinyModel, tinySamples } from "../support/tiny.js";

class Tiny extends TinyModel {
  override configureOptimizer() {
    return sgd({ learningRate: 0.05 });
  }
}

/** What is asked of native threads while a body runs, in order. */
async function asked(body: (tasks: readonly string[]) => Promise<unknown>): Promise<readonly string[]> {
  const tasks: string[] = [];
  const threads = NativeThread.prototype;
  const descriptor = Object.getOwnPropertyDescriptor(threads, "ask") as PropertyDescriptor;
  const { ask } = threads;
  threads.ask = function (this: NativeThread, ...given: Parameters<NativeThread["ask"]>) {
    tasks.push(given[0].type);
    return ask.apply(this, given);
  } as NativeThread["ask"];
  try {
    await body(tasks);
  } finally {
    Object.defineProperty(threads, "ask", descriptor);
  }
  return tasks;
}

function count(tasks: readonly string[], type: string): number {
  return tasks.filter((task) => task === type).length;
}

type TrainerSetup = NonNullable<ConstructorParameters<typeof Trainer>[0]>;

/** Trains on 6 groups of points in batches of 12: with 8 points in each, four batches an epoch. */
async function train(options: TrainerSetup, perGroup = 8): Promise<void> {
  const trainer = new Trainer({ progress: false, engine: "compiled", checkpoint: false, maxEpochs: 3, ...options });
  await using _ = await trainer.fit(new Tiny(), { train: new TinyLoader(tinySamples(6, perGroup), 12) });
}

describe("parameters while training on the compiled engine", () => {
  it("are current at every hook of a callback that declares that it reads them, and read only there", async () => {
    const read = async (engine: "compiled" | "eager"): Promise<HostTensors[]> => {
      const published: HostTensors[] = [];
      const callback: Callback = {
        readsParameters: true,
        onTrainBatchEnd: async (context) => {
          if (context.step % 3 === 0) published.push(await context.parameters());
        },
      };
      await train({ engine, callbacks: [callback] });
      return published;
    };
    let compiled: HostTensors[] = [];
    const tasks = await asked(async () => (compiled = await read("compiled")));
    const eager = await read("eager");
    expect(compiled.length).to.equal(4);
    expect(count(tasks.slice(0, tasks.lastIndexOf("run")), "read")).to.equal(3);
    const [names] = eager.map(Object.keys);
    expect(names).to.not.be.empty;
    compiled.forEach((parameters, at) => {
      expect(Object.keys(parameters)).to.deep.equal(names);
      for (const name of names ?? [])
        expectClose(parameters[name]?.data, eager[at]?.[name]?.data, { relative: 1e-5, absolute: 1e-6, what: name });
    });
    expect(compiled[1]).to.not.deep.equal(compiled[0]);
  });

  it("are not read during steps that nobody asks about", async () => {
    const tasks = await asked(() => train({}));
    const [first, last] = [tasks.indexOf("run"), tasks.lastIndexOf("run")];
    expect(count(tasks, "run")).to.equal(12);
    expect(tasks.slice(first, last)).to.not.include("read");
  });

  it("are refused to a callback that does not declare that it reads them, with what to declare", async () => {
    const callback: Callback = {
      name: "curious",
      onTrainBatchEnd: async (context) => void (await context.parameters()),
    };
    const error = await failure(train({ callbacks: [callback] }));
    expect(error).to.be.instanceOf(UsageError);
    expect(error.message).to.equal("callback curious reads parameters; declare it: readsParameters = true");
  });
});

describe("a run on the compiled engine", () => {
  it("compiles each batch shape once, a short last batch too, over all epochs", async () => {
    const told: { program?: unknown; milliseconds?: unknown }[] = [];
    const listen = (message: unknown): void => void told.push(message as (typeof told)[number]);
    subscribe("likewise:compiled", listen);
    const tasks = await asked(() => train({ maxEpochs: 4 }, 7)).finally(() => unsubscribe("likewise:compiled", listen));
    expect(told.map(({ program }) => program)).to.deep.equal(["step", "step"]);
    for (const { milliseconds } of told) expect(milliseconds).to.be.greaterThan(0);
    expect(count(tasks, "run")).to.equal(16);
    expect(count(tasks, "load")).to.equal(2);
    expect(tasks).to.not.include("unload");
  });

  it("leaves the event loop to timers", async () => {
    let ticks = 0;
    let timer: NodeJS.Timeout | null = null;
    let started = 0;
    let seconds = 0;
    const callback: Callback = {
      onTrainBatchEnd: ({ step, stop }) => {
        // Compiling is done by the first step; what counts is after it.
        if (step === 1) {
          started = performance.now();
          timer = setInterval(() => (ticks += 1), 5);
        }
        seconds = (performance.now() - started) / 1000;
        if (step > 1 && seconds > 0.3) stop("long enough");
      },
    };
    try {
      await train({ maxEpochs: 100_000, callbacks: [callback] });
    } finally {
      if (timer !== null) clearInterval(timer);
    }
    // Two hundred a second are due; a blocked event loop would give next to none.
    expect(ticks / seconds).to.be.greaterThan(20);
  });
});
