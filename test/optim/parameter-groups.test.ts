import { expect } from "chai";
import * as tf from "likewise/tf";
import {
  adamw,
  addDecayedWeights,
  chain,
  clipGlobalNorm,
  lion,
  linear,
  parameterGroups,
  sgd,
  type ParameterGroup,
  type Transform,
} from "likewise/optim";
import { ConfigError } from "../../lib/errors.js";
import { expectClose } from "../support/close.js";
import { runSteps, type Numbers } from "./run.js";

const names = ["encoders/text/table", "encoders/title/table", "head/gate", "head/kernel", "loss/kernel"];
const start = Object.fromEntries(names.map((name) => [name, { shape: [2], values: [1, -2] }]));
const ones = (): Numbers => Object.fromEntries(names.map((name) => [name, [1, 2]]));
const after = (transform: Transform, steps = 1): Numbers => runSteps(transform, start, ones, steps).at(-1) as Numbers;

describe("parameterGroups", () => {
  it("gives each parameter the first group that matches its name, and the base to the others", () => {
    const moved = after(
      parameterGroups(
        [
          { match: "loss", learningRate: 1 },
          { match: /kernel$/, learningRateFactor: 5 },
          { match: "encoders/*/table", freeze: true },
        ],
        sgd({ learningRate: 0.1 }),
      ),
    );
    expectClose(moved["loss/kernel"], [0, -4]);
    expectClose(moved["head/kernel"], [0.5, -3]);
    expectClose(moved["head/gate"], [0.9, -2.2]);
    expect(moved["encoders/text/table"]).to.deep.equal([1, -2]);
    expect(moved["encoders/title/table"]).to.deep.equal([1, -2]);
  });

  it("equals separate optimizers, each with its parameters alone", () => {
    const grouped = parameterGroups(
      [
        { match: "head", weightDecay: 0, learningRate: 0.05 },
        { match: "loss", transform: lion({ learningRate: 0.01 }) },
      ],
      adamw({ learningRate: 0.1, weightDecay: 0.5 }),
    );
    const moved = after(grouped, 4);
    const base = after(adamw({ learningRate: 0.1, weightDecay: 0.5 }), 4);
    const head = after(adamw({ learningRate: 0.05, weightDecay: 0 }), 4);
    const loss = after(lion({ learningRate: 0.01 }), 4);
    for (const name of names) {
      const expected = name.startsWith("head") ? head : name.startsWith("loss") ? loss : base;
      expect(moved[name], name).to.deep.equal(expected[name]);
    }
  });

  it("keeps the schedule of the base when a group only scales it", () => {
    const grouped = parameterGroups(
      [{ match: "loss", learningRateFactor: 10 }],
      sgd({ learningRate: linear({ from: 1 }) }),
    );
    expect(grouped.scalars({ step: 5, totalSteps: 10 })).to.deep.equal({
      "group0.learningRate": 5,
      "base.learningRate": 0.5,
    });
  });

  it("changes the members of a chain that have the setting", () => {
    const base = chain(addDecayedWeights(0.5), sgd({ learningRate: 0.1 }));
    const moved = after(parameterGroups([{ match: "head/gate", weightDecay: 0, learningRate: 1 }], base));
    expectClose(moved["head/gate"], [0, -4]);
    expectClose(moved["head/kernel"], [1 - 0.1 * 1.5, -2 - 0.1 * 1]);
  });

  it("has the slots of its parameters alone, and none for frozen ones", () => {
    tf.tidy(() => {
      const parameters = Object.fromEntries(names.map((name) => [name, tf.scalar(1)]));
      const grouped = parameterGroups(
        [
          { match: "encoders", freeze: true },
          { match: "loss", learningRate: 1 },
        ],
        sgd({ momentum: 0.9 }),
      );
      expect(Object.keys(grouped.initialize(parameters)).sort()).to.deep.equal([
        "base.momentum/head/gate",
        "base.momentum/head/kernel",
        "group1.momentum/loss/kernel",
      ]);
    });
  });

  it("matches paths by their beginning, by * and by **, and regular expressions anywhere", () => {
    const cases: [match: string | RegExp, expected: string[]][] = [
      ["head", ["head/gate", "head/kernel"]],
      ["head/gate", ["head/gate"]],
      ["*/kernel", ["head/kernel", "loss/kernel"]],
      ["**/table", ["encoders/text/table", "encoders/title/table"]],
      ["encoders/ti*", ["encoders/title/table"]],
      [/t[ea]/, ["encoders/text/table", "encoders/title/table", "head/gate"]],
      [/LOSS/gi, ["loss/kernel"]],
    ];
    for (const [match, expected] of cases) {
      const moved = after(parameterGroups([{ match, freeze: true }], sgd({ learningRate: 1 })));
      expect(
        names.filter((name) => moved[name]?.[0] === 1),
        String(match),
      ).to.deep.equal(expected);
    }
  });

  it("refuses to freeze everything", () => {
    const initialize = (groups: readonly ParameterGroup[]) => () =>
      tf.tidy(() =>
        parameterGroups(groups, sgd()).initialize({ "head/kernel": tf.scalar(1), "loss/scale": tf.scalar(1) }),
      );
    expect(initialize([{ match: /./, freeze: true }])).to.throw(
      ConfigError,
      /nothing to train: the groups freeze every/,
    );
    expect(initialize([{ match: "loss", freeze: true }])).to.not.throw();
    expect(
      initialize([
        { match: "loss", freeze: true },
        { match: "head", learningRate: 1 },
      ]),
    ).to.not.throw();
  });

  it("lists the parameters when a group is left without one", () => {
    const initialize = (groups: readonly ParameterGroup[]) => () =>
      tf.tidy(() =>
        parameterGroups(groups, sgd()).initialize(Object.fromEntries(names.map((name) => [name, tf.scalar(1)]))),
      );
    expect(initialize([{ match: "hea", freeze: true }])).to.throw(ConfigError, /group 0: "hea" matches no parameter/);
    expect(initialize([{ match: "hea", freeze: true }])).to.throw(`parameters: ${names.join(", ")}`);
    expect(
      initialize([
        { match: "head", freeze: true },
        { match: /gate/, learningRate: 1 },
      ]),
    ).to.throw(ConfigError, /every parameter that \/gate\/ matches belongs to a group before it/);
  });

  it("refuses groups that say nothing, too much, or what the base cannot do", () => {
    const cases: [ParameterGroup, Transform, RegExp][] = [
      [{ match: "x" }, sgd(), /group 0 \("x"\): says nothing/],
      [{ match: "x", freeze: false }, sgd(), /says nothing/],
      [{ match: "x", freeze: true, learningRate: 1 }, sgd(), /exclude each other/],
      [{ match: "x", transform: sgd(), weightDecay: 1 }, adamw(), /exclude each other/],
      [{ match: "x", learningRate: 1, learningRateFactor: 2 }, sgd(), /exclude each other/],
      [{ match: "x", weightDecay: 1 }, sgd(), /the base sgd has no weightDecay to change/],
      [{ match: "x", learningRate: -1 }, sgd(), /learningRate: expected a number of at least 0/],
      [{ match: "x", rate: 1 } as unknown as ParameterGroup, sgd(), /rate: unknown option/],
      [{ match: 3 } as unknown as ParameterGroup, sgd(), /match: expected a text or a regular expression/],
      [{ match: "x", freeze: true }, chain(clipGlobalNorm(1), sgd()), /put that part before the groups/],
    ];
    for (const [group, base, pattern] of cases) {
      expect(() => parameterGroups([group], base)).to.throw(ConfigError, pattern);
    }
  });

  it("can follow a clip of all gradients, and says everything in its config", () => {
    const transform = chain(
      clipGlobalNorm(1),
      parameterGroups([{ match: /^loss/i, freeze: true }], sgd({ learningRate: 1 })),
    );
    expectClose(after(transform)["head/gate"], [1 - 1 / 5, -2 - 2 / 5]);
    expect(transform.elementwise).to.equal(false);
    expect(JSON.parse(JSON.stringify(transform.config))).to.deep.equal(transform.config);
    expect(transform.config["transforms"]).to.have.deep.nested.property("[1].config", {
      groups: [{ match: { regularExpression: "^loss", flags: "i" }, type: "freeze", config: {} }],
      base: { type: "sgd", config: { learningRate: 1, momentum: 0, nesterov: false, dampening: 0 } },
    });
  });
});
