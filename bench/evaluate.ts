/**
 * How long whole-set evaluation takes and how much memory it needs. Each row runs in a process of its own, so that its peak is its own;
 * making the data is not in the time, but in the memory.
 * Products are native unless LIKEWISE_ENGINE=eager.
 * Run: node --conditions=likewise-source --import tsx bench/evaluate.ts [--only r-precision:10000x256,search:20000x64] [--json]
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Random, type HostMatrix } from "likewise";
import { RPrecision, ReciprocalRank, type RetrievalMetric } from "likewise/metrics";
import { ExactIndex, evaluateRetrieval } from "likewise/retrieval";
import { option, peakRssMb, report, type Row } from "./report.js";

/** Makes the data; what it returns is timed, and gives a number to compare. */
type Task = (rows: number, size: number) => () => Promise<number>;

const tasks: Readonly<Record<string, Task>> = {
  "r-precision": groups(() => new RPrecision(), 100),
  "r-precision-groups-of-10": groups(() => new RPrecision(), 10),
  "r-precision-small-groups": groups(() => new RPrecision(), 4),
  "r-precision-euclidean": groups(() => new RPrecision({ distance: "euclidean" }), 100),
  "reciprocal-rank": groups(() => new ReciprocalRank(), 100),
  evaluate: evaluation,
  search,
};
const usual = [
  ...[
    "r-precision",
    "r-precision-groups-of-10",
    "r-precision-small-groups",
    "r-precision-euclidean",
    "reciprocal-rank",
  ].map((task) => `${task}:10000x256`),
  ...["r-precision", "evaluate", "search"].map((task) => `${task}:20000x64`),
];
/** Takes minutes; only when asked for: `--only r-precision:100000x256`. */

const names = option("only", usual);
if (process.argv.includes("--child")) console.log(JSON.stringify(await measure(names[0] ?? "")));
else report(names.map(measureApart));

function measureApart(name: string): Row {
  const program = [
    "--conditions=likewise-source",
    "--import",
    "tsx",
    fileURLToPath(import.meta.url),
    "--child",
    "--only",
    name,
  ];
  const output = execFileSync(process.execPath, program, { encoding: "utf8" });
  return JSON.parse(output.trim().split("\n").at(-1) ?? "") as Row;
}

async function measure(name: string): Promise<Row> {
  const [, task, rows, size] = /^(.+):(\d+)x(\d+)$/.exec(name) ?? [];
  const make = tasks[task ?? ""];
  if (make === undefined)
    throw new Error(`no task "${name}"; expected <task>:<rows>x<size>, task ${Object.keys(tasks).join(", ")}`);
  // As in a program that encodes with a model or has searched before: native products are there.
  const index = new ExactIndex({ size: 1 });
  index.add([Float32Array.of(1)]);
  await index.search([Float32Array.of(1)], 1);
  // Loads the backend and compiles the code.
  await make(1000, Number(size))();
  const run = make(Number(rows), Number(size));
  const start = performance.now();
  const used = process.cpuUsage();
  const value = await run();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(used);
  return {
    task: task ?? "",
    rows: Number(rows),
    size: Number(size),
    seconds,
    "processor s": (user + system) / 1e6,
    "peak MB": Math.round(peakRssMb()),
    value,
  };
}

/** Groups of equal size round random centres, in batches. */
function groups(makeMetric: () => RetrievalMetric, groupSize: number): Task {
  return (rows, size) => {
    const random = new Random("groups");
    const metric = makeMetric();
    let center = random.normals(size);
    const batch = 500;
    for (let first = 0; first < rows; first += batch) {
      const data = random.normals(batch * size, 0, 4);
      const labels = Int32Array.from({ length: batch }, (_, at) => Math.floor((first + at) / groupSize));
      for (let at = 0; at < batch; at += 1) {
        if ((first + at) % groupSize === 0) center = random.normals(size);
        for (let column = 0; column < size; column += 1) data[at * size + column]! += center[column]!;
      }
      metric.update({ data, rows: batch, size }, { groups: labels });
    }
    return () => metric.value();
  };
}

/** Each query should find the row it was made from. */
function pairs(rows: number, size: number): readonly [queries: HostMatrix, corpus: HostMatrix] {
  const random = new Random("pairs");
  const queries = random.normals(rows * size);
  const corpus = queries.map((value) => value + 1.5 * random.normal());
  return [
    { data: queries, rows, size },
    { data: corpus, rows, size },
  ];
}

function evaluation(rows: number, size: number): () => Promise<number> {
  const [queries, corpus] = pairs(rows, size);
  const relevant = Array.from({ length: rows }, (_, row) => [row]);
  return async () => (await evaluateRetrieval({ queries, corpus, relevant, k: [1, 10] })).mrr;
}

function search(rows: number, size: number): () => Promise<number> {
  const [queries, corpus] = pairs(rows, size);
  const index = new ExactIndex({ size });
  index.add(corpus);
  return async () => {
    const results = await index.search(queries, 10);
    return results.filter(([first], row) => first?.position === row).length / rows;
  };
}
