/**
 * Questions about papers: trained on titles and abstracts alone, then asked 225 questions that people judged (Cranfield).
 *
 *   node --conditions=likewise-source --import tsx examples/papers.ts ../shared/data/ir/cranfield [--json]
 */
import { join } from "node:path";
import { CacheConfig, TrainableModel, Trainer } from "likewise";
import { PairLoader, readCsv, readJsonLines } from "likewise/data";
import { NgramEncoder } from "likewise/encoders";
import { GatedHead } from "likewise/heads";
import { MultipleNegativesRankingLoss } from "likewise/losses";
import { adam } from "likewise/optim";
import { evaluateRetrieval, type Vectors } from "likewise/retrieval";
import { folderFrom, frozenVectors, printFigures, type Figure } from "./figures.js";
import { plainly } from "./plainly.js";

class Papers extends TrainableModel<"pair", string> {
  constructor(readonly encoder: NgramEncoder) {
    super();
  }
  override configureEncoders = () => this.encoder;
  override configureHead = (inputSize: number) => new GatedHead(inputSize);
  override configureLoss = () => new MultipleNegativesRankingLoss();
  override configureOptimizer = () => adam({ learningRate: 1e-2 });
  override configureCaches = () => new CacheConfig<string>();
}

type Paper = Readonly<Record<"_id" | "title" | "text", string>>;

await plainly(async () => {
  const folder = folderFrom("../shared/data/ir/cranfield");
  const papers = await readJsonLines<Paper>(join(folder, "corpus.jsonl")).toArray();
  const asked = await readJsonLines<{ _id: string; text: string }>(join(folder, "queries.jsonl")).toArray();
  const relevant = new Map<string, Map<string, number>>();
  for await (const row of readCsv(join(folder, "qrels.tsv"), { delimiter: "\t" })) {
    const grades = relevant.get(row["query-id"]!) ?? new Map<string, number>();
    relevant.set(row["query-id"]!, grades.set(row["corpus-id"]!, Number(row["score"])));
  }
  const texts = papers.map(({ title, text }) => `${title} ${text}`);
  const encoder = NgramEncoder.fit(texts, { dimensions: 8192, characters: [3, 5] });
  const pairs = papers.filter(({ text }) => text !== "").map(({ title, text }) => ({ a: title, b: text }));
  const train = new PairLoader(pairs, { batchSize: 128 });
  const positions = new Map(papers.map(({ _id }, at) => [_id, at]));
  const grades = asked.map(
    ({ _id }) => new Map([...(relevant.get(_id) ?? [])].map(([id, grade]) => [positions.get(id)!, grade])),
  );
  const questions = asked.map(({ text }) => text);
  const judge = async (name: string, queries: Vectors, corpus: Vectors): Promise<Figure[]> => {
    const report = await evaluateRetrieval({ queries, corpus, relevant: grades, k: [10, 100], resamples: 1000 });
    const { low, high } = report.intervals["ndcg@10"]!;
    const figures = { "nDCG@10": report["ndcg@10"], "from (95 %)": low, to: high, "recall@100": report["recall@100"] };
    return Object.entries(figures).map(([measure, value]) => ({ model: name, measure, value }));
  };
  await using model = await new Trainer({ maxEpochs: 10 }).fit(new Papers(encoder), { train });
  printFigures("225 questions to 1,400 papers", [
    ...(await judge("frozen n-grams", await frozenVectors(encoder, questions), await frozenVectors(encoder, texts))),
    ...(await judge("trained on titles", await model.encode(questions), await model.encode(texts))),
  ]);
});
