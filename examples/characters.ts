/**
 * Handwritten characters of alphabets that the model has never seen: which drawings show the same one? A small convolutional encoder is
 * trained on some alphabets of Omniglot and judged on the others.
 *
 *   node --conditions=likewise-source --import tsx examples/characters.ts ../shared/data/images/omniglot [--json]
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { TrainableModel, Trainer, type GroupSample } from "likewise";
import { GroupLoader } from "likewise/data";
import { LayersEncoder } from "likewise/encoders";
import { IdentityHead } from "likewise/heads";
import { TripletLoss } from "likewise/losses";
import { adam } from "likewise/optim";
import * as tf from "likewise/tf";
import { folderFrom, groupFigures, matrixOf, printFigures } from "./figures.js";
import { readIdx } from "./idx.js";
import { plainly } from "./plainly.js";

class Characters extends TrainableModel<"group", Float32Array> {
  override configureEncoders() {
    const { layers, sequential } = tf.layers;
    const convolution = (filters: number, more = {}) =>
      layers.conv2d({ filters, kernelSize: 3, strides: 2, padding: "same", activation: "relu", ...more });
    const convolutions = [convolution(32, { inputShape: [28, 28, 1] }), convolution(64), convolution(64)];
    const ends = [layers.flatten(), layers.dense({ units: 64 })];
    return new LayersEncoder(sequential({ layers: [...convolutions, ...ends] }));
  }
  override configureHead = (inputSize: number) => new IdentityHead(inputSize);
  override configureLoss = () => new TripletLoss({ mining: "semi-hard", margin: 0.3 });
  override configureOptimizer = () => adam({ learningRate: 2e-3 });
}

await plainly(async () => {
  const folder = folderFrom("../shared/data/images/omniglot");
  const pixels = (await readIdx(join(folder, "small1-images28.idx.gz"))).map((row) =>
    Float32Array.from(row, (value) => value / 255),
  );
  const classes = (await readIdx(join(folder, "small1-labels.idx.gz"))).map(([label = 0]) => label);
  const names = JSON.parse(await readFile(join(folder, "small1-classes.json"), "utf8")) as { alphabet: string }[];
  const alphabets = [...new Set(names.map(({ alphabet }) => alphabet))];
  const unseen = new Set(alphabets.slice(-2));
  const samples = pixels.map((item, at): GroupSample<Float32Array> => ({ item, group: classes[at]! }));
  const isUnseen = ({ group }: GroupSample<Float32Array>): boolean => unseen.has(names[Number(group)]!.alphabet);
  const train = new GroupLoader(
    samples.filter((sample) => !isUnseen(sample)),
    { batchSize: 128 },
  );
  const test = samples.filter(isUnseen);
  console.log(`${alphabets.length - 2} alphabets to learn from, ${[...unseen].join(" and ")} to be told apart`);
  await using model = await new Trainer({ maxEpochs: 30 }).fit(new Characters(), { train });

  const [items, groups] = [test.map(({ item }) => item), test.map(({ group }) => group)];
  const figures = [
    ...(await groupFigures("pixels", matrixOf(items), groups)),
    ...(await groupFigures("trained", await model.encode(items), groups)),
  ];
  printFigures(`${test.length} drawings of alphabets never trained`, figures);
});
