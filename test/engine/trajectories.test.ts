import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { expect } from "chai";
import { VectorEncoder } from "likewise/encoders";
import { DenseHead, SkipConnectionHead } from "likewise/heads";
import { MultipleNegativesRankingLoss } from "likewise/losses";
import * as optim from "likewise/optim";
import type { Engine } from "../../lib/contracts/engine.js";
import { CompiledEngine, EagerEngine } from "../../lib/engine/index.js";
import { Random } from "../../lib/random.js";
import { hostScalar, type HostTensors } from "../../lib/tensor/host.js";
import { mapEntries, prefixed } from "../../lib/tensor/tree.js";
import { EXAMPLES } from "../losses/contract-examples.js";
import { expectClose } from "../support/close.js";
import { frozenRows, stepOf, type Step } from "./onnx/step-cases.js";

/** Losses without a hardest row, a threshold or a rank, which rounding could decide another way after some steps. */
const smooth = [
  ...["AnglELoss", "ArcFaceLoss", "CircleLoss", "CoSENTLoss", "CosFaceLoss", "CosineSimilarityLoss"],
  ...["MultipleNegativesRankingLoss", "NCALoss", "NormalizedSoftmaxLoss", "NPairsLoss", "NTXentLoss", "P2SGradLoss"],
  ...["ProxyAnchorLoss", "ProxyNCALoss", "SoftmaxLoss", "SoftTripleLoss", "SupervisedContrastiveLoss", "VICRegLoss"],
] as const;
const STEPS = 20;

let engines: readonly [compiled: Engine, eager: Engine];
before(async () => {
  engines = [await CompiledEngine.open({ threads: 1 }), await EagerEngine.open()];
});
after(async () => {
  for (const engine of engines) await engine[Symbol.asyncDispose]();
});

/** Losses of twenty steps and what they end at, with dropout from the same noise. */
async function trajectory(
  engine: Engine,
  type: string,
  optimizer: optim.Transform,
): Promise<{ losses: number[]; parameters: HostTensors }> {
  const { loss, targets, rows, guide = [] } = Object.values(EXAMPLES[type]!())[0]!;
  const { programs, carried, inputs } = stepOf({
    encoders: [["default", new VectorEncoder(6)]],
    head: new DenseHead(6, { outputSizes: [5, 4], activation: "tanh", dropout: 0.1 }),
    ...{ loss, targets, optimizer, inputs: frozenRows(rows, 6) },
    ...(loss.usesGuide ? { guide } : {}),
  });
  await using session = await engine.start({ step: programs.step }, carried, (message) => expect.fail(message));
  const noise = new Random("noise");
  const losses: number[] = [];
  for (let step = 0; step < STEPS; step += 1) {
    const scalars = prefixed("scalars", mapEntries(optimizer.scalars({ step, totalSteps: STEPS }), hostScalar));
    losses.push((await session.run("step", { ...inputs, ...scalars }, noise))["loss"]?.data[0] as number);
  }
  return { losses, parameters: await session.read((name) => name.startsWith("parameters/")) };
}

async function expectSame(type: string, optimizer: optim.Transform, relative = 1e-5): Promise<void> {
  const [compiled, eager] = [
    await trajectory(engines[0], type, optimizer),
    await trajectory(engines[1], type, optimizer),
  ];
  expect(new Set(eager.losses).size).to.be.greaterThan(STEPS / 2);
  expectClose(compiled.losses, eager.losses, { relative, absolute: 1e-6, what: "loss of step" });
  for (const [name, { data }] of Object.entries(eager.parameters))
    expectClose(compiled.parameters[name]?.data, data, { relative: 10 * relative, absolute: relative, what: name });
}

/** Losses of steps over other pairs each time, by a head whose gradient skips the rows, and what they end at. */
async function linearTrajectory(engine: Engine): Promise<{ losses: number[]; parameters: HostTensors }> {
  const optimizer = optim.sgd({ learningRate: 0.01 });
  const targets = { labels: new Array<number>(800).fill(1), subgroups: [...Array(1600).keys()] };
  const head = new SkipConnectionHead(16);
  const encoders = [["default", new VectorEncoder(16)]] as const;
  const loss = new MultipleNegativesRankingLoss();
  const at = (seed: string): Step =>
    stepOf({ encoders, head, loss, targets, optimizer, inputs: frozenRows(1600, 16, seed) });
  const { programs, carried } = at("first");
  await using session = await engine.start({ step: programs.step }, carried, (message) => expect.fail(message));
  const losses: number[] = [];
  for (let step = 0; step < STEPS / 4; step += 1)
    losses.push((await session.run("step", at(`rows ${step}`).inputs))["loss"]?.data[0] as number);
  return { losses, parameters: await session.read((name) => name.startsWith("parameters/")) };
}

describe("twenty compiled steps", () => {
  it("(five) of many pairs, whose halves are given one by one, are those of the eager engine", async () => {
    const [compiled, eager] = [await linearTrajectory(engines[0]), await linearTrajectory(engines[1])];
    expect(new Set(eager.losses).size).to.equal(STEPS / 4);
    expectClose(compiled.losses, eager.losses, { relative: 1e-5, absolute: 1e-6, what: "loss of step" });
    for (const [name, { data }] of Object.entries(eager.parameters))
      expectClose(compiled.parameters[name]?.data, data, { relative: 1e-4, absolute: 1e-5, what: name });
  });

  // Small steps: large ones double what rounding leaves from one to the next, in losses with a scale of 64 too.
  for (const type of smooth)
    it(`are those of the eager engine with ${type}`, () => expectSame(type, optim.sgd({ learningRate: 0.0005 })));

  const schedules: Readonly<Record<string, optim.Schedule>> = {
    constant: optim.constant(0.03),
    linear: optim.linear({ from: 0.1 }),
    cosine: optim.cosine({ from: 0.1, to: 0.01, steps: 12 }),
    warmup: optim.warmup(5, optim.constant(0.03)),
    warmupCosine: optim.warmupCosine({ peak: 0.1, warmup: 6 }),
    scaled: optim.scaled(optim.linear({ from: 0.1 }), 0.5),
    "a function": ({ step }) => 0.1 / (1 + step),
  };
  for (const [name, learningRate] of Object.entries(schedules)) {
    it(`follow the schedule ${name} in one graph`, async () => {
      let graphs = 0;
      const listen = (): void => void (graphs += 1);
      subscribe("likewise:compiled", listen);
      const optimizer = optim.chain(optim.clipGlobalNorm(1), optim.sgd({ learningRate, momentum: 0.9 }));
      await expectSame("MultipleNegativesRankingLoss", optimizer).finally(() =>
        unsubscribe("likewise:compiled", listen),
      );
      expect(graphs).to.equal(1);
    });
  }
});
