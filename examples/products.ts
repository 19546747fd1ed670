/**
 * Which offers of two shops are the same product? Learns from labelled pairs of names, chooses the threshold on other pairs, and counts
 * right and wrong decisions on a third set.
 *
 *   node --conditions=likewise-source --import tsx examples/products.ts ../shared/data/em/abt-buy [--json]
 */
import { join } from "node:path";
import { CacheConfig, TrainableModel, Trainer } from "likewise";
import { PairLoader, readCsv, readJsonLines } from "likewise/data";
import { NgramEncoder } from "likewise/encoders";
import { GatedHead } from "likewise/heads";
import { ContrastiveLoss } from "likewise/losses";
import { adam } from "likewise/optim";
import { applyThreshold, calibrate, type Vectors } from "likewise/retrieval";
import { folderFrom, frozenVectors, printFigures, type Figure } from "./figures.js";
import { plainly } from "./plainly.js";

class Products extends TrainableModel<"pair", string> {
  constructor(readonly encoder: NgramEncoder) {
    super();
  }
  override configureEncoders = () => this.encoder;
  override configureHead = (inputSize: number) => new GatedHead(inputSize);
  override configureLoss = () => new ContrastiveLoss({ margin: 0.7 });
  override configureOptimizer = () => adam({ learningRate: 1e-2 });
  override configureCaches = () => new CacheConfig<string>();
}

await plainly(async () => {
  const folder = folderFrom("../shared/data/em/abt-buy");
  const names = new Map<string, string>();
  for (const table of ["tableA.jsonl", "tableB.jsonl"]) {
    const offers = readJsonLines<{ _id: string; name: string }>(join(folder, table));
    for await (const { _id, name } of offers) names.set(_id, name);
  }
  const read = async (file: string) => {
    const rows = readCsv(join(folder, file), { columns: ["a", "b", "label"], delimiter: "\t" });
    return rows.map(({ a, b, label }) => ({ a: names.get(a)!, b: names.get(b)!, score: Number(label) })).toArray();
  };
  const [learned, valid, test] = [await read("train.tsv"), await read("valid.tsv"), await read("test.tsv")];
  const encoder = NgramEncoder.fit([...names.values()], { dimensions: 4096, words: null });
  const train = new PairLoader(learned, { batchSize: 64 });
  await using model = await new Trainer({ maxEpochs: 15 }).fit(new Products(encoder), { train });

  const judge = async (name: string, encode: (texts: string[]) => Promise<Vectors>): Promise<Figure[]> => {
    const pairs = async (rows: typeof test) => ({
      left: await encode(rows.map(({ a }) => a)),
      right: await encode(rows.map(({ b }) => b)),
      matches: rows.map(({ score }) => score === 1),
    });
    const { f1, precision, recall } = await applyThreshold(await calibrate(await pairs(valid)), await pairs(test));
    return Object.entries({ F1: f1, precision, recall }).map(([measure, value]) => ({ model: name, measure, value }));
  };
  printFigures("pairs of offers, taken for one product or not", [
    ...(await judge("frozen n-grams", (texts) => frozenVectors(encoder, texts))),
    ...(await judge("trained", (texts) => model.encode(texts))),
  ]);
});
