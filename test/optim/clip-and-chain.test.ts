import { expect } from "chai";
import * as tf from "likewise/tf";
import { adam, addDecayedWeights, chain, clipGlobalNorm, clipValue, sgd, type Transform } from "likewise/optim";
import { expectClose } from "../support/close.js";

function apply(transform: Transform, gradients: Readonly<Record<string, number[]>>): Record<string, number[]> {
  const result: Record<string, number[]> = {};
  tf.tidy(() => {
    const tensors = Object.fromEntries(Object.entries(gradients).map(([name, values]) => [name, tf.tensor(values)]));
    const scalars = Object.fromEntries(
      Object.entries(transform.scalars({ step: 0, totalSteps: null })).map(([name, value]) => [name, tf.scalar(value)]),
    );
    const { updates } = transform.update(tensors, transform.initialize(tensors), tensors, scalars);
    for (const [name, update] of Object.entries(updates)) result[name] = Array.from(update.dataSync());
  });
  return result;
}

describe("clipGlobalNorm", () => {
  it("shortens all gradients together to the length asked for", () => {
    const clipped = apply(clipGlobalNorm(1), { a: [3, 0], b: [0, 0, 4] });
    expectClose(clipped["a"], [0.6, 0]);
    expectClose(clipped["b"], [0, 0, 0.8]);
  });

  it("leaves shorter gradients, and zero ones, as they are", () => {
    expect(apply(clipGlobalNorm(5), { a: [3], b: [4] })).to.deep.equal({ a: [3], b: [4] });
    expect(apply(clipGlobalNorm(1), { a: [0, 0] })).to.deep.equal({ a: [0, 0] });
    expect(apply(clipGlobalNorm(1), {})).to.deep.equal({});
  });

  it("lets NaN through, so that the step is seen to be wrong", () => {
    expect(apply(clipGlobalNorm(1), { a: [NaN, 1] })["a"]?.every(Number.isNaN)).to.equal(true);
  });
});

describe("clipValue", () => {
  it("cuts every number by itself", () => {
    expect(apply(clipValue(0.5), { a: [-3, 0.25, 0.75] })).to.deep.equal({ a: [-0.5, 0.25, 0.5] });
  });
});

describe("chain", () => {
  it("runs transforms in their order", () => {
    const first = apply(chain(clipValue(1), addDecayedWeights(1), sgd({ learningRate: 1 })), { a: [4] });
    const other = apply(chain(addDecayedWeights(1), clipValue(1), sgd({ learningRate: 1 })), { a: [4] });
    expect([first, other]).to.deep.equal([{ a: [-5] }, { a: [-1] }]);
  });

  it("names slots and scalars by type, repeated types by number", () => {
    const twice = chain(clipGlobalNorm(1), sgd({ momentum: 0.5 }), adam(), sgd({ momentum: 0.5 }));
    expect(Object.keys(twice.scalars({ step: 0, totalSteps: null }))).to.deep.equal([
      "sgd.learningRate",
      "adam.learningRate",
      "adam.firstCorrection",
      "adam.secondCorrection",
      "sgd2.learningRate",
    ]);
    tf.tidy(() => {
      const state = twice.initialize({ "head/gate": tf.scalar(1) });
      expect(Object.keys(state)).to.deep.equal([
        "sgd.momentum/head/gate",
        "adam.first/head/gate",
        "adam.second/head/gate",
        "sgd2.momentum/head/gate",
      ]);
    });
  });

  it("is elementwise when all of its transforms are, and says all of them in its config", () => {
    expect(chain(clipValue(1), adam()).elementwise).to.equal(true);
    const transform = chain(clipGlobalNorm(1), sgd({ learningRate: 0.5 }));
    expect(transform.elementwise).to.equal(false);
    expect(transform.config).to.deep.equal({
      transforms: [
        { type: "clipGlobalNorm", config: { max: 1 } },
        { type: "sgd", config: { learningRate: 0.5, momentum: 0, nesterov: false, dampening: 0 } },
      ],
    });
  });

  it("can be nested", () => {
    const nested = chain(clipValue(1), chain(addDecayedWeights(1), sgd({ learningRate: 1 })));
    expect(apply(nested, { a: [4] })).to.deep.equal({ a: [-5] });
  });
});
