/**
 * Bank customers' questions: which ones ask for the same thing? Trains on banking77 with three losses, then with the last 27 intents
 * held out of training, and compares with the frozen encoder.
 *
 *   node --conditions=likewise-source --import tsx examples/banking.ts ../shared/data/text/banking77 [--epochs 15] [--json]
 *
 * The folder holds train.jsonl and test.jsonl with { text, label } rows: PolyAI's banking77, CC BY 4.0.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  CacheConfig,
  TrainableModel,
  Trainer,
  UsageError,
  type HostMatrix,
  type LossContext,
  type SimilarityLoss,
} from "likewise";
import { GroupLoader, readJsonLines } from "likewise/data";
import { NgramEncoder } from "likewise/encoders";
import { DenseHead } from "likewise/heads";
import { ArcFaceLoss, SoftmaxLoss, TripletLoss } from "likewise/losses";
import { Precision, RPrecision } from "likewise/metrics";
import { adam } from "likewise/optim";
import { plainly } from "./plainly.js";

interface Row {
  readonly text: string;
  readonly label: string;
}

class Banking extends TrainableModel<"group", string> {
  constructor(
    readonly encoder: NgramEncoder,
    readonly makeLoss: (context: LossContext) => SimilarityLoss<"group">,
  ) {
    super();
  }
  override configureEncoders() {
    return this.encoder;
  }
  override configureHead(inputSize: number) {
    return new DenseHead(inputSize, { outputSize: 128 });
  }
  override configureLoss(context: LossContext) {
    return this.makeLoss(context);
  }
  override configureOptimizer() {
    return adam({ learningRate: 3e-3 });
  }
  override configureCaches() {
    return new CacheConfig();
  }
}

const losses: Readonly<Record<string, (context: LossContext) => SimilarityLoss<"group">>> = {
  "softmax over proxies": (context) => new SoftmaxLoss({ ...context, normalize: true, temperature: 0.05 }),
  arcface: (context) => new ArcFaceLoss({ ...context, scale: 20, margin: 0.1 }),
  "triplet, semi-hard": () => new TripletLoss({ mining: "semi-hard", margin: 0.3 }),
};

async function main(): Promise<void> {
  const { values: options, positionals } = parseArgs({
    allowPositionals: true,
    options: { epochs: { type: "string", default: "15" }, json: { type: "boolean", default: false } },
  });
  const [folder] = positionals;
  if (folder === undefined) {
    throw new UsageError(
      "usage: banking.ts FOLDER [--epochs 15] [--json]; the folder has train.jsonl and test.jsonl of { text, label } rows (banking77)",
    );
  }
  const read = (name: string): Promise<readonly Row[]> => readJsonLines<Row>(join(folder, name)).toArray();
  const [train, test] = [await read("train.jsonl"), await read("test.jsonl")];
  const unseen = new Set([...new Set(train.map(({ label }) => label))].sort().slice(-27));
  const epochs = Number(options.epochs);
  const rows = [
    ...(await compare("all 77 intents", train, test, epochs)),
    ...(await compare(
      "27 intents never trained",
      train.filter(({ label }) => !unseen.has(label)),
      test.filter(({ label }) => unseen.has(label)),
      epochs,
    )),
  ];
  console.log(`\n${"test intents".padEnd(26)}${"model".padEnd(22)}  R-precision  precision@1  seconds`);
  for (const { intents, model, rPrecision, precision1, seconds } of rows) {
    const figures = [
      rPrecision.toFixed(3).padStart(11),
      precision1.toFixed(3).padStart(11),
      seconds.toFixed(1).padStart(7),
    ];
    console.log(`${intents.padEnd(26)}${model.padEnd(22)}  ${figures.join("  ")}`);
  }
  if (options.json) console.log(JSON.stringify(rows));
}

/** The frozen encoder and a model for each loss, by how well the test rows find each other. */
async function compare(intents: string, learned: readonly Row[], asked: readonly Row[], epochs: number) {
  const texts = asked.map(({ text }) => text);
  const encoder = NgramEncoder.fit(
    learned.map(({ text }) => text),
    { dimensions: 2048 },
  );
  const frozen = { data: await encoder.embed(texts), rows: texts.length, size: encoder.embeddingSize };
  const found = [{ intents, model: "frozen n-grams", ...(await measure(frozen, asked)), seconds: 0 }];
  const loader = new GroupLoader(
    learned.map(({ text, label }) => ({ item: text, group: label })),
    { batchSize: 256 },
  );
  for (const [name, makeLoss] of Object.entries(losses)) {
    const started = performance.now();
    await using model = await new Trainer({ maxEpochs: epochs }).fit(new Banking(encoder, makeLoss), { train: loader });
    const seconds = (performance.now() - started) / 1000;
    found.push({ intents, model: name, ...(await measure(await model.encode(texts), asked)), seconds });
  }
  return found;
}

/** Every test row searches all others. */
async function measure(embeddings: HostMatrix, asked: readonly Row[]) {
  const labels = [...new Set(asked.map(({ label }) => label))];
  const groups = Int32Array.from(asked, ({ label }) => labels.indexOf(label));
  const [rPrecision, precision1] = [new RPrecision(), new Precision({ k: 1 })];
  rPrecision.update(embeddings, { groups });
  precision1.update(embeddings, { groups });
  return { rPrecision: await rPrecision.value(), precision1: await precision1.value() };
}

await plainly(main);
