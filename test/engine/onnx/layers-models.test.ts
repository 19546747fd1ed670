import { expect } from "chai";
import * as tf from "likewise/tf";
import { LayersEncoder } from "likewise/encoders";
import { IdentityHead } from "likewise/heads";
import { MultipleNegativesRankingLoss } from "likewise/losses";
import { writeProgram } from "../../../lib/engine/compile-program.js";
import { generalOf, serves, widen } from "../../../lib/engine/onnx/general-model.js";
import { recordProgram } from "../../../lib/engine/trace/trace-program.js";
import { prefixed } from "../../../lib/tensor/tree.js";
import { onnxRuntime, type Runtime } from "../../support/onnx-runtime.js";
import { expectSame, runEagerly, runNatively } from "./both-ways.js";
import { stepOf, type Step } from "./step-cases.js";

const { layers } = tf.layers;
const sequential = (...list: tf.layers.layers.Layer[]): tf.layers.LayersModel => tf.layers.sequential({ layers: list });
const image = { inputShape: [7, 6, 2] };
const series = { inputShape: [5, 3] };
const words = { inputDim: 10, outputDim: 4, inputLength: 5 };

/** Models whose output is a vector, with whether they take whole numbers. */
const models: Readonly<Record<string, { readonly make: () => tf.layers.LayersModel; readonly integers?: boolean }>> = {
  "dense layers with every activation": {
    make: () =>
      sequential(
        layers.dense({ units: 5, inputShape: [4], activation: "relu" }),
        ...(["elu", "selu", "softplus", "softsign", "swish", "hardSigmoid", "gelu", "tanh", "softmax"] as const).map(
          (activation) => layers.dense({ units: 5, activation: activation as "relu" }),
        ),
        layers.leakyReLU({ alpha: 0.2 }),
        layers.prelu(),
        layers.dropout({ rate: 0.4 }),
      ),
  },
  "convolutions and pooling": {
    make: () =>
      sequential(
        layers.conv2d({ filters: 4, kernelSize: 3, activation: "relu", ...image }),
        layers.batchNormalization(),
        layers.maxPooling2d({ poolSize: 2, strides: 1 }),
        layers.conv2d({ filters: 3, kernelSize: 2, strides: 2, padding: "same", useBias: false }),
        layers.averagePooling2d({ poolSize: 2, padding: "same", strides: 1 }),
        layers.flatten(),
      ),
  },
  "depthwise and separable convolutions": {
    make: () =>
      sequential(
        layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, ...image }),
        layers.separableConv2d({ filters: 4, kernelSize: 2, padding: "same" }),
        layers.globalAveragePooling2d({ dataFormat: "channelsLast" }),
      ),
  },
  "an upward convolution and padding": {
    make: () =>
      sequential(
        layers.conv2dTranspose({ filters: 6, kernelSize: 3, strides: 2, padding: "same", inputShape: [2, 1, 2] }),
        layers.zeroPadding2d({ padding: [1, 2] }),
        layers.globalMaxPooling2d({ dataFormat: "channelsLast" }),
      ),
  },
  "convolutions along one axis": {
    make: () =>
      sequential(
        layers.conv1d({ filters: 4, kernelSize: 3, padding: "same", activation: "tanh", ...series }),
        layers.maxPooling1d({ poolSize: 2 }),
        layers.layerNormalization({ axis: -1 }),
        layers.globalAveragePooling1d({}),
      ),
  },
  "attention with two heads": {
    make: () => {
      const input = tf.layers.input({ shape: [5, 3] });
      const along = (list: tf.layers.SymbolicTensor[], axes: number | [number, number]): tf.layers.SymbolicTensor =>
        layers.dot({ axes }).apply(list) as tf.layers.SymbolicTensor;
      const heads = [4, 3].map((units) => {
        const [query, key, value] = [0, 1, 2].map(
          () => layers.dense({ units, useBias: false }).apply(input) as tf.layers.SymbolicTensor,
        ) as [tf.layers.SymbolicTensor, tf.layers.SymbolicTensor, tf.layers.SymbolicTensor];
        const weights = layers.softmax({ axis: -1 }).apply(along([query, key], 2)) as tf.layers.SymbolicTensor;
        return along([weights, value], [2, 1]);
      });
      const together = layers.concatenate({ axis: -1 }).apply(heads) as tf.layers.SymbolicTensor;
      const normalized = layers.layerNormalization().apply(together) as tf.layers.SymbolicTensor;
      return tf.layers.model({
        inputs: input,
        outputs: layers.globalAveragePooling1d({}).apply(normalized) as tf.layers.SymbolicTensor,
      });
    },
  },
  "an LSTM": { make: () => sequential(layers.lstm({ units: 4, ...series })) },
  "a GRU on a GRU": {
    make: () => sequential(layers.gru({ units: 3, returnSequences: true, ...series }), layers.gru({ units: 4 })),
  },
  "an embedding and an LSTM in both directions, masked": {
    make: () =>
      sequential(
        layers.embedding({ ...words, maskZero: true }),
        layers.bidirectional({ layer: layers.lstm({ units: 3 }) as tf.layers.RNN, mergeMode: "concat" }),
      ),
    integers: true,
  },
  "an embedding, averaged": {
    make: () => sequential(layers.embedding(words), layers.globalAveragePooling1d({}), layers.dense({ units: 3 })),
    integers: true,
  },
  "a functional model": {
    make: () => {
      const x = tf.layers.input({ shape: [4] });
      const shared = layers.dense({ units: 4, activation: "tanh" });
      const y = shared.apply(shared.apply(x)) as tf.layers.SymbolicTensor;
      const sum = layers.add().apply([x, y]) as tf.layers.SymbolicTensor;
      const product = layers.multiply().apply([sum, y]) as tf.layers.SymbolicTensor;
      const outputs = layers.concatenate().apply([product, sum, x]) as tf.layers.SymbolicTensor;
      return tf.layers.model({ inputs: x, outputs });
    },
  },
  arrangements: {
    make: () =>
      sequential(
        layers.permute({ dims: [2, 1], ...series }),
        layers.reshape({ targetShape: [5, 3] }),
        layers.timeDistributed({ layer: layers.dense({ units: 2 }) }),
        layers.flatten(),
        layers.repeatVector({ n: 2 }),
        layers.simpleRNN({ units: 3 }),
      ),
  },
};

describe("A training step of a tf.layers model as ONNX", () => {
  let runtime: Runtime;
  before(async function () {
    runtime = await onnxRuntime(this);
  });
  for (const [name, { make, integers = false }] of Object.entries(models)) {
    it(`is the same for ${name}`, async () => {
      const encoder = new LayersEncoder(make());
      const shape = encoder.config["inputShape"] as number[];
      const size = shape.reduce((product, length) => product * length, 1);
      const at = async (pairs: number): Promise<Step> => {
        const items = Array.from({ length: 2 * pairs }, (_, row) =>
          Float32Array.from({ length: size }, (_value, i) =>
            integers ? (i * 3 + row) % 7 : Math.sin(i * 3 + row * row),
          ),
        );
        const subgroups = [...Array(2 * pairs).keys()].map((row) => row % pairs);
        return stepOf({
          encoders: [["default", encoder]],
          head: new IdentityHead(encoder.embeddingSize),
          loss: new MultipleNegativesRankingLoss({ temperature: 0.5 }),
          inputs: prefixed("inputs/default", await encoder.collate(items)),
          targets: { labels: subgroups.slice(0, pairs).map(() => 1), subgroups },
        });
      };
      const { programs, carried, inputs } = await at(3);
      for (const program of ["step", "evaluate"] as const) {
        const wanted = await runEagerly(programs[program], { carried, inputs });
        const got = await runNatively(runtime, programs[program], { carried, inputs });
        expectSame(got, wanted, program, { relative: 0, absolute: 1e-9, ofLargest: 1e-5 });
        const [first, second, third] = [3, 4, 9].map(async (pairs) => {
          const other = await at(pairs);
          const graph = recordProgram(other.programs[program], other.carried, other.inputs);
          return writeProgram(program, graph, { threads: 1, anySize: true }).model;
        });
        const general = widen(generalOf(await first!), await second!);
        expect(general, program).to.not.be.a("string");
        if (typeof general !== "string")
          expect(serves(general, await third!), "one graph for all sizes").to.equal(true);
      }
    });
  }
});
