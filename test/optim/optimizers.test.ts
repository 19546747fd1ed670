import { expect } from "chai";
import * as tf from "likewise/tf";
import {
  adagrad,
  adam,
  adamw,
  addDecayedWeights,
  chain,
  clipGlobalNorm,
  clipValue,
  lion,
  rmsprop,
  sgd,
  type Transform,
} from "likewise/optim";
import { ConfigError, UsageError } from "../../lib/errors.js";
import { Random } from "../../lib/random.js";
import { expectClose } from "../support/close.js";
import { runSteps, type Given, type Numbers } from "./run.js";

/** The next value of one number, written from the papers; `slot` keeps what it likes. */
type Oracle = (value: number, gradient: number, step: number, slot: Record<string, number>) => number;

const adamOracle =
  (rate: number, decay = 0, amsgrad = false): Oracle =>
  (p, g, step, slot) => {
    slot["m"] = 0.9 * (slot["m"] ?? 0) + 0.1 * g;
    slot["v"] = 0.999 * (slot["v"] ?? 0) + 0.001 * g * g;
    slot["top"] = amsgrad ? Math.max(slot["top"] ?? 0, slot["v"]) : slot["v"];
    const m = slot["m"] / (1 - 0.9 ** (step + 1));
    const v = slot["top"] / (1 - 0.999 ** (step + 1));
    return p - rate * (m / (Math.sqrt(v) + 1e-8)) - rate * decay * p;
  };

const momentumOracle =
  (rate: number, momentum: number, { nesterov = false, dampening = 0 } = {}): Oracle =>
  (p, g, step, slot) => {
    slot["v"] = step === 0 ? g : momentum * (slot["v"] ?? 0) + (1 - dampening) * g;
    return p - rate * (nesterov ? g + momentum * slot["v"] : slot["v"]);
  };

const optimizers: Readonly<Record<string, readonly [transform: Transform, oracle: Oracle]>> = {
  "sgd with defaults": [sgd(), (p, g) => p - 0.01 * g],
  "sgd with momentum": [sgd({ learningRate: 0.1, momentum: 0.9 }), momentumOracle(0.1, 0.9)],
  "sgd with dampening": [
    sgd({ learningRate: 0.1, momentum: 0.8, dampening: 0.3 }),
    momentumOracle(0.1, 0.8, { dampening: 0.3 }),
  ],
  "sgd with nesterov": [
    sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true }),
    momentumOracle(0.1, 0.9, { nesterov: true }),
  ],
  "adam with defaults": [adam(), adamOracle(1e-3)],
  "adam with amsgrad": [adam({ learningRate: 0.02, amsgrad: true }), adamOracle(0.02, 0, true)],
  "adamw with defaults": [adamw(), adamOracle(1e-3, 1e-2)],
  "adamw with a rate and decay": [adamw({ learningRate: 0.1, weightDecay: 0.3 }), adamOracle(0.1, 0.3)],
  adagrad: [
    adagrad({ learningRate: 0.1, initialAccumulator: 0.5 }),
    (p, g, _step, slot) => {
      slot["s"] = (slot["s"] ?? 0.5) + g * g;
      return p - (0.1 * g) / (Math.sqrt(slot["s"]) + 1e-10);
    },
  ],
  rmsprop: [
    rmsprop({ learningRate: 0.1, alpha: 0.7 }),
    (p, g, _step, slot) => {
      slot["v"] = 0.7 * (slot["v"] ?? 0) + 0.3 * g * g;
      return p - (0.1 * g) / (Math.sqrt(slot["v"]) + 1e-8);
    },
  ],
  lion: [
    lion({ learningRate: 0.05, betas: [0.6, 0.8], weightDecay: 0.2 }),
    (p, g, _step, slot) => {
      const direction = Math.sign(0.6 * (slot["m"] ?? 0) + 0.4 * g);
      slot["m"] = 0.8 * (slot["m"] ?? 0) + 0.2 * g;
      return p - 0.05 * (direction + 0.2 * p);
    },
  ],
  "decayed weights before sgd": [
    chain(addDecayedWeights(0.3), sgd({ learningRate: 0.1 })),
    (p, g) => p - 0.1 * (g + 0.3 * p),
  ],
  "clipped values before sgd": [
    chain(clipValue(0.5), sgd({ learningRate: 0.1 })),
    (p, g) => p - 0.1 * Math.max(-0.5, Math.min(0.5, g)),
  ],
};

describe("optimizers", () => {
  const random = new Random("optimizers");
  const shapes: Readonly<Record<string, number[]>> = {
    scale: [],
    "head/bias": [5],
    "head/kernel": [3, 4],
    "encoders/text/table": [2, 3, 2],
    "loss/kernel": [1, 2, 2, 2],
    empty: [0, 3],
  };
  const start: Record<string, Given> = {};
  for (const [name, shape] of Object.entries(shapes)) {
    start[name] = { shape, values: Array.from(random.normals(shape.reduce((product, length) => product * length, 1))) };
  }
  const gradients = Array.from({ length: 6 }, () =>
    Object.fromEntries(
      Object.entries(start).map(([name, { values }]) => [name, Array.from(random.normals(values.length))]),
    ),
  );
  const gradientsAt = (step: number): Numbers => gradients[step] as Numbers;

  for (const [name, [transform, oracle]] of Object.entries(optimizers)) {
    it(`move every parameter as the formula says: ${name}`, () => {
      const seen = runSteps(transform, start, gradientsAt, gradients.length);
      for (const [parameter, { values }] of Object.entries(start)) {
        values.forEach((first, position) => {
          const slot: Record<string, number> = {};
          let value = first;
          seen.forEach((after, step) => {
            value = oracle(value, gradientsAt(step)[parameter]?.[position] as number, step, slot);
            expectClose([after[parameter]?.[position]], [value], {
              relative: 2e-5,
              absolute: 2e-6,
              what: `${parameter}[${position}] after step ${step}`,
            });
          });
        });
      }
    });

    it(`say everything in JSON and bake no changing number in: ${name}`, () => {
      expect(JSON.parse(JSON.stringify(transform.config))).to.deep.equal(transform.config);
      expect(transform.type).to.match(/^[a-z]+/i);
      expect(transform.elementwise).to.equal(true);
      const scalars = transform.scalars({ step: 3, totalSteps: null });
      tf.tidy(() => {
        const parameters = { x: tf.tensor([1, 2]) };
        const upload = (values: Readonly<Record<string, number>>) =>
          Object.fromEntries(Object.entries(values).map(([key, value]) => [key, tf.scalar(value)]));
        const state = transform.initialize(parameters);
        const once = transform.update(parameters, state, parameters, upload(scalars)).updates["x"] as tf.Tensor;
        const halved = Object.fromEntries(
          Object.entries(scalars).map(([key, value]) => [key, /learningRate$/.test(key) ? value / 2 : value]),
        );
        const half = transform.update(parameters, state, parameters, upload(halved)).updates["x"] as tf.Tensor;
        expectClose(
          half.dataSync(),
          Array.from(once.dataSync(), (value) => value / 2),
        );
      });
    });
  }

  it("keep slots by flat names of the parameters", () => {
    tf.tidy(() => {
      const parameters = { "head/gate": tf.tensor([1, 2]), scale: tf.scalar(1) };
      const state = adamw().initialize(parameters);
      expect(Object.keys(state).sort()).to.deep.equal([
        "first/head/gate",
        "first/scale",
        "second/head/gate",
        "second/scale",
      ]);
      expect(state["second/head/gate"]?.shape).to.deep.equal([2]);
    });
  });

  it("start from zero gradients without moving, except by weight decay", () => {
    for (const [name, [transform]] of Object.entries(optimizers)) {
      const [after] = runSteps(transform, { x: { shape: [2], values: [1, -2] } }, () => ({ x: [0, 0] }), 1);
      for (const value of after?.["x"] ?? []) expect(Number.isFinite(value), name).to.equal(true);
      if (!/decay|adamw|lion/.test(name)) expect(after?.["x"], name).to.deep.equal([1, -2]);
    }
  });

  it("leave no tensor behind and dispose none that they were given", () => {
    for (const [name, [transform]] of Object.entries(optimizers)) {
      const parameters = { x: tf.tensor([1, 2]), "y/z": tf.scalar(3) };
      const state = transform.initialize(parameters);
      const scalars = Object.fromEntries(
        Object.entries(transform.scalars({ step: 0, totalSteps: 9 })).map(([key, value]) => [key, tf.scalar(value)]),
      );
      const before = tf.memory().numTensors;
      const result = transform.update(parameters, state, parameters, scalars);
      const made = [...Object.values(result.updates), ...Object.values(result.state)];
      expect(tf.memory().numTensors - before, name).to.equal(made.length);
      for (const tensor of [...Object.values(parameters), ...Object.values(state), ...Object.values(scalars)]) {
        expect(tensor.isDisposed, name).to.equal(false);
      }
      tf.dispose([made, parameters, state, scalars]);
    }
  });

  it("refuse wrong options, all at once", () => {
    const wrong: [() => unknown, ...RegExp[]][] = [
      [() => sgd({ learningRate: -1, momentum: 1 }), /learningRate: expected .* got -1/, /momentum: expected .* got 1/],
      [() => sgd({ nesterov: true }), /nesterov: needs momentum above 0 and dampening 0/],
      [() => sgd({ nesterov: true, momentum: 0.9, dampening: 0.1 }), /nesterov: needs/],
      [
        () => adam({ betas: [0.9, 1], epsilon: 0 }),
        /betas: expected two numbers from 0 to less than 1, got \[ 0.9, 1 \]/,
        /epsilon/,
      ],
      [() => adam({ learningRate: NaN }), /learningRate: .* got NaN/],
      [() => adamw({ weightDecay: -1 }), /weightDecay/],
      [
        () => adamw({ lr: 1 } as object),
        /lr: unknown option; known: learningRate, betas, epsilon, amsgrad, weightDecay/,
      ],
      [() => adagrad({ initialAccumulator: -1 }), /initialAccumulator/],
      [() => rmsprop({ alpha: 1 }), /alpha/],
      [() => lion({ betas: [0.9] as unknown as [number, number] }), /betas/],
      [() => addDecayedWeights(-1), /weightDecay/],
      [() => clipGlobalNorm(0), /max: expected a number above 0, got 0/],
      [() => clipValue(Infinity), /max/],
      [() => chain(), /at least one/],
    ];
    for (const [make, ...patterns] of wrong) {
      for (const pattern of patterns) expect(make).to.throw(ConfigError, pattern);
    }
  });

  it("say which tensor is missing when the state is of other parameters", () => {
    tf.tidy(() => {
      const x = { x: tf.scalar(1) };
      expect(() => adam().update(x, {}, x, {})).to.throw(UsageError, 'adam: there is no tensor "first/x"');
    });
  });
});
