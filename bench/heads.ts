/**
 * Heads over frozen word vectors, on bank customers' questions (banking77): R-precision of the test questions and time of training.
 *
 *   node --conditions=likewise-source --import tsx bench/heads.ts ../shared/data
 */
import { join } from "node:path";
import { CacheConfig, TrainableModel, Trainer, type Head, type HostMatrix } from "likewise";
import { GroupLoader, readJsonLines } from "likewise/data";
import { OnnxEncoder } from "likewise/encoders";
import * as heads from "likewise/heads";
import { MultiSimilarityLoss } from "likewise/losses";
import { RPrecision } from "likewise/metrics";
import { prepareBackend } from "likewise/testing";
import { adam } from "likewise/optim";
import * as tf from "likewise/tf";

type Row = Readonly<Record<"text" | "label", string>>;
type Make = (size: number) => Head;

const { layers } = tf.layers;
const MADE: Readonly<Record<string, Make>> = {
  "`WhiteningHead` then `GatedHead`": (size) =>
    new heads.SequentialHead([new heads.WhiteningHead(size), new heads.GatedHead(size)]),
  GatedHead: (size) => new heads.GatedHead(size),
  SkipConnectionHead: (size) => new heads.SkipConnectionHead(size),
  "DenseHead, 256": (size) => new heads.DenseHead(size, { outputSize: 256 }),
  "DenseHead, 256, orthogonal": (size) => new heads.DenseHead(size, { outputSize: 256, initialization: "orthogonal" }),
  "`WhiteningHead` then `DenseHead`, 256": (size) =>
    new heads.SequentialHead([new heads.WhiteningHead(size), new heads.DenseHead(size, { outputSize: 256 })]),
  "DenseHead, 512 then 256": (size) => new heads.DenseHead(size, { outputSizes: [512, 256], dropout: 0.1 }),
  WideningHead: (size) => new heads.WideningHead(size, { dropout: 0.1 }),
  "SoftmaxEmbeddingsHead, 32 × 8": (size) => new heads.SoftmaxEmbeddingsHead(size, { groups: 32, groupSize: 8 }),
  "`LayersHead`: dense, batch normalization, dense": (size) =>
    new heads.LayersHead(() =>
      tf.layers.sequential({
        layers: [
          layers.dense({ units: 512, inputShape: [size], activation: "relu" }),
          layers.batchNormalization(),
          layers.dropout({ rate: 0.1 }),
          layers.dense({ units: 256 }),
        ],
      }),
    ),
};

class Questions extends TrainableModel<"group", string> {
  constructor(
    readonly words: OnnxEncoder,
    readonly make: Make,
  ) {
    super();
  }
  override configureEncoders = () => this.words;
  override configureHead = (inputSize: number) => this.make(inputSize);
  override configureLoss = () => new MultiSimilarityLoss();
  override configureOptimizer = () => adam({ learningRate: 1e-3 });
  override configureCaches = () => new CacheConfig<string>();
}

const folder = process.argv[2] ?? "../shared/data";
const read = (name: string) => readJsonLines<Row>(join(folder, "text/banking77", name)).toArray();
const [learned, test] = [await read("train.jsonl"), await read("test.jsonl")];
const words = await OnnxEncoder.load(join(folder, "encoders/word2vec-sif-onnx"));
const train = new GroupLoader(
  learned.map(({ text, label }) => ({ item: text, group: label })),
  { batchSize: 256 },
);
const texts = test.map(({ text }) => text);
const names = [...new Set(test.map(({ label }) => label))];
const groups = Int32Array.from(test, ({ label }) => names.indexOf(label));
async function precision(vectors: HostMatrix): Promise<number> {
  const metric = new RPrecision();
  metric.update(vectors, { groups });
  return metric.value();
}

await prepareBackend();
const frozen = await words.embed(texts);
const size = words.embeddingSize;
console.log(`no head: ${(await precision({ data: frozen, rows: texts.length, size })).toFixed(3)}`);
for (const [name, make] of Object.entries(MADE)) {
  const found: number[] = [];
  let seconds = 0;
  let parameters = 0;
  for (const seed of [1, 2, 3]) {
    const trainer = new Trainer({ maxEpochs: 15, progress: false, seed });
    const watching = trainer.events$.subscribe((event) => {
      if (event.type === "stopped") seconds += event.seconds;
      if (event.type === "assembled") parameters = event.summary.reduce((sum, row) => sum + row.parameters, 0);
    });
    await using model = await trainer.fit(new Questions(words, make), { train });
    watching.unsubscribe();
    found.push(await precision(await model.encode(texts)));
  }
  const mean = found.reduce((sum, value) => sum + value, 0) / found.length;
  const spread = Math.max(...found) - Math.min(...found);
  console.log(
    `| ${name} | ${parameters} | ${mean.toFixed(3)} | ${spread.toFixed(3)} | ${(seconds / 3).toFixed(1)} s |`,
  );
}
