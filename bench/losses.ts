/**
 * Value and gradient of every exported loss, and of the pairs of every exported miner, on batches of 256 numbers a row: time and peak
 * memory of a process that does nothing else. Exits with 1 when one fails or takes more than 2 GB, which the last column says.
 * Run: node --conditions=likewise-source --import tsx bench/losses.ts [--only TripletLoss:1024] [--batch 64,256,1024,4096]
 *      [--engine compiled,eager] [--threads 1] [--seconds 2] [--json]
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import * as losses from "likewise/losses";
import * as miners from "likewise/miners";
import { option, report, type Row } from "./report.js";

const script = fileURLToPath(new URL("./loss-row.ts", import.meta.url));
const only = option("only", []);
const [threads = "1"] = option("threads", ["1"]);
const [seconds = "2"] = option("seconds", ["2"]);
const engines = option("engine", ["compiled", "eager"]);
const batches = option("batch", ["64", "256", "1024", "4096"]);

/** Memory that every batch has to do with. */
const LIMIT_MB = 2000;
/** It judges no batch itself; what it costs is the loss of a dataset. */
const DELEGATES = "LossByDataset";

/** Ways of `TripletLoss` that cost something else; loss-row.ts knows what they are. */
const VARIANTS = ["all", "swap-hard", "swap-semi-hard", "swap-all", "smooth-all", "swap-drawn"].map(
  (variant) => `TripletLoss/${variant}`,
);

const names = [
  ...Object.entries(losses).filter(
    ([name, value]) => typeof value === "function" && "type" in value && name !== DELEGATES,
  ),
  ...Object.entries(miners).filter(
    ([name, value]) => typeof value === "function" && "type" in value && name.endsWith("Miner"),
  ),
]
  .map(([name]) => name)
  .concat(VARIANTS);
const unknown = only.map((given) => given.split(":")[0] ?? "").filter((name) => !names.includes(name));
if (unknown.length > 0) throw new Error(`--only: no loss ${unknown.join(", ")}; known: ${names.join(", ")}`);

const rows: Row[] = [];
for (const name of names) {
  const wanted = only.filter((given) => given.split(":")[0] === name).map((given) => given.split(":")[1]);
  if (only.length > 0 && wanted.length === 0) continue;
  const sizes = wanted.filter((size) => size !== undefined);
  for (const batch of sizes.length > 0 ? sizes : batches) {
    for (const engine of engines) {
      const row = measure(name, batch, engine);
      if (row === null) process.exitCode = 1;
      else rows.push(judged(row));
    }
  }
}
report(rows);

function judged(row: Row): Row {
  const over = Number(row["peakRssMb"]) > LIMIT_MB;
  if (over) process.exitCode = 1;
  return { ...row, limit: over ? `OVER ${LIMIT_MB} MB` : "ok" };
}

/** Null, with a note, when it failed, for instance for lack of memory. */
function measure(...given: readonly string[]): Row | null {
  const all = [...process.execArgv, script, ...given, threads, seconds];
  const ended = spawnSync(process.execPath, all, { encoding: "utf8" });
  if (ended.status === 0) return JSON.parse(ended.stdout.trimEnd().split("\n").at(-1) ?? "null") as Row;
  console.error(
    `${given.join(" ")} failed: ${/^\w*Error.*$/mu.exec(ended.stderr ?? "")?.[0] ?? `signal ${ended.signal}`}`,
  );
  return null;
}
