import { expect } from "chai";
import * as tf from "likewise/tf";
import { freeze, LayersEncoder } from "likewise/encoders";
import { Random } from "../../lib/random.js";
import { expectClose } from "../support/close.js";
import { gradientsOf } from "./gradients.js";
import { savedAndLoaded } from "./running.js";

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
