/**
 * Which offers of two shops are the same product? Trains on labelled pairs of offers, chooses the threshold on other pairs, and counts
 * right and wrong decisions on a third set.
 *
 *   node --conditions=source --import tsx examples/products.ts ../shared/data/em/abt-buy [--json]
 */
import { join } from "node:path";
import { CacheConfig, TrainableModel, Trainer } from "likewise";
import { PairLoader, readCsv, readJsonLines } from "likewise/data";
import { NgramEncoder } from "likewise/encoders";
import { GatedHead } from "likewise/heads";
import { ContrastiveLoss } from "likewise/losses";
import { adam } from "likewise/optim";
import { applyThreshold, calibrate, type Vectors } from "likewise/retrieval";
import { folderFrom, printFigures, type Figure } from "./figures.js";
import { plainly } from "./plainly.js";

class Products extends TrainableModel<"pair", string> {
  constructor(readonly encoder: NgramEncoder) {
    super();
  }
  override configureEncoders() {
    return this.encoder;
  }
  override configureHead(inputSize: number) {
    return new GatedHead(inputSize);
  }
  override configureLoss() {
    return new ContrastiveLoss({ margin: 0.7 });
  }
  override configureOptimizer() {
    return adam({ learningRate: 1e-2 });
  }
  override configureCaches() {
    return new CacheConfig();
  }
}

interface Offer {
  readonly _id: string;
  readonly name: string;
}

interface Judged {
  readonly a: string;
  readonly b: string;
  readonly label: string;
}

await plainly(async () => {
  const folder = folderFrom("../shared/data/em/abt-buy");
  const offers = new Map<string, string>();
  for (const table of ["tableA.jsonl", "tableB.jsonl"]) {
    for await (const { _id, name } of readJsonLines<Offer>(join(folder, table))) offers.set(_id, name);
  }
  const read = async (name: string) => {
    const rows = await readCsv<Judged>(join(folder, name), { delimiter: "\t" }).toArray();
    return rows.map(({ a, b, label }) => ({ a: offers.get(a)!, b: offers.get(b)!, score: Number(label) }));
  };
  const [learned, valid, test] = [await read("train.tsv"), await read("valid.tsv"), await read("test.tsv")];
  const encoder = NgramEncoder.fit([...offers.values()], { dimensions: 4096, words: null });
  const train = new PairLoader(learned, { batchSize: 64 });
  await using model = await new Trainer({ maxEpochs: 15 }).fit(new Products(encoder), { train });

  const judge = async (name: string, encode: (texts: string[]) => Promise<Vectors>): Promise<Figure[]> => {
    const pairs = async (rows: typeof test) => ({
      left: await encode(rows.map(({ a }) => a)),
      right: await encode(rows.map(({ b }) => b)),
      matches: rows.map(({ score }) => score === 1),
    });
    const threshold = await calibrate(await pairs(valid));
    const { f1, precision, recall } = await applyThreshold(threshold, await pairs(test));
    return Object.entries({ F1: f1, precision, recall }).map(([measure, value]) => ({ model: name, measure, value }));
  };
  const frozen = async (texts: string[]) => ({
    data: await encoder.embed(texts),
    rows: texts.length,
    size: encoder.embeddingSize,
  });
  printFigures("pairs of offers, taken for one product or not", [
    ...(await judge("frozen n-grams", frozen)),
    ...(await judge("trained", (texts) => model.encode(texts))),
  ]);
});
