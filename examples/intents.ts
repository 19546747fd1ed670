/**
 * Bank customers' questions: a frozen sentence encoder in ONNX, and a head trained over it (banking77).
 *
 *   node --conditions=likewise-source --import tsx examples/intents.ts ../shared/data [--json]
 *
 * The folder holds text/banking77 (train.jsonl and test.jsonl of { text, label } rows) and encoders/word2vec-sif-onnx.
 */
import { join } from "node:path";
import { CacheConfig, TrainableModel, Trainer } from "likewise";
import { GroupLoader, readJsonLines } from "likewise/data";
import { NgramEncoder, OnnxEncoder } from "likewise/encoders";
import { DenseHead } from "likewise/heads";
import { MultiSimilarityLoss } from "likewise/losses";
import { adam } from "likewise/optim";
import { folderFrom, frozenVectors, groupFigures, printFigures } from "./figures.js";
import { plainly } from "./plainly.js";

type Row = Readonly<Record<"text" | "label", string>>;

class Intents extends TrainableModel<"group", string> {
  constructor(readonly encoders: Readonly<Record<string, NgramEncoder | OnnxEncoder>>) {
    super();
  }
  override configureEncoders = () => this.encoders;
  override configureHead = (inputSize: number) => new DenseHead(inputSize, { outputSize: 256 });
  override configureLoss = () => new MultiSimilarityLoss();
  override configureOptimizer = () => adam({ learningRate: 1e-3 });
  override configureCaches = () => new CacheConfig<string>();
}

await plainly(async () => {
  const folder = folderFrom("../shared/data");
  const read = (name: string) => readJsonLines<Row>(join(folder, "text/banking77", name)).toArray();
  const [learned, test] = [await read("train.jsonl"), await read("test.jsonl")];
  const words = await OnnxEncoder.load(join(folder, "encoders/word2vec-sif-onnx"));
  const grams = NgramEncoder.fit(
    learned.map(({ text }) => text),
    { dimensions: 2048 },
  );
  const train = new GroupLoader(
    learned.map(({ text, label }) => ({ item: text, group: label })),
    { batchSize: 256 },
  );
  const [texts, labels] = [test.map(({ text }) => text), test.map(({ label }) => label)];
  const trained = async (name: string, encoders: Intents["encoders"]) => {
    await using model = await new Trainer({ maxEpochs: 15 }).fit(new Intents(encoders), { train });
    return await groupFigures(name, await model.encode(texts), labels);
  };
  printFigures("3,080 questions with 77 intents", [
    ...(await groupFigures("frozen word vectors", await frozenVectors(words, texts), labels)),
    ...(await groupFigures("frozen n-grams", await frozenVectors(grams, texts), labels)),
    ...(await trained("head over word vectors", { words })),
    ...(await trained("head over both", { words, grams })),
  ]);
});
