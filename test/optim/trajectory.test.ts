import { expect } from "chai";
import * as tf from "likewise/tf";
import { adagrad, adam, adamw, addDecayedWeights, chain, rmsprop, sgd, type Transform } from "likewise/optim";
import { differentiate } from "../../lib/tensor/differentiate.js";
import { unitRows } from "../../lib/tensor/rows.js";
import { expectClose, numbers } from "../support/close.js";
import { readGolden, type GoldenCase } from "../support/shared.js";
import { runSteps, type Given, type Numbers } from "./run.js";

/** The optimizers of the recorded runs. */
const optimizers: Readonly<Record<string, () => Transform>> = {
  SGD: () => sgd({ learningRate: 0.1 }),
  SGD_momentum: () => chain(addDecayedWeights(0.01), sgd({ learningRate: 0.05, momentum: 0.9 })),
  SGD_nesterov: () => sgd({ learningRate: 0.05, momentum: 0.9, nesterov: true }),
  Adam: () => adam({ learningRate: 0.01 }),
  Adam_wd_amsgrad: () => chain(addDecayedWeights(0.05), adam({ learningRate: 0.01, amsgrad: true })),
  AdamW: () => adamw({ learningRate: 0.01, weightDecay: 0.05 }),
  Adagrad: () => adagrad({ learningRate: 0.05 }),
  RMSprop: () => rmsprop({ learningRate: 0.01 }),
};

type Head = (weights: Readonly<Record<string, tf.Tensor>>, x: tf.Tensor2D) => tf.Tensor2D;

/** Written out here, so that this test depends on optimizers alone. */
const heads: Readonly<Record<string, Head>> = {
  SkipConnectionHead(weights, x) {
    const dense = tf.add(
      tf.matMul(x, weights["head.fc_0.weight"] as tf.Tensor2D, false, true),
      weights["head.fc_0.bias"] as tf.Tensor,
    );
    return tf.add(tf.mul(dense, tf.sigmoid(weights["head.gates_0"] as tf.Tensor)), x);
  },
  GatedHead: (weights, x) => tf.mul(x, tf.tanh(weights["head.gates"] as tf.Tensor)),
};

/** Cross-entropy of `20 (1 + cos) / 2` against the row of the same number. */
function ranking(embeddings: tf.Tensor2D): tf.Scalar {
  const half = embeddings.shape[0] / 2;
  const unit = unitRows(embeddings);
  const left = tf.slice(unit, [0, 0], [half, -1]);
  const right = tf.slice(unit, [half, 0], [half, -1]);
  const logits = tf.mul(tf.add(tf.matMul(left, tf.transpose(right)), 1), 10);
  return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), tf.eye(half)), 1)));
}

const recorded = (readGolden("quaterion/trajectory") ?? []).filter(
  ({ config }) => config["loss"] === "MultipleNegativesRankingLoss",
);

describe("twenty recorded steps of another library", () => {
  it("cover every optimizer that was recorded", function () {
    if (recorded.length === 0) this.skip();
    expect(new Set(recorded.map(({ config }) => config["optimizer"]))).to.deep.equal(new Set(Object.keys(optimizers)));
  });

  for (const run of recorded) {
    const { optimizer, head } = run.config as { optimizer: string; head: string };
    it(`end at the same weights: ${optimizer}, ${head}`, () => {
      const { losses, final } = repeat(run, (optimizers[optimizer] as () => Transform)(), heads[head] as Head);
      const expected = (run.expected64 ?? run.expected) as { losses: number[]; final: Record<string, unknown> };
      expectClose(losses, expected.losses, { relative: 2e-4, absolute: 2e-4, what: "loss" });
      for (const [name, values] of Object.entries(expected.final)) {
        expectClose(final[name], values, { relative: 2e-4, absolute: 2e-5, what: name });
      }
    });
  }
});

function repeat(
  { inputs, config }: GoldenCase,
  transform: Transform,
  head: Head,
): { losses: number[]; final: Numbers } {
  const batches = inputs["batches"] as number[][][];
  const start: Record<string, Given> = {};
  for (const [name, values] of Object.entries(inputs["weights"] as Record<string, number[] | number[][]>)) {
    const first = values[0];
    start[name] = {
      shape: Array.isArray(first) ? [values.length, first.length] : [values.length],
      values: numbers(values),
    };
  }
  const losses: number[] = [];
  const gradientsAt = (step: number, parameters: Numbers): Numbers => {
    const found: Record<string, number[]> = {};
    tf.tidy(() => {
      const x = tf.tensor2d(batches[step % batches.length] as number[][]);
      const weights = Object.fromEntries(
        Object.entries(parameters).map(([name, list]) => [
          name,
          tf.tensor([...list], [...(start[name] as Given).shape]),
        ]),
      );
      const { value, gradients } = differentiate(weights, (given) => ({ value: ranking(head(given, x)), rest: {} }));
      losses.push(value.dataSync()[0] as number);
      for (const [name, gradient] of Object.entries(gradients)) found[name] = Array.from(gradient.dataSync());
    });
    return found;
  };
  const final = runSteps(transform, start, gradientsAt, config["steps"] as number).at(-1) as Numbers;
  return { losses, final };
}
