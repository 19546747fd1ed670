/**
 * Handwritten digits, recognized by the nearest known ones: a convolutional encoder is trained on 8,000 digits, and 2,000 others are
 * given the label of their nearest neighbour, by pixels and by embeddings of 32 numbers.
 *
 *   node --conditions=likewise-source --import tsx examples/digits.ts ../shared/data/images/mnist [--json]
 */
import { join } from "node:path";
import { TrainableModel, Trainer, type LossContext } from "likewise";
import { GroupLoader } from "likewise/data";
import { LayersEncoder } from "likewise/encoders";
import { IdentityHead } from "likewise/heads";
import { ArcFaceLoss } from "likewise/losses";
import { adam } from "likewise/optim";
import { NearestClassifier, type Vectors } from "likewise/retrieval";
import * as tf from "likewise/tf";
import { folderFrom, printFigures, type Figure } from "./figures.js";
import { readIdx } from "./idx.js";
import { plainly } from "./plainly.js";

class Digits extends TrainableModel<"group", Float32Array> {
  override configureEncoders() {
    const { layers, sequential } = tf.layers;
    const convolution = (filters: number, more = {}) =>
      layers.conv2d({ filters, kernelSize: 3, strides: 2, padding: "same", activation: "relu", ...more });
    const convolutions = [convolution(16, { inputShape: [28, 28, 1] }), convolution(32), convolution(64)];
    return new LayersEncoder(sequential({ layers: [...convolutions, layers.flatten(), layers.dense({ units: 32 })] }));
  }
  override configureHead = (inputSize: number) => new IdentityHead(inputSize);
  override configureLoss = (context: LossContext) => new ArcFaceLoss({ ...context, scale: 16, margin: 0.3 });
  override configureOptimizer = () => adam({ learningRate: 2e-3 });
}

await plainly(async () => {
  const folder = folderFrom("../shared/data/images/mnist");
  const pixels = (await readIdx(join(folder, "t10k-images.idx.gz"))).map((row) =>
    Float32Array.from(row, (value) => value / 255),
  );
  const labels = (await readIdx(join(folder, "t10k-labels.idx.gz"))).map(([label = 0]) => label);
  const samples = pixels.slice(0, 8000).map((item, at) => ({ item, group: labels[at]! }));
  const train = new GroupLoader(samples, { batchSize: 128, balance: false });
  await using model = await new Trainer({ maxEpochs: 12 }).fit(new Digits(), { train });

  const accuracy = async (name: string, known: Vectors, asked: Vectors): Promise<Figure> => {
    const found = await new NearestClassifier(known, labels.slice(0, 8000)).classify(asked);
    const right = found.filter(({ label }, at) => label === labels[8000 + at]).length;
    return { model: name, measure: "accuracy", value: right / found.length };
  };
  const [known, asked] = [await model.encode(pixels.slice(0, 8000)), await model.encode(pixels.slice(8000))];
  printFigures("2,000 digits, by the nearest of 8,000", [
    await accuracy("pixels", pixels.slice(0, 8000), pixels.slice(8000)),
    await accuracy("trained", known, asked),
  ]);
});
