import { expect } from "chai";
import { adamw, constant, cosine, linear, scaled, sgd, warmup, warmupCosine, type Schedule } from "likewise/optim";
import { ConfigError, UsageError } from "../../lib/errors.js";
import { expectClose } from "../support/close.js";

const at = (schedule: Schedule, step: number, totalSteps: number | null = null): number =>
  typeof schedule === "number" ? schedule : schedule({ step, totalSteps });
const curve = (schedule: Schedule, steps: readonly number[], totalSteps: number | null = null): number[] =>
  steps.map((step) => at(schedule, step, totalSteps));

describe("schedules", () => {
  it("constant stays", () => {
    expect(curve(constant(0.3), [0, 1, 1000])).to.deep.equal([0.3, 0.3, 0.3]);
  });

  it("cosine goes through its known points, over its own steps or those of the run, and stays at the end", () => {
    const expected = [1, 0.1 + 0.9 * 0.8535533906, 0.55, 0.1, 0.1];
    expectClose(curve(cosine({ from: 1, to: 0.1, steps: 100 }), [0, 25, 50, 100, 500]), expected);
    expectClose(curve(cosine({ from: 1, to: 0.1 }), [0, 25, 50, 100, 500], 100), expected);
    expectClose(at(cosine({ from: 1 }), 100, 100), 0);
  });

  it("linear goes through its known points in both directions", () => {
    expectClose(curve(linear({ from: 1, to: 0.5, steps: 10 }), [0, 5, 10, 11]), [1, 0.75, 0.5, 0.5]);
    expectClose(curve(linear({ from: 0, to: 2 }), [0, 5, 9], 10), [0, 1, 1.8]);
  });

  it("warmup reaches its goal with the last of its steps and hands over without a jump", () => {
    expectClose(curve(warmup(4, 0.8), [0, 1, 2, 3, 4, 100]), [0.2, 0.4, 0.6, 0.8, 0.8, 0.8]);
    expectClose(curve(warmup(0, 0.8), [0, 1]), [0.8, 0.8]);
    expectClose(curve(warmup(1, 0.8), [0, 1]), [0.8, 0.8]);
  });

  it("warmup of a part of all steps leaves the rest to what comes then", () => {
    const schedule = warmup(0.1, linear({ from: 1 }));
    expectClose(curve(schedule, [0, 9, 10, 55, 100], 100), [0.1, 1, 1, 0.5, 0]);
    expectClose(curve(warmup(0.05, linear({ from: 1 })), [0, 1], 10), [1, 1], { what: "half a step is rounded up" });
    expectClose(curve(warmup(10, linear({ from: 1, steps: 20 })), [9, 10, 20, 30]), [1, 1, 0.5, 0]);
  });

  it("warmup longer than the run still rises", () => {
    expectClose(curve(warmup(10, cosine({ from: 1, steps: 5 })), [0, 4], 5), [0.1, 0.5]);
  });

  it("warmupCosine is a warmup and then a cosine", () => {
    const one = warmupCosine({ peak: 0.5, warmup: 0.2, to: 0.1 });
    const other = warmup(0.2, cosine({ from: 0.5, to: 0.1 }));
    const steps = Array.from({ length: 12 }, (_, i) => i * 10);
    expectClose(curve(one, steps, 100), curve(other, steps, 100));
    expectClose(curve(one, [19, 20, 60, 100], 100), [0.5, 0.5, 0.3, 0.1]);
    expectClose(curve(warmupCosine({ peak: 1, warmup: 0.5, steps: 10 }), [0, 4, 5, 10]), [0.2, 1, 1, 0]);
  });

  it("scaled follows another schedule at a distance", () => {
    expectClose(curve(scaled(linear({ from: 1 }), 0.1), [0, 5], 10), [0.1, 0.05]);
    expect(scaled(0.5, 0.5)).to.equal(0.25);
  });

  it("that need the number of steps say so when nobody knows it", () => {
    for (const schedule of [
      cosine({ from: 1 }),
      linear({ from: 1 }),
      warmup(0.1, 1),
      warmup(2, cosine({ from: 1 })),
      warmupCosine({ peak: 1, warmup: 3 }),
    ]) {
      expect(() => schedule({ step: 5, totalSteps: null })).to.throw(
        UsageError,
        /has to know how many steps there are/,
      );
    }
  });

  it("take a part of all steps for exactly as many, though its product is not whole", () => {
    for (let percent = 1; percent < 100; percent += 1) {
      const schedule = warmup(percent / 100, 1); // 7.000000000000001 of 100
      expect(schedule({ step: percent - 1, totalSteps: 100 }), `${percent}`).to.equal(1);
      if (percent > 1) expect(schedule({ step: percent - 2, totalSteps: 100 })).to.be.lessThan(1);
    }
    expect(warmup(0.101, 1)({ step: 9, totalSteps: 100 })).to.equal(10 / 11);
  });

  it("say what they are, and optimizers save it", () => {
    const schedule = warmup(0.1, cosine({ from: 1, steps: 50 }));
    const config = { type: "warmup", steps: 0.1, then: { type: "cosine", from: 1, to: 0, steps: 50 } };
    expect(schedule.config).to.deep.equal(config);
    expect(adamw({ learningRate: schedule }).config["learningRate"]).to.deep.equal(config);
    expect(sgd({ learningRate: constant(2) }).config["learningRate"]).to.deep.equal({ type: "constant", value: 2 });
    expect(sgd({ learningRate: () => 1 }).config["learningRate"]).to.deep.equal({ type: "custom" });
    expect(sgd({ learningRate: scaled(() => 1, 3) }).config["learningRate"]).to.deep.equal({
      type: "scaled",
      factor: 3,
      schedule: { type: "custom" },
    });
    expect(sgd({ learningRate: warmupCosine({ peak: 1, warmup: 5 }) }).config["learningRate"]).to.deep.equal({
      type: "warmupCosine",
      peak: 1,
      warmup: 5,
      to: 0,
    });
  });

  it("of the user reach the optimizer, and wrong values are refused with the step", () => {
    const optimizer = sgd({ learningRate: ({ step, totalSteps }) => step / (totalSteps ?? 1) });
    expect(optimizer.scalars({ step: 3, totalSteps: 4 })).to.deep.equal({ learningRate: 0.75 });
    for (const value of [NaN, -1, Infinity]) {
      const wrong = sgd({ learningRate: () => value });
      expect(() => wrong.scalars({ step: 7, totalSteps: null })).to.throw(
        UsageError,
        /at step 7; expected a number >= 0/,
      );
    }
  });

  it("refuse wrong options", () => {
    expect(() => cosine({ from: -1, steps: 0 })).to.throw(
      ConfigError,
      /from: .*\n.*steps: expected a whole number of at least 1/,
    );
    expect(() => linear({ from: 1, until: 3 } as never)).to.throw(ConfigError, /until: unknown option/);
    expect(() => warmup(2.5, 1)).to.throw(ConfigError, /steps: expected a number of steps, or the part/);
    expect(() => warmup(2, -1)).to.throw(ConfigError, /then/);
    expect(() => constant(NaN)).to.throw(ConfigError, /value/);
    expect(() => warmupCosine({ peak: 1, warmup: -1 })).to.throw(ConfigError, /warmup/);
  });
});
