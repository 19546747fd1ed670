/**
 * How fast loaders give batches: arrays of 100,000 samples in plain, balanced and duplicate-free batches; reading JSON lines and CSV.
 * Run: node --conditions=likewise-source --import tsx bench/loader.ts [--json]
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Random, type Kind, type Loader } from "likewise";
import { GroupLoader, PairLoader, readCsv, readJsonLines } from "likewise/data";
import { report, type Row } from "./report.js";

const SAMPLES = 100_000;
const GROUPS = 5_000;
const REPEATS = 3;

const random = new Random(1);
const words = Array.from({ length: 2_000 }, (_, index) => `word${index}`);
const sentence = (): string => Array.from({ length: 12 }, () => words[random.integer(words.length)]).join(" ");
const texts = Array.from({ length: SAMPLES }, sentence);
const groups = texts.map((item) => ({ item, group: random.integer(GROUPS) }));
const pairs = texts.map((a, position) => ({ a, b: texts[(position * 7 + 1) % SAMPLES]! }));

/** Best of some epochs after the first, which reads groups and keys. */
async function epochs<K extends Kind>(task: string, loader: Loader<K, string>, batch: number): Promise<Row> {
  let best = Infinity;
  let batches = 0;
  let samples = 0;
  for (let epoch = 0; epoch <= REPEATS; epoch += 1) {
    batches = 0;
    samples = 0;
    const start = performance.now();
    for await (const { size } of loader.epoch({ epoch, random: new Random(0), training: true })) {
      batches += 1;
      samples += size;
    }
    if (epoch > 0) best = Math.min(best, (performance.now() - start) / 1000);
  }
  return {
    task,
    batch,
    seconds: best,
    "batches/s": Math.round(batches / best),
    "samples/s": Math.round(samples / best),
  };
}

async function reading(task: string, rows: AsyncIterable<unknown>): Promise<Row> {
  let best = Infinity;
  let count = 0;
  for (let repeat = 0; repeat < REPEATS; repeat += 1) {
    count = 0;
    const start = performance.now();
    for await (const _row of rows) count += 1;
    best = Math.min(best, (performance.now() - start) / 1000);
  }
  return { task, batch: null, seconds: best, "batches/s": null, "samples/s": Math.round(count / best) };
}

const rows: Row[] = [];
for (const batchSize of [64, 256]) {
  rows.push(await epochs("groups, plain", new GroupLoader(groups, { batchSize, balance: false }), batchSize));
  rows.push(await epochs("groups, balanced", new GroupLoader(groups, { batchSize }), batchSize));
  rows.push(await epochs("pairs, plain", new PairLoader(pairs, { batchSize, duplicates: true }), batchSize));
  rows.push(await epochs("pairs, no duplicates", new PairLoader(pairs, { batchSize }), batchSize));
}

const folder = mkdtempSync(join(tmpdir(), "likewise-bench-"));
try {
  const jsonLines = join(folder, "rows.jsonl");
  writeFileSync(jsonLines, groups.map((row) => `${JSON.stringify(row)}\n`).join(""));
  rows.push(await reading("JSON lines", readJsonLines(jsonLines)));
  const csv = join(folder, "rows.csv");
  writeFileSync(csv, `item,group\n${groups.map(({ item, group }) => `"${item}",${group}\n`).join("")}`);
  rows.push(await reading("CSV, quoted", readCsv(csv)));
} finally {
  rmSync(folder, { recursive: true });
}

report(rows);
