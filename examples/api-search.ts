/**
 * Semantic search over the Web platform's API, learned in half a minute from the doc comments that come with TypeScript:
 *
 *     npm start
 *     npm start -- "element that currently has keyboard focus"
 *     npm start -- --json          the figures as one object on the last line
 */
import { parseArgs } from "node:util";
import { attach, CacheConfig, TrainableModel, Trainer } from "likewise";
import { PairLoader, split } from "likewise/data";
import { NgramEncoder } from "likewise/encoders";
import { DenseHead } from "likewise/heads";
import { MultipleNegativesRankingLoss } from "likewise/losses";
import { Recall } from "likewise/metrics";
import { adam, linear } from "likewise/optim";
import { ExactIndex } from "likewise/retrieval";
import { plainly } from "./plainly.js";
import { figuresTable, measure } from "./web-api/figures.js";
import { readDeclarations } from "./web-api/read-declarations.js";
import { splitWords, symbolText } from "./web-api/words.js";

const ngrams = { dimensions: 2048, characters: [3, 4] } as const;

/** Brings what a member does close to what it is called. A pair is a description and a member. */
class ApiSearch extends TrainableModel<"pair", string> {
  /** Counts words and parts of words; never changes. */
  override configureEncoders() {
    return new NgramEncoder(ngrams);
  }
  /** This is what learns. */
  override configureHead(inputSize: number) {
    return new DenseHead(inputSize, { outputSize: 1024, initialization: "orthogonal", bias: false });
  }
  /** Each description must find its member among all members of the batch, and the other way round. */
  override configureLoss() {
    return new MultipleNegativesRankingLoss({ symmetric: true });
  }
  override configureOptimizer() {
    return adam({ learningRate: linear({ from: 5e-4 }) });
  }
  override configureMetrics() {
    return attach(new Recall({ k: 10 }), { progress: true });
  }
  override configureCaches() {
    return new CacheConfig();
  }
}

/** Where the model is saved. */
const folder = ".likewise/api-search";

const questions = [
  "number of pixels the document is scrolled vertically",
  "the page is hidden or visible",
  "remove an item from local storage",
  "send a message to a worker",
  "check whether the node has child nodes",
];

async function main(): Promise<void> {
  const { values: options, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: "boolean", default: false } },
  });

  // Whole interfaces are kept out of training, so that the test asks for things the model has never seen.
  const declarations = readDeclarations();
  const items = declarations.map((declaration, row) => ({
    row,
    owner: declaration.interface,
    a: splitWords(declaration.description),
    b: symbolText(declaration),
  }));
  const { train, validation, test } = split(items, { key: (item) => item.owner });
  const symbols = items.map((item) => item.b);
  const asked = test.map((item) => item.a);
  const wanted = test.map((item) => item.row);

  const learned = train.flatMap(({ a, b }) => [a, b]);
  const frozen = NgramEncoder.fit(learned, ngrams);
  const count = async (texts: readonly string[]) => {
    return { data: await frozen.embed(texts), rows: texts.length, size: frozen.embeddingSize };
  };
  const baseline = await measure(await count(asked), await count(symbols), wanted);
  console.log(
    `${declarations.length} documented members of the Web platform: ${train.length} to learn from, and the descriptions of ` +
      `${test.length} others to find among all\nbefore training: recall@1 ${baseline.recall1.toFixed(3)}, recall@10 ` +
      `${baseline.recall10.toFixed(3)}, MRR ${baseline.mrr.toFixed(3)}\n`,
  );

  const trainer = new Trainer({ maxEpochs: 8 });
  let engine = "";
  trainer.events$.subscribe((event) => event.type === "assembled" && (engine = event.engine));
  const started = performance.now();
  await using model = await trainer.fit(new ApiSearch(), {
    train: new PairLoader(train, { batchSize: 256 }),
    validation: new PairLoader(validation, { batchSize: 256 }),
  });
  const trainSeconds = (performance.now() - started) / 1000;
  const corpus = await model.encode(symbols);
  const trained = await measure(await model.encode(asked), corpus, wanted);
  console.log(`\n${figuresTable(baseline, trained)}`);

  const index = new ExactIndex<string>({ size: model.embeddingSize });
  const answers = declarations.map(({ interface: owner, signature }) => `${owner}: ${signature}`);
  index.add(corpus, answers);
  for (const question of [...questions, ...positionals]) {
    const [found = []] = await index.search([await model.encodeOne(splitWords(question))], 3);
    console.log(`\n${question}?`);
    for (const { distance, payload } of found) console.log(`  ${(1 - distance).toFixed(2)}  ${payload}`);
  }
  await model.save(folder);
  console.log(`\nSaved: SimilarityModel.load("${folder}") serves it anywhere.`);
  if (options.json) {
    const totalSeconds = performance.now() / 1000;
    console.log(JSON.stringify({ baseline, trained, engine, trainSeconds, totalSeconds }));
  }
}

await plainly(main);
