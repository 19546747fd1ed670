/**
 * How long metrics over a whole set take: N(0, 1) centres, one for every ten rows, and four times as much noise; 256 numbers a row.
 * Of 100,000 rows a thousand random ones ask by default, and all are searched; `:all` lets every row ask.
 * Products are native unless LIKEWISE_ENGINE=eager. Seconds of the wall depend on what else runs; processor seconds hardly do.
 * Run: node --conditions=likewise-source --import tsx bench/metrics.ts [--only r-precision:10000,r-precision:100000:all] [--json]
 */
import { execFileSync } from "node:child_process";
import { Random } from "likewise";
import {
  HitRate,
  MeanAveragePrecision,
  Precision,
  Recall,
  ReciprocalRank,
  RPrecision,
  type RetrievalMetric,
} from "likewise/metrics";
import { ExactIndex } from "likewise/retrieval";
import { option, peakRssMb, report, type Row } from "./report.js";

const SIZE = 256;
const GROUP = 10;
const BATCH = 500;
const SAMPLED_FROM = 100_000;
const SAMPLE = 1000;

type Make = (sample: number | null) => RetrievalMetric;

const metrics: Readonly<Record<string, Make>> = {
  "r-precision": (sample) => new RPrecision({ sample }),
  "mean-average-precision": (sample) => new MeanAveragePrecision({ sample }),
  "reciprocal-rank": (sample) => new ReciprocalRank({ sample }),
  "precision@10": (sample) => new Precision({ k: 10, sample }),
  "recall@10": (sample) => new Recall({ k: 10, sample }),
  "hit-rate@10": (sample) => new HitRate({ k: 10, sample }),
};
const usual = [...Object.keys(metrics).map((name) => `${name}:10000`), "r-precision:100000"];

// As in a program that encodes with a model or has searched before: native products are there.
const index = new ExactIndex({ size: 1 });
index.add([Float32Array.of(1)]);
await index.search([Float32Array.of(1)], 1);

const rows: Row[] = [];
for (const name of option("only", usual)) rows.push(await measure(name), ...besideTorch(name));
report(rows);

async function measure(name: string): Promise<Row> {
  const [metric = "", count = "", asking] = name.split(":");
  const make = metrics[metric];
  const total = Number(count);
  if (make === undefined || !Number.isInteger(total)) {
    throw new Error(`no task "${name}"; expected <metric>:<rows>[:all], metric ${Object.keys(metrics).join(", ")}`);
  }
  const sample = total >= SAMPLED_FROM && asking !== "all" ? SAMPLE : null;
  // Compiles the code.
  await filled(make(sample), 1000).value();
  const full = filled(make(sample), total);
  const start = performance.now();
  const used = process.cpuUsage();
  const value = await full.value();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(used);
  const processor = (user + system) / 1e6;
  return {
    metric,
    by: "likewise",
    rows: total,
    queries: sample ?? total,
    seconds,
    processor,
    peakRssMb: Math.round(peakRssMb()),
    value,
  };
}

function filled(metric: RetrievalMetric, total: number): RetrievalMetric {
  const random = new Random("metrics");
  let center = random.normals(SIZE);
  for (let first = 0; first < total; first += BATCH) {
    const data = random.normals(BATCH * SIZE, 0, 4);
    for (let row = 0; row < BATCH; row += 1) {
      if ((first + row) % GROUP === 0) center = random.normals(SIZE);
      for (let column = 0; column < SIZE; column += 1) data[row * SIZE + column]! += center[column]!;
    }
    const groups = Int32Array.from({ length: BATCH }, (_, row) => Math.floor((first + row) / GROUP));
    metric.update({ data, rows: BATCH, size: SIZE }, { groups });
  }
  return metric;
}

/** A bare loop of torch over the same shapes, where python3 has torch; it ranks by `topk` and looks at ties no closer. */
function besideTorch(name: string): readonly Row[] {
  if (name !== "r-precision:10000") return [];
  const program = new URL("./peers/torch_r_precision.py", import.meta.url).pathname;
  try {
    const stdio: ["ignore", "pipe", "ignore"] = ["ignore", "pipe", "ignore"];
    const output = execFileSync("/usr/bin/python3", [program, "10000", String(SIZE)], { encoding: "utf8", stdio });
    return [JSON.parse(output) as Row];
  } catch {
    console.log("/usr/bin/python3 has no torch: nothing to compare with");
    return [];
  }
}
