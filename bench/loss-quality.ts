/**
 * What losses and miners make of the same model: bank customers' questions (banking77) in batches of 64, each loss with its default
 * options, for several seeds: R-precision of the test rows among themselves.
 * Run: node --conditions=likewise-source --import tsx bench/loss-quality.ts FOLDER [--seeds 0,1] [--epochs 5] [--only triplet,…] [--json]
 *
 * The folder holds train.jsonl and test.jsonl with { text, label } rows: PolyAI's banking77, CC BY 4.0.
 */
import { join } from "node:path";
import { CacheConfig, TrainableModel, Trainer, type HostMatrix, type LossContext, type SimilarityLoss } from "likewise";
import { GroupLoader, readJsonLines } from "likewise/data";
import { NgramEncoder } from "likewise/encoders";
import { DenseHead } from "likewise/heads";
import * as losses from "likewise/losses";
import { RPrecision } from "likewise/metrics";
import * as miners from "likewise/miners";
import { adam } from "likewise/optim";
import { median, option, report, type Row } from "./report.js";

interface Question {
  readonly text: string;
  readonly label: string;
}

type MakeLoss = (context: LossContext) => SimilarityLoss<"group">;

const [folder = ""] = process.argv.slice(2);
const [epochs = "5"] = option("epochs", ["5"]);
const read = (name: string) => readJsonLines<Question>(join(folder, name)).toArray();
const [train, test] = [await read("train.jsonl"), await read("test.jsonl")];
const encoder = NgramEncoder.fit(
  train.map(({ text }) => text),
  { dimensions: 2048 },
);

class Questions extends TrainableModel<"group", string> {
  constructor(readonly makeLoss: MakeLoss) {
    super();
  }
  override configureEncoders() {
    return encoder;
  }
  override configureHead(inputSize: number) {
    return new DenseHead(inputSize, { outputSize: 128 });
  }
  override configureLoss(context: LossContext) {
    return this.makeLoss(context);
  }
  override configureOptimizer() {
    return adam({ learningRate: 1e-3 });
  }
  override configureCaches() {
    return new CacheConfig();
  }
}

const triplet =
  (miner: InstanceType<typeof miners.Miner>): MakeLoss =>
  () =>
    new losses.TripletLoss({ miner });
const made: Readonly<Record<string, MakeLoss>> = {
  Angular: () => new losses.AngularLoss(),
  Circle: () => new losses.CircleLoss(),
  DynamicSoftMargin: () => new losses.DynamicSoftMarginLoss(),
  FastAP: () => new losses.FastAPLoss(),
  GeneralizedLiftedStructure: () => new losses.GeneralizedLiftedStructureLoss(),
  Histogram: () => new losses.HistogramLoss(),
  IntraPairVariance: () => new losses.IntraPairVarianceLoss(),
  LiftedStructure: () => new losses.LiftedStructureLoss(),
  Margin: () => new losses.MarginLoss(),
  MultiSimilarity: () => new losses.MultiSimilarityLoss(),
  NCA: () => new losses.NCALoss(),
  NPairs: () => new losses.NPairsLoss(),
  NTXent: () => new losses.NTXentLoss(),
  OnlineContrastive: () => new losses.OnlineContrastiveLoss(),
  "OnlineContrastive, all": () => new losses.OnlineContrastiveLoss({ mining: "all" }),
  PNP: () => new losses.PNPLoss(),
  RankedList: () => new losses.RankedListLoss(),
  SignalToNoiseContrastive: () => new losses.SignalToNoiseContrastiveLoss(),
  SupervisedContrastive: () => new losses.SupervisedContrastiveLoss(),
  SurrogatePrecision: () => new losses.SurrogatePrecisionLoss(),
  ThresholdConsistentMargin: () => new losses.ThresholdConsistentMarginLoss(),
  "Triplet, hard": () => new losses.TripletLoss(),
  "Triplet, semi-hard": () => new losses.TripletLoss({ mining: "semi-hard", margin: 0.3 }),
  "Triplet, all": () => new losses.TripletLoss({ mining: "all" }),
  TupletMargin: () => new losses.TupletMarginLoss(),
  ArcFace: (context) => new losses.ArcFaceLoss(context),
  CosFace: (context) => new losses.CosFaceLoss(context),
  LargeMarginSoftmax: (context) => new losses.LargeMarginSoftmaxLoss(context),
  Manifold: (context) => new losses.ManifoldLoss(context),
  NormalizedSoftmax: (context) => new losses.NormalizedSoftmaxLoss(context),
  P2SGrad: (context) => new losses.P2SGradLoss(context),
  ProxyAnchor: (context) => new losses.ProxyAnchorLoss(context),
  ProxyNCA: (context) => new losses.ProxyNCALoss(context),
  SoftTriple: (context) => new losses.SoftTripleLoss(context),
  Softmax: (context) => new losses.SoftmaxLoss(context),
  SphereFace: (context) => new losses.SphereFaceLoss(context),
  SubCenterArcFace: (context) => new losses.SubCenterArcFaceLoss(context),
  "miner: BatchEasyHard": triplet(new miners.BatchEasyHardMiner()),
  "miner: BatchHard": triplet(new miners.BatchHardMiner()),
  "miner: DistanceWeighted": triplet(new miners.DistanceWeightedMiner()),
  "miner: MultiSimilarity": triplet(new miners.MultiSimilarityMiner()),
  "miner: PairMargin": triplet(new miners.PairMarginMiner()),
  "miner: TripletMargin": triplet(new miners.TripletMarginMiner()),
  "miner: UniformHistogram": triplet(new miners.UniformHistogramMiner()),
  "miner: Angular": triplet(new miners.AngularMiner()),
};

const groupLoader = new GroupLoader(
  train.map(({ text, label }) => ({ item: text, group: label })),
  { batchSize: 64 },
);
const rows: Row[] = [];
for (const name of option("only", Object.keys(made))) {
  const makeLoss = made[name];
  if (makeLoss === undefined) throw new Error(`unknown loss ${name}; known: ${Object.keys(made).join("; ")}`);
  const found: number[] = [];
  for (const seed of option("seeds", ["0", "1"]).map(Number)) {
    const trainer = new Trainer({ maxEpochs: Number(epochs), seed, progress: false });
    await using model = await trainer.fit(new Questions(makeLoss), { train: groupLoader });
    found.push(await rPrecision(await model.encode(test.map(({ text }) => text))));
  }
  const shown = found.map((value) => value.toFixed(3)).join(" ");
  rows.push({ loss: name, "R-precision": found.reduce((sum, value) => sum + value, 0) / found.length, seeds: shown });
  console.error(`${name}: ${median(found).toFixed(3)}`);
}
report(rows);

async function rPrecision(embeddings: HostMatrix): Promise<number> {
  const labels = [...new Set(test.map(({ label }) => label))];
  const metric = new RPrecision();
  metric.update(embeddings, { groups: Int32Array.from(test, ({ label }) => labels.indexOf(label)) });
  return metric.value();
}
