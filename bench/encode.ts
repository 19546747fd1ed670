/**
 * How fast n-gram encoders read texts on one thread: short generated texts, and the doc comments of the Web platform's declarations.
 * Run: node --conditions=likewise-source --import tsx bench/encode.ts [--json]
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Random } from "likewise";
import { NgramEmbedding, NgramEncoder, type NgramEncoderOptions } from "likewise/encoders";
import { report, type Row } from "./report.js";

const TEXTS = 10_000;
const BATCH = 256;
const REPEATS = 5;

const random = new Random(1);
const letters = "etaoinshrdlcumwfgypbvk";
const word = (): string =>
  Array.from({ length: 2 + random.integer(8) }, () => letters[random.integer(letters.length)]).join("");
const vocabulary = Array.from({ length: 3_000 }, word);
const short = Array.from({ length: TEXTS }, () =>
  Array.from({ length: 6 + random.integer(8) }, () => vocabulary[random.integer(vocabulary.length)]).join(" "),
);

const path = createRequire(import.meta.url).resolve("typescript/lib/lib.dom.d.ts");
const comments = [...readFileSync(path, "utf8").matchAll(/\/\*\*(.*?)\*\//gsu)]
  .map(([, text = ""]) => text.replace(/\[MDN Reference\]\([^)]*\)|^\s*\*/gmu, " ").trim())
  .filter((text) => text.length > 20);

const options: Readonly<Record<string, NgramEncoderOptions>> = {
  default: {},
  "4096 dimensions, characters 3-4": { dimensions: 4096, characters: [3, 4] },
  "words 1-2, characters 3-5": { words: [1, 2], characters: [3, 5] },
  "words alone": { characters: null },
  "no idf": { idf: false },
};

/** Best of some passes over all texts, in batches. */
async function measure(
  task: string,
  texts: readonly string[],
  encode: (batch: readonly string[]) => unknown,
): Promise<Row> {
  let best = Infinity;
  for (let repeat = 0; repeat < REPEATS; repeat += 1) {
    const start = performance.now();
    for (let from = 0; from < texts.length; from += BATCH) await encode(texts.slice(from, from + BATCH));
    best = Math.min(best, (performance.now() - start) / 1000);
  }
  const characters = texts.reduce((sum, { length }) => sum + length, 0);
  return {
    task,
    texts: texts.length,
    "characters/text": Math.round(characters / texts.length),
    seconds: best,
    "texts/s": Math.round(texts.length / best),
    "Mcharacters/s": characters / best / 1e6,
  };
}

const rows: Row[] = [];
for (const [corpus, texts] of Object.entries({ short, "doc comments": comments })) {
  for (const [name, chosen] of Object.entries(options)) {
    const encoder = NgramEncoder.fit(texts, chosen);
    rows.push(await measure(`${corpus}: ${name}`, texts, (batch) => encoder.embed(batch)));
  }
  const embedding = NgramEmbedding.fit(texts);
  rows.push(await measure(`${corpus}: NgramEmbedding, collate`, texts, (batch) => embedding.collate(batch)));
  rows.push(await measure(`${corpus}: fit`, texts, (batch) => NgramEncoder.fit(batch)));
}
report(rows);
