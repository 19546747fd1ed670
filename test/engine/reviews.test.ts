import { expect } from "chai";
import * as tf from "likewise/tf";
import { Trainer, type TrainEvent } from "likewise";
import type { LossValue } from "../../lib/contracts/loss.js";
import { TinyLoader, TinyLoss, TinyModel, tinySamples } from "../support/tiny.js";
import { sgd } from "likewise/optim";
import type { Engine, Program } from "../../lib/contracts/engine.js";
import { CompiledEngine } from "../../lib/engine/index.js";
import { ReviewTime } from "../../lib/engine/reviews.js";
import { hostScalar, type HostTensors } from "../../lib/tensor/host.js";

/** What the step below depends on besides its inputs. */
let temperature = 1;

const step: Program = (carried, inputs) => {
  const sum = tf.add(carried["sum"] as tf.Tensor, tf.mul(inputs["value"] as tf.Tensor, temperature));
  return { carried: { sum }, reported: { sum } };
};
const look: Program = (carried) => ({ reported: { seen: tf.mul(carried["sum"] as tf.Tensor, temperature) } });

const value = (number: number): HostTensors => ({ value: hostScalar(number) });
const numberOf = (reported: HostTensors): number => Object.values(reported)[0]?.data[0] as number;

describe("A compiled program that depends on what other code changes", () => {
  let engine: Engine;
  let warnings: string[] = [];
  before(async () => {
    engine = await CompiledEngine.open({ threads: 1 });
  });
  beforeEach(() => {
    temperature = 1;
    warnings = [];
  });
  after(() => engine[Symbol.asyncDispose]());

  const open = (): ReturnType<Engine["start"]> =>
    engine.start({ step, look }, { sum: hostScalar(0) }, (message) => warnings.push(message));

  it("is found at its second run", async () => {
    await using session = await open();
    expect(numberOf(await session.run("step", value(1)))).to.equal(1);
    temperature = 10;
    expect(numberOf(await session.run("step", value(1)))).to.equal(11);
    expect(warnings.length).to.equal(1);
    expect(warnings[0]).to.match(/^program "step" cannot be compiled .* is given 1 and then 10; .*reviews\.test\.ts:/u);
  });

  it("is found when code has run that may have changed it, also when the run was started ahead", async () => {
    for (const ahead of [false, true]) {
      warnings = [];
      temperature = 1;
      await using session = await open();
      for (const number of [1, 2, 3]) await session.run("step", value(number));
      const next = value(4);
      const last = session.run("step", value(0));
      if (ahead) session.ahead?.("step", next);
      await last;
      temperature = 10;
      session.review?.();
      expect(numberOf(await session.run("step", next))).to.equal(46);
      expect(warnings.length).to.equal(1);
      expect(numberOf(await session.run("step", value(1)))).to.equal(56);
    }
  });

  it("is found in programs that change nothing", async () => {
    await using session = await open();
    await session.run("step", value(3));
    expect(numberOf(await session.run("look", {}))).to.equal(3);
    temperature = 2;
    session.review?.();
    expect(numberOf(await session.run("look", {}))).to.equal(6);
    expect(warnings[0]).to.match(/^program "look" cannot be compiled/u);
  });

  it("goes on compiled as long as nothing changes", async () => {
    await using session = await open();
    for (let at = 0; at < 6; at += 1) {
      session.review?.();
      await session.run("step", value(1));
    }
    expect(numberOf(await session.run("look", {}))).to.equal(6);
    expect(warnings).to.deep.equal([]);
  });

  it("is looked at no longer than a twentieth of the time, after a few looks", () => {
    const time = new ReviewTime();
    const wait = (milliseconds: number): void => {
      const end = performance.now() + milliseconds;
      while (performance.now() < end);
    };
    let looks = 0;
    while (time.affordable) {
      time.measure(() => wait(2));
      looks += 1;
    }
    expect(looks).to.equal(16);
    expect(time.measure(() => "seen")).to.equal("seen");
  });

  it("gives the losses of eager steps when a callback changes a temperature between epochs", async () => {
    class TemperedLoss extends TinyLoss {
      temperature = 1;
      override compute(...given: Parameters<TinyLoss["compute"]>): LossValue {
        const computed = super.compute(...given);
        return { ...computed, value: tf.mul(computed.value, this.temperature) };
      }
    }
    class Model extends TinyModel {
      readonly loss = new TemperedLoss();
      override configureLoss() {
        return this.loss;
      }
      override configureOptimizer() {
        return sgd({ learningRate: 0.1 });
      }
    }
    const losses = async (chosen: "compiled" | "eager"): Promise<{ losses: number[]; warned: number }> => {
      const model = new Model();
      const trainer = new Trainer({
        ...{ engine: chosen, maxEpochs: 3, seed: 1, checkpoint: false, progress: false },
        callbacks: [
          {
            onTrainEpochStart: ({ epoch }) => {
              model.loss.temperature = epoch + 1;
            },
          },
        ],
      });
      const events: TrainEvent[] = [];
      trainer.events$.subscribe((event) => events.push(event));
      await trainer.fit(model, { train: new TinyLoader(tinySamples(4, 6), 8) });
      return {
        losses: events.flatMap((event) => (event.type === "step" ? [event.loss] : [])),
        warned: events.filter((event) => event.type === "warning" && event.message.includes("is not any more")).length,
      };
    };
    const [wanted, got] = [await losses("eager"), await losses("compiled")];
    expect(wanted.losses.length).to.equal(9);
    for (const [at, loss] of wanted.losses.entries()) expect(got.losses[at]).to.be.closeTo(loss, 1e-4);
    expect([wanted.warned, got.warned]).to.deep.equal([0, 1]);
  });
});
