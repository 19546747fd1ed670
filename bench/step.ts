/**
 * Training steps through the real trainer: cached encoder, progress, metrics, events. Where python3 has torch, a bare torch loop of
 * the same steps runs beside each row.
 * Run: node --conditions=likewise-source --import tsx bench/step.ts [--only mnr:256] [--engine compiled,eager] [--threads 1,2]
 *      [--seconds 5] [--peers torch|none] [--python python3] [--built] [--json]
 * With --built, rows run on the package as it is published, after `npm run build`: then peak memory is that of its users, without the
 * compiler of TypeScript, which takes about 100 MB.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { built } from "./built.js";
import { published } from "./peers/published.js";
import { option, report, type Row } from "./report.js";
import { workloads } from "./workloads.js";

const only = option("only", []);
const engines = option("engine", ["compiled", "eager"]);
const threads = option("threads", ["1"]).map(Number);
/** Seconds measured for a row, after an epoch that warms up. */
const [seconds = "5"] = option("seconds", ["5"]);
const [python = "python3"] = option("python", ["python3"]);

/** The program that measures a row, as JavaScript; null = as it is, by the options of this process. */
const rowFile = process.argv.includes("--built")
  ? built("step-row", "workloads", "matmul-peak", "report")("step-row")
  : null;
const path = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const peers = option("peers", ["torch"]).includes("torch") && run(python, ["-c", "import torch"]).ok;

const rows: Row[] = [];
const ratios: Row[] = [];
for (const [workload, batch] of wanted()) {
  for (const count of threads) {
    const torch = peers ? peer(workload, batch, count) : null;
    for (const engine of engines) {
      const row = measure(workload, batch, engine, count);
      if (row === null) continue;
      rows.push(row);
      ratios.push(compare(row, torch));
    }
    if (torch !== null) rows.push(torch);
  }
}
console.log("\nTimes as fast, in steps per second, as peers here and now, and as their published figures:");
report(ratios, []);
console.log();
report(rows);

/** Workloads with their batches. */
function wanted(): (readonly [workload: string, batch: number])[] {
  const all = Object.keys(workloads).flatMap((name) => [32, 256, 1024].map((batch) => [name, batch] as const));
  const named = only.filter((name) => name.includes(":")).map((name) => name.split(":") as [string, string]);
  const chosen = all.filter(([name, batch]) => only.includes(name) || only.includes(`${name}:${batch}`));
  const others = named
    .map(([name, batch]) => [name, Number(batch)] as const)
    .filter(([name, batch]) => !all.some((known) => known[0] === name && known[1] === batch));
  return only.length === 0 ? all : [...chosen, ...others];
}

function measure(workload: string, batch: number, engine: string, count: number): Row | null {
  const given = [workload, String(batch), engine, String(count), seconds];
  const command = rowFile === null ? [...process.execArgv, path("./step-row.ts"), ...given] : [rowFile, ...given];
  return finished(`${workload}:${batch} ${engine}`, run(process.execPath, command));
}

function peer(workload: string, batch: number, count: number): Row | null {
  const given = [path("./peers/torch_step.py"), workload, String(batch), String(count), seconds];
  const environment = { OMP_NUM_THREADS: String(count), OPENBLAS_NUM_THREADS: String(count) };
  return finished(`${workload}:${batch} torch`, run(python, given, environment));
}

/**
 * Whole epochs against the middle and the best step of the peer measured beside it (its threads stall at times, which is not counted
 * against it), and against what is published for so many threads.
 */
function compare({ workload, batch, engine, threads: count, stepsPerSecond }: Row, torch: Row | null): Row {
  const rate = Number(stepsPerSecond);
  const figures = published[`${String(workload)}:${String(batch)}`];
  const place = count === 1 ? 0 : count === 2 ? 1 : null;
  const ratio = (other: number | null | undefined): number | null => (other ? rate / other : null);
  return {
    workload: workload ?? null,
    batch: batch ?? null,
    engine: engine ?? null,
    threads: count ?? null,
    "torch here": ratio(torch === null ? null : 1000 / Number(torch["msMedian"])),
    "its best step": ratio(torch === null ? null : 1000 / Number(torch["msBest"])),
    "torch published": place === null ? null : ratio(figures?.torch[place]),
    "Quaterion published": place === null ? null : ratio(figures?.quaterion[place]),
  };
}

function run(command: string, given: readonly string[], environment: Record<string, string> = {}) {
  const ended = spawnSync(command, given, { encoding: "utf8", env: { ...process.env, ...environment } });
  return { ok: ended.status === 0, output: ended.stdout ?? "", errors: ended.stderr ?? "" };
}

/** The row that a process printed last; null, with a note, when it failed, for instance for lack of memory. */
function finished(what: string, { ok, output, errors }: ReturnType<typeof run>): Row | null {
  if (ok) return JSON.parse(output.trimEnd().split("\n").at(-1) ?? "null") as Row;
  console.error(`${what} failed: ${errors.trimEnd().split("\n").at(-1) ?? ""}`);
  return null;
}
