/**
 * Does a cross-batch memory make models better? Bank customers' questions (banking77) in batches of 64, with and without a memory, for
 * several seeds: R-precision of the test rows among themselves.
 * Run: node --conditions=likewise-source --import tsx bench/xbm-quality.ts FOLDER [--seeds 0,1,2] [--epochs 5] [--rows 10000] [--weight 0.5]
 *      [--losses triplet,…] [--momentum 0.999] [--ramp 0] [--start 157] [--json]
 *
 * The folder holds train.jsonl and test.jsonl with { text, label } rows: PolyAI's banking77, CC BY 4.0.
 */
import { join } from "node:path";
import {
  CacheConfig,
  TrainableModel,
  Trainer,
  XbmConfig,
  type HostMatrix,
  type PairSample,
  type SimilarityLoss,
} from "likewise";
import { GroupLoader, PairLoader, readJsonLines } from "likewise/data";
import { NgramEncoder } from "likewise/encoders";
import { DenseHead } from "likewise/heads";
import * as losses from "likewise/losses";
import { RPrecision } from "likewise/metrics";
import { adam } from "likewise/optim";
import { option, report, type Row } from "./report.js";

interface Question {
  readonly text: string;
  readonly label: string;
}

const [folder = ""] = process.argv.slice(2);
const [epochs = "5"] = option("epochs", ["5"]);
const [memoryRows = "10000"] = option("rows", ["10000"]);
const [weight = ""] = option("weight", [""]);
const [momentum = ""] = option("momentum", [""]);
const [ramp = ""] = option("ramp", [""]);
const [start = ""] = option("start", [""]);
const read = (name: string) => readJsonLines<Question>(join(folder, name)).toArray();
const [train, test] = [await read("train.jsonl"), await read("test.jsonl")];
const encoder = NgramEncoder.fit(
  train.map(({ text }) => text),
  { dimensions: 2048 },
);

abstract class Questions<K extends "group" | "pair"> extends TrainableModel<K, string> {
  override configureEncoders() {
    return encoder;
  }
  override configureHead(inputSize: number) {
    return new DenseHead(inputSize, { outputSize: 128 });
  }
  override configureOptimizer() {
    return adam({ learningRate: 1e-3 });
  }
  override configureCaches() {
    return new CacheConfig();
  }
}

const memory = (): XbmConfig =>
  new XbmConfig({
    bufferSize: Number(memoryRows),
    ...(weight === "" ? {} : { weight: Number(weight) }),
    ...(momentum === "" ? {} : { momentum: Number(momentum) }),
    ...(ramp === "" ? {} : { ramp: Number(ramp) }),
    ...(start === "" ? {} : { startStep: Number(start) }),
  });

class Grouped extends Questions<"group"> {
  constructor(
    readonly makeLoss: () => SimilarityLoss<"group">,
    readonly remembers: boolean,
  ) {
    super();
  }
  override configureLoss() {
    return this.makeLoss();
  }
  override configureXbm() {
    return this.remembers ? memory() : null;
  }
}

class Paired extends Questions<"pair"> {
  constructor(readonly remembers: boolean) {
    super();
  }
  override configureLoss() {
    return new losses.MultipleNegativesRankingLoss();
  }
  override configureXbm() {
    return this.remembers ? memory() : null;
  }
}

const groupLoader = new GroupLoader(
  train.map(({ text, label }) => ({ item: text, group: label })),
  { batchSize: 64 },
);
/** Each question with the next of its label. */
const pairLoader = new PairLoader(pairsOf(train), { batchSize: 64 });

const grouped: Readonly<Record<string, () => SimilarityLoss<"group">>> = {
  triplet: () => new losses.TripletLoss({ mining: "semi-hard", margin: 0.3 }),
  contrastive: () => new losses.OnlineContrastiveLoss(),
  "contrastive-all": () => new losses.OnlineContrastiveLoss({ mining: "all" }),
  ...Object.fromEntries(
    (["MultiSimilarityLoss", "SupervisedContrastiveLoss"] as const).flatMap((name) => {
      const made = (losses as Readonly<Record<string, unknown>>)[name] as
        (new () => SimilarityLoss<"group">) | undefined;
      return made === undefined ? [] : [[name, () => new made()]];
    }),
  ),
};

const rows: Row[] = [];
for (const name of option("losses", [...Object.keys(grouped), "ranking"])) {
  const found = { without: [] as number[], with: [] as number[] };
  let drift = NaN;
  for (const seed of option("seeds", ["0", "1", "2"]).map(Number)) {
    for (const remembers of [false, true]) {
      const trainer = new Trainer({ maxEpochs: Number(epochs), seed, progress: false });
      trainer.events$.subscribe((event) => {
        if (event.type === "warning") console.error(`${name}: ${event.message}`);
        if (event.type === "epochEnd") drift = event.values["train/memoryDrift"] ?? drift;
      });
      const makeLoss = grouped[name];
      await using model =
        makeLoss === undefined
          ? await trainer.fit(new Paired(remembers), { train: pairLoader })
          : await trainer.fit(new Grouped(makeLoss, remembers), { train: groupLoader });
      found[remembers ? "with" : "without"].push(await rPrecision(await model.encode(test.map(({ text }) => text))));
    }
  }
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  rows.push({
    ...{ loss: name, "R-precision without": mean(found.without), "with memory": mean(found.with) },
    ...{ gain: mean(found.with) - mean(found.without), "last drift": drift },
    seeds: `${found.without.map((value) => value.toFixed(3)).join(" ")} | ${found.with.map((value) => value.toFixed(3)).join(" ")}`,
  });
}
report(rows);

async function rPrecision(embeddings: HostMatrix): Promise<number> {
  const labels = [...new Set(test.map(({ label }) => label))];
  const metric = new RPrecision();
  metric.update(embeddings, {
    groups: Int32Array.from(test, ({ label }) => labels.indexOf(label)),
  });
  return metric.value();
}

function pairsOf(questions: readonly Question[]): PairSample<string>[] {
  const last = new Map<string, string>();
  return questions.flatMap(({ text, label }) => {
    const before = last.get(label);
    last.set(label, text);
    return before === undefined || before === text ? [] : [{ a: before, b: text }];
  });
}
