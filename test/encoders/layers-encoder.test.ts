import { expect } from "chai";
import * as tf from "likewise/tf";
import { field, freeze, LayersEncoder, type NumericItem } from "likewise/encoders";
import { ConfigError, DataError } from "../../lib/errors.js";
import { Random } from "../../lib/random.js";
import { differentiate } from "../../lib/tensor/differentiate.js";
import { upload, type HostTensor } from "../../lib/tensor/host.js";
import { flatten, mapEntries, unflatten, type TensorTree } from "../../lib/tensor/tree.js";
import { expectClose } from "../support/close.js";
import { failure } from "../support/failure.js";
import { modeOf, uploadTree } from "../support/part.js";
import { runTrainable } from "./running.js";

const { layers } = tf.layers;
const sequential = (...list: tf.layers.layers.Layer[]): tf.layers.LayersModel => tf.layers.sequential({ layers: list });

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

  it("hands its state out of a differentiated step, which then holds nothing else", async () => {
    const encoder = new LayersEncoder(
      sequential(
        layers.dense({ units: 2, inputShape: [2] }),
        layers.batchNormalization(),
        layers.dropout({ rate: 0.5 }),
      ),
    );
    const { parameters, state = {} } = encoder.initialize(new Random(0));
    const inputs = await encoder.collate([
      [1, 2],
      [3, 5],
    ]);
    tf.tidy(() => {
      const given = mapEntries(flatten<HostTensor>(parameters), upload);
      const mode = modeOf(true, "noise", uploadTree(state));
      const { gradients, rest } = differentiate(given, (numbers) => {
        const output = encoder.apply(unflatten(numbers), mapEntries(inputs, upload), mode);
        const { value, state: changed } = output as { value: tf.Tensor2D; state: TensorTree };
        return { value: tf.sum(value), rest: flatten<tf.Tensor>(changed) };
      });
      expect(Object.keys(gradients)).to.deep.equal(Object.keys(given));
      const run = runTrainable(encoder, inputs, { parameters, state }, true);
      expect(Object.keys(rest)).to.deep.equal(Object.keys(run.state));
      for (const [name, { data }] of Object.entries(run.state)) expectClose(rest[name]?.dataSync(), data);
    });
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

  it("starts from the numbers of a model, or from those that the seed decides when it is given a function", () => {
    const make = () => sequential(layers.lstm({ units: 2, inputShape: [3, 2] }));
    const numbers = (encoder: LayersEncoder, seed: string) =>
      flatten<HostTensor>(encoder.initialize(new Random(seed)).parameters);
    const kept = new LayersEncoder(make());
    expect(numbers(kept, "a")).to.deep.equal(numbers(kept, "b"));
    const drawn = numbers(new LayersEncoder(make), "a");
    expect(drawn).to.deep.equal(numbers(new LayersEncoder(make), "a"));
    const other = numbers(new LayersEncoder(make), "b");
    for (const [name, { data }] of Object.entries(drawn)) {
      if (name.endsWith("bias")) continue;
      expect([...data]).not.to.deep.equal([...(other[name]?.data ?? [])]);
    }
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
    expect((await failure(ids.collate([[1, 2.5]]))).message).to.match(
      /item 0, \[ 1, 2.5 \]: number 1 is 2.5, expected a whole/u,
    );
  });

  it("refuses items of another shape or that are not finite, naming their position", async () => {
    const encoder = new LayersEncoder(sequential(layers.flatten({ inputShape: [2, 3] })));
    const fine = [1, 2, 3, 4, 5, 6];
    for (const [wrong, message] of [
      [[1, 2, 3], /item 1, \[ 1, 2, 3 \]: expected 2 arrays of shape \[3\], got 3/u],
      [[[1, 2, 3]], /item 1, \[ \[ 1, 2, 3 \] \]: expected 2 arrays of shape \[3\], got 1/u],
      [
        [
          [1, 2, 3],
          [4, 5],
        ],
        /item 1, \[ \[ 1, 2, 3 \], \[ 4, 5 \] \]: expected 3 numbers, got 2/u,
      ],
      [
        [
          [1, 2, 3],
          [4, 5, NaN],
        ],
        /item 1, \[ \[ 1, 2, 3 \], \[ 4, 5, NaN \] \]: number 2 is NaN/u,
      ],
      ["123456", /item 1, "123456": expected 2 numbers in an array, got "123456" \(a text\)/u],
    ] as const) {
      const error = await failure(encoder.collate([fine, wrong as unknown as NumericItem]));
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
    const unknown = await failure(foreign.collate([[1, 2]]));
    expect(unknown).to.be.instanceOf(ConfigError);
    expect(unknown.message).to.match(/Quantum.*registerClass/su);
    const poor = await failure(LayersEncoder.from(encoder.config, {}).collate([[1, 2]]));
    expect(poor.message).to.match(/dense_1\/kernel is missing.*dense_1\/bias is missing/su);
  });

  it("says that another part took the model over", () => {
    const model = sequential(layers.dense({ units: 2, inputShape: [2] }));
    expect(new LayersEncoder(model).embeddingSize).to.equal(2);
    expect(() => new LayersEncoder(model)).to.throw(
      ConfigError,
      /model: the numbers of dense_Dense\d+\/kernel are freed, for another encoder or head took the model over.* \(\) => makeModel\(\)/u,
    );
  });

  it("names the item whose id an embedding layer does not know, wherever that reads the input", async () => {
    const embed = () => layers.embedding({ inputDim: 5, outputDim: 3, inputLength: 2 });
    const x = tf.layers.input({ shape: [2], dtype: "int32" });
    const inner = sequential(embed());
    const outer = tf.layers.input({ shape: [2] });
    const flat = (y: unknown) => layers.flatten().apply(y as tf.layers.SymbolicTensor) as tf.layers.SymbolicTensor;
    const models = [
      sequential(embed(), layers.flatten()),
      sequential(layers.inputLayer({ inputShape: [2] }), embed(), layers.flatten()),
      tf.layers.model({ inputs: x, outputs: flat(embed().apply(x)) }),
      tf.layers.model({ inputs: outer, outputs: flat(inner.apply(outer)) }),
    ];
    for (const model of models) {
      const encoder = new LayersEncoder(model);
      expect(Object.keys(await encoder.collate([[0, 4]]))).to.deep.equal(["items"]);
      for (const wrong of [5, -1]) {
        const error = await failure(
          encoder.collate([
            [0, 4],
            [2, wrong],
          ]),
        );
        expect(error).to.be.instanceOf(DataError);
        expect(error.message).to.include(
          `item 1: number 1 is ${wrong}, but the embedding layer knows ids from 0 to 4; give it a larger inputDim`,
        );
      }
    }
  });

  it("refuses ids that are not whole, which an embedding layer would cut off", async () => {
    const embed = layers.embedding({ inputDim: 6, outputDim: 3, inputLength: 2 });
    const encoder = new LayersEncoder(sequential(embed, layers.flatten()));
    for (const [item, place] of [
      [[0.5, 1], "number 0 is 0.5"],
      [[0, 1.5], "number 1 is 1.5"],
    ] as const) {
      const error = await failure(encoder.collate([[0, 1], item]));
      expect(error).to.be.instanceOf(DataError);
      expect(error.message).to.include(
        `item 1: ${place}, but the embedding layer knows ids from 0 to 5; ids are whole`,
      );
    }
    expect(Object.keys(await encoder.collate([[0, 5]]))).to.deep.equal(["items"]);
  });
});
