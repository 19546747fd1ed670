import { expect } from "chai";
import { SimilarityModel, TrainableModel, Trainer } from "likewise";
import { GroupLoader } from "likewise/data";
import { VectorEncoder } from "likewise/encoders";
import { DenseHead, LayersHead, SequentialHead } from "likewise/heads";
import { TripletLoss } from "likewise/losses";
import * as tf from "likewise/tf";
import { ConfigError } from "../../lib/errors.js";
import { Random } from "../../lib/random.js";
import { flatten } from "../../lib/tensor/tree.js";
import type { HostTensor } from "../../lib/tensor/host.js";
import { expectClose } from "../support/close.js";
import { temporaryFolder } from "../support/folder.js";

const { layers } = tf.layers;
const sequential = (...list: tf.layers.layers.Layer[]): tf.layers.LayersModel => tf.layers.sequential({ layers: list });

const random = new Random("vectors");
const samples = Array.from({ length: 24 }, (_, i) => ({ item: [...random.normals(5)], group: i % 4 }));
const items = samples.slice(0, 7).map(({ item }) => item);

class Layered extends TrainableModel<"group", number[]> {
  override configureEncoders = () => new VectorEncoder(5);
  override configureHead = (inputSize: number) =>
    new SequentialHead([
      new LayersHead(() =>
        sequential(
          layers.dense({ units: 6, inputShape: [inputSize], activation: "relu" }),
          layers.batchNormalization(),
          layers.dropout({ rate: 0.2 }),
        ),
      ),
      new DenseHead(6, { outputSize: 3 }),
    ]);
  override configureLoss = () => new TripletLoss({ mining: "all" });
}

async function trained(engine: "compiled" | "eager", seed = 4) {
  const trainer = new Trainer({ progress: false, engine, maxEpochs: 3, seed });
  return trainer.fit(new Layered(), { train: new GroupLoader(samples, { batchSize: 8 }) });
}

describe("LayersHead", () => {
  it("trains the same on every engine and from every start of a seed, and is the same after the model was saved", async () => {
    await using compiled = await trained("compiled");
    await using eager = await trained("eager");
    const vectors = (await compiled.encode(items)).data;
    expectClose((await eager.encode(items)).data, vectors, { relative: 1e-3, absolute: 1e-4 });
    await using again = await trained("compiled");
    expect([...(await again.encode(items)).data]).to.deep.equal([...vectors]);
    await using other = await trained("compiled", 5);
    expect([...(await other.encode(items)).data]).not.to.deep.equal([...vectors]);
    await using folder = await temporaryFolder();
    await compiled.save(`${folder.path}/model`);
    await using loaded = await SimilarityModel.load<number[]>(`${folder.path}/model`);
    expectClose((await loaded.encode(items)).data, vectors, { relative: 1e-6, absolute: 1e-7 });
    const exported = await loaded.exportOnnx(`${folder.path}/model.onnx`);
    expect(exported.output).to.equal("embeddings");
  });

  it("starts from the numbers of a model, and from drawn ones given a function", () => {
    const make = () => sequential(layers.dense({ units: 2, inputShape: [3] }));
    const model = make();
    const kernel = [...(model.getWeights()[0] as tf.Tensor).dataSync()];
    const kept = numbersOf(new LayersHead(model), "a");
    expect([...(kept["dense_1/kernel"]?.data ?? [])]).to.deep.equal(kernel);
    const head = new LayersHead(make);
    expect(numbersOf(head, "a")).to.deep.equal(numbersOf(new LayersHead(make), "a"));
    expect(numbersOf(head, "a")).not.to.deep.equal(numbersOf(head, "b"));
    const seeded = layers.dense({
      units: 2,
      inputShape: [3],
      kernelInitializer: tf.layers.initializers.heNormal({ seed: 3 }),
    });
    const own = new LayersHead(() => sequential(seeded));
    expect(numbersOf(own, "a")).to.deep.equal(numbersOf(own, "b"));
  });

  it("refuses models of anything but vectors of numbers", () => {
    const image = () => sequential(layers.flatten({ inputShape: [2, 3] }));
    expect(() => new LayersHead(image)).to.throw(ConfigError, "float32 input [n, size], got float32 [n, 2, 3]");
    expect(() => new LayersHead({} as never)).to.throw(ConfigError, "expected a tf.layers model");
    const narrow = () => sequential(layers.dense({ units: 2, inputShape: [3] }));
    expect(() => new LayersHead(narrow, { dropout: 1 })).to.throw(ConfigError, "dropout");
  });
});

function numbersOf(head: LayersHead, seed: string): Record<string, HostTensor> {
  return flatten<HostTensor>(head.initialize(new Random(seed)).parameters);
}
