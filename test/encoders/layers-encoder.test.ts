import { expect } from "chai";
import * as tf from "likewise/tf";
import { field, freeze, LayersEncoder, type NumericItem } from "likewise/encoders";
import { ConfigError, DataError } from "../../lib/errors.js";
import { Random } from "../../lib/random.js";
import { flatten } from "../../lib/tensor/tree.js";
import type { HostTensor } from "../../lib/tensor/host.js";
import { expectClose } from "../support/close.js";
import { gradientsOf } from "./gradients.js";
import { rejection, runTrainable, savedAndLoaded } from "./running.js";

const { layers } = tf.layers;
const sequential = (...list: tf.layers.layers.Layer[]): tf.layers.LayersModel => tf.layers.sequential({ layers: list });

/** Models of every sort, with items for them. */
const models: Readonly<Record<string, { make: () => tf.layers.LayersModel; integers?: boolean }>> = {
  "dense layers": {
    make: () => sequential(layers.dense({ units: 5, inputShape: [4], activation: "relu" }), layers.dense({ units: 3 })),
  },
  "a convolution": {
    make: () =>
      sequential(
        layers.conv2d({ filters: 4, kernelSize: 3, inputShape: [8, 8, 1], activation: "relu" }),
        layers.maxPooling2d({ poolSize: 2 }),
        layers.flatten(),
        layers.dense({ units: 3 }),
      ),
  },
  "a functional model with a shared layer": {
    make: () => {
      const x = tf.layers.input({ shape: [4] });
      const shared = layers.dense({ units: 4, activation: "tanh", name: "shared" });
      const y = shared.apply(shared.apply(x)) as tf.layers.SymbolicTensor;
      const outputs = layers.concatenate().apply([y, x]) as tf.layers.SymbolicTensor;
      return tf.layers.model({ inputs: x, outputs });
    },
  },
  "an embedding and an LSTM in both directions": {
    make: () =>
      sequential(
        layers.embedding({ inputDim: 10, outputDim: 4, inputLength: 5, maskZero: true }),
        layers.bidirectional({ layer: layers.lstm({ units: 3 }) as tf.layers.RNN, mergeMode: "concat" }),
      ),
    integers: true,
  },
  "models in a model, one of them not trainable": {
    make: () => {
      const first = sequential(layers.dense({ units: 3, inputShape: [4] }));
      const second = sequential(layers.dense({ units: 3, inputShape: [3] }));
      second.trainable = false;
      return sequential(first, second, layers.layerNormalization());
    },
  },
};

function itemsOf(shape: readonly number[], integers = false): Float32Array[] {
  const size = shape.reduce((product, length) => product * length, 1);
  return Array.from({ length: 3 }, (_, row) =>
    Float32Array.from({ length: size }, (_value, i) => (integers ? (i * 3 + row) % 5 : Math.sin(i * 3 + row))),
  );
}

for (const [name, { make, integers = false }] of Object.entries(models)) {
  describe(`LayersEncoder of ${name}`, () => {
    it("gives what the model gives, and so does its copy from configuration and weights", async () => {
      const model = make();
      const shape = model.inputs[0]?.shape.slice(1) as number[];
      const items = itemsOf(shape, integers);
      const expected = predict(model, items, shape);
      const encoder = new LayersEncoder(model);
      expect(encoder.embeddingSize).to.equal(expected.length / 3);
      for (const each of [encoder, savedAndLoaded(encoder)]) {
        expectClose(await freeze(each).embed(items), expected, { absolute: 1e-6 });
      }
    });

    it("takes the model's tensors over and holds none itself", async () => {
      const before = tf.memory().numTensors;
      const model = make();
      expect(tf.memory().numTensors).to.be.greaterThan(before);
      const encoder = new LayersEncoder(model);
      expect(tf.memory().numTensors).to.equal(before);
      await encoder.collate([]);
      expect(tf.memory().numTensors).to.equal(before);
      expect(() =>
        tf.tidy(() => model.predict(tf.zeros([1, ...(model.inputs[0]?.shape.slice(1) as number[])]))),
      ).to.throw("disposed");
    });

    it("is described alike however many layers were made before", () => {
      const [first, second] = [new LayersEncoder(make()), new LayersEncoder(make())];
      expect(second.config).to.deep.equal(first.config);
      expect(Object.keys(second.weights)).to.deep.equal(Object.keys(first.weights));
    });

    it("has the gradients that tfjs gives the model's own variables", async () => {
      const model = make();
      const shape = model.inputs[0]?.shape.slice(1) as number[];
      const items = itemsOf(shape, integers);
      const size = model.outputs[0]?.shape[1] as number;
      const cotangent = new Random(name).normals(3 * size);
      const expected = ownGradients(model, items, shape, cotangent);
      const encoder = new LayersEncoder(model);
      const init = encoder.initialize(new Random(0));
      const found = gradientsOf(encoder, await encoder.collate(items), init, cotangent);
      const order = Object.keys(encoder.weights).filter((path) => path.startsWith("parameters/"));
      expect(order).to.have.length(expected.length);
      order.forEach((path, i) => {
        expectClose(found[path.slice("parameters/".length)], expected[i], { absolute: 1e-5, what: path });
      });
    });
  });
}

describe("LayersEncoder", () => {
  it("hands back batch-normalization averages as state and uses those it is given", async () => {
    const momentum = 0.9;
    const encoder = new LayersEncoder(sequential(layers.batchNormalization({ inputShape: [2], momentum, epsilon: 0 })));
    const init = encoder.initialize(new Random(0));
    const inputs = await encoder.collate([
      [1, 10],
      [3, 30],
    ]);
    const { state, values } = runTrainable(encoder, inputs, init, true);
    const name = "batch_normalization_1";
    expectClose(values, [-1, -1, 1, 1], { absolute: 1e-4 });
    expectClose(state[`${name}/moving_mean`]?.data, [0.2, 2], { relative: 1e-4 });
    expectClose(state[`${name}/moving_variance`]?.data, [0.9 + 0.1, 0.9 + 10], { relative: 1e-3 });
    const next = runTrainable(encoder, inputs, { ...init, state }, true);
    expectClose(next.state[`${name}/moving_mean`]?.data, [0.38, 3.8], { relative: 1e-4 });
    const inferred = runTrainable(encoder, inputs, { ...init, state }, false);
    expect(inferred.state).to.deep.equal({});
    expectClose(inferred.values.subarray(0, 1), [1 - 0.2], { relative: 1e-3 });
    expectClose(flatten<HostTensor>(init.state ?? {})[`${name}/moving_mean`]?.data, [0, 0]);
  });

  it("keeps numbers that are not trained in the state, unchanged beside the ones that are", async () => {
    const encoder = new LayersEncoder(
      sequential(
        layers.dense({ units: 2, inputShape: [2], trainable: false, name: "fixed" }),
        layers.batchNormalization({ name: "norm" }),
        layers.dense({ units: 2, name: "learned" }),
      ),
    );
    const init = encoder.initialize(new Random(0));
    const state = flatten<HostTensor>(init.state ?? {});
    expect(Object.keys(flatten<HostTensor>(init.parameters))).to.deep.equal([
      "learned/bias",
      "learned/kernel",
      "norm/beta",
      "norm/gamma",
    ]);
    const fixed = ["fixed/bias", "fixed/kernel"];
    expect(Object.keys(state)).to.deep.equal([...fixed, "norm/moving_mean", "norm/moving_variance"]);
    const run = runTrainable(
      encoder,
      await encoder.collate([
        [1, 2],
        [3, 5],
      ]),
      init,
      true,
    );
    expect(Object.keys(run.state).sort()).to.deep.equal(Object.keys(state));
    for (const path of fixed) expect(run.state[path]).to.deep.equal(state[path]);
  });

  it("draws dropout from the noise of the step, in training only", async () => {
    const encoder = new LayersEncoder(sequential(layers.dropout({ rate: 0.25, inputShape: [100] })));
    const init = encoder.initialize(new Random(0));
    const inputs = await encoder.collate(Array.from({ length: 4 }, () => new Float32Array(100).fill(1)));
    const values = (training: boolean, seed: string): number[] => [
      ...runTrainable(encoder, inputs, init, training, seed).values,
    ];
    expect(values(false, "a").every((value) => value === 1)).to.equal(true);
    expect(values(true, "a")).to.deep.equal(values(true, "a"));
    expect(values(true, "a")).not.to.deep.equal(values(true, "b"));
    const noise = new Random("a").uniforms(400);
    expectClose(
      values(true, "a"),
      [...noise].map((uniform) => (uniform < 0.25 ? 0 : 4 / 3)),
    );
  });

  it("draws one number a column for spatial dropout, and finds dropout in inner models", async () => {
    const inner = sequential(layers.dropout({ rate: 0.5, inputShape: [6, 8] }));
    (inner.layers[0] as unknown as { noiseShape: (number | null)[] }).noiseShape = [null, 1, 8];
    const encoder = new LayersEncoder(sequential(inner, layers.flatten()));
    const inputs = await encoder.collate([new Float32Array(48).fill(1), new Float32Array(48).fill(1)]);
    const { values } = runTrainable(encoder, inputs, encoder.initialize(new Random(0)), true, "x");
    const noise = new Random("x").uniforms(16);
    values.forEach((value, i) => {
      expect(value).to.equal((noise[Math.floor(i / 48) * 8 + (i % 8)] as number) < 0.5 ? 0 : 2);
    });
  });

  it("reads nested arrays, flat arrays and whole numbers", async () => {
    const pixels = new LayersEncoder(sequential(layers.flatten({ inputShape: [2, 3] })));
    const nested = [[1, 2, 3], Float32Array.of(4, 5, 6)];
    const { items } = (await pixels.collate([nested, [1, 2, 3, 4, 5, 6], Int8Array.of(1, 2, 3, 4, 5, 6)])) as {
      items: HostTensor;
    };
    expect(items.shape).to.deep.equal([3, 2, 3]);
    expect([...items.data]).to.deep.equal([1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6]);
    const x = tf.layers.input({ shape: [2], dtype: "int32" });
    const outputs = layers
      .flatten()
      .apply(layers.embedding({ inputDim: 9, outputDim: 2 }).apply(x)) as tf.layers.SymbolicTensor;
    const ids = new LayersEncoder(tf.layers.model({ inputs: x, outputs }));
    expect((await ids.collate([[1, 2]]))["items"]?.data).to.deep.equal(Int32Array.of(1, 2));
    expect((await rejection(ids.collate([[1, 2.5]]))).message).to.match(/item 0: number 1 is 2.5, expected a whole/u);
  });

  it("refuses items of another shape or that are not finite, naming their position", async () => {
    const encoder = new LayersEncoder(sequential(layers.flatten({ inputShape: [2, 3] })));
    const fine = [1, 2, 3, 4, 5, 6];
    for (const [wrong, message] of [
      [[1, 2, 3], /item 1: expected 2 arrays of shape \[3\], got 3/u],
      [[[1, 2, 3]], /item 1: expected 2 arrays of shape \[3\], got 1/u],
      [
        [
          [1, 2, 3],
          [4, 5],
        ],
        /item 1: expected 3 numbers, got 2/u,
      ],
      [
        [
          [1, 2, 3],
          [4, 5, NaN],
        ],
        /item 1: number 2 is NaN/u,
      ],
      ["123456", /item 1: expected 2 numbers in an array, got string/u],
    ] as const) {
      const error = await rejection(encoder.collate([fine, wrong as unknown as NumericItem]));
      expect(error).to.be.instanceOf(DataError);
      expect(error.message).to.match(message);
    }
  });

  it("picks a field of records", async () => {
    const model = sequential(layers.activation({ activation: "relu", inputShape: [2] }));
    const items = [{ pixels: [3, -4], name: "x" }];
    expect([...(await field("pixels", freeze(new LayersEncoder(model))).embed(items))]).to.deep.equal([3, 0]);
    const { items: collated } = (await field(
      "pixels",
      new LayersEncoder(sequential(layers.dense({ units: 1, inputShape: [2] }))),
    ).collate(items)) as { items: HostTensor };
    expect([...collated.data]).to.deep.equal([3, -4]);
  });

  it("refuses models that cannot be trained as they say, and leaves them alone", () => {
    const x = tf.layers.input({ shape: [3] });
    const y = tf.layers.input({ shape: [3] });
    const lstm = (options: object) => sequential(layers.lstm({ units: 2, inputShape: [4, 2], ...options }));
    const wrong: readonly (readonly [tf.layers.LayersModel, RegExp])[] = [
      [
        tf.layers.model({ inputs: [x, y], outputs: layers.add().apply([x, y]) as tf.layers.SymbolicTensor }),
        /one input and one output, got 2 inputs and 1 outputs/u,
      ],
      [sequential(layers.dense({ units: 2, inputShape: [4, 3] })), /output \[n, size\], got \[n, 4, 2\]/u],
      [
        sequential(layers.globalAveragePooling1d({ inputShape: [null, 3] })),
        /all other dimensions fixed, got \[n, n, 3\]/u,
      ],
      [sequential(layers.dense({ units: 2, batchInputShape: [5, 3] })), /any number of rows/u],
      [sequential(layers.gaussianNoise({ stddev: 1, inputShape: [3] })), /GaussianNoise.*random numbers/u],
      [lstm({ dropout: 0.5 }), /LSTM.*has dropout of its own/u],
      [lstm({ recurrentDropout: 0.5 }), /has recurrentDropout of its own/u],
      [
        sequential(
          layers.timeDistributed({ layer: layers.dropout({ rate: 0.5 }), inputShape: [2, 3] }),
          layers.flatten(),
        ),
        /Dropout.*wrapped by another layer/u,
      ],
    ];
    for (const [model, message] of wrong) {
      expect(() => new LayersEncoder(model)).to.throw(ConfigError, message);
      for (const variable of model.weights) variable.dispose();
    }
  });

  it("says which layer it does not know, and which weights are missing", async () => {
    const encoder = new LayersEncoder(sequential(layers.dense({ units: 2, inputShape: [2] })));
    const text = JSON.stringify(encoder.config);
    const foreign = LayersEncoder.from(
      JSON.parse(text.replaceAll('"Dense"', '"Quantum"')) as typeof encoder.config,
      encoder.weights,
    );
    const unknown = await rejection(foreign.collate([[1, 2]]));
    expect(unknown).to.be.instanceOf(ConfigError);
    expect(unknown.message).to.match(/Quantum.*registerClass/su);
    const poor = await rejection(LayersEncoder.from(encoder.config, {}).collate([[1, 2]]));
    expect(poor.message).to.match(/dense_1\/kernel is missing.*dense_1\/bias is missing/su);
  });
});

function batchOf(items: readonly Float32Array[], shape: readonly number[]): tf.Tensor {
  return tf.stack(items.map((item) => tf.tensor(item, [...shape])));
}

function predict(model: tf.layers.LayersModel, items: readonly Float32Array[], shape: readonly number[]): number[] {
  return tf.tidy(() => Array.from((model.predict(batchOf(items, shape)) as tf.Tensor).dataSync()));
}

/** By the trainable variables, in their order. */
function ownGradients(
  model: tf.layers.LayersModel,
  items: readonly Float32Array[],
  shape: readonly number[],
  cotangent: Float32Array,
): number[][] {
  const found: number[][] = [];
  tf.tidy(() => {
    const variables = model.trainableWeights.map((variable) => variable.read() as tf.Variable);
    const { grads } = tf.variableGrads(() => {
      const output = model.apply(batchOf(items, shape), { training: true }) as tf.Tensor;
      return tf.sum(tf.mul(output, tf.tensor(cotangent, output.shape)));
    }, variables);
    for (const variable of variables) found.push(Array.from((grads[variable.name] as tf.Tensor).dataSync()));
  });
  return found;
}
