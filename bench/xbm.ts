/**
 * What a cross-batch memory of 10,000 rows of 384 numbers costs: training steps with it beside the same steps without.
 * Run: node --conditions=likewise-source --import tsx bench/xbm.ts [--batch 64,256] [--threads 1,2] [--engine compiled] [--seconds 5] [--json]
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { option, report, type Row } from "./report.js";

const [seconds = "5"] = option("seconds", ["5"]);
const script = fileURLToPath(new URL("./step-row.ts", import.meta.url));

const rows: Row[] = [];
for (const batch of option("batch", ["64", "256"])) {
  for (const threads of option("threads", ["1", "2"])) {
    for (const engine of option("engine", ["compiled"])) {
      const without = measure("triplet-hard", batch, engine, threads);
      const withMemory = measure("triplet-hard-xbm", batch, engine, threads);
      rows.push({
        ...{ batch: Number(batch), threads: Number(threads), engine },
        "steps/s without": Number(without["stepsPerSecond"]),
        "steps/s with": Number(withMemory["stepsPerSecond"]),
        "times slower": Number(without["stepsPerSecond"]) / Number(withMemory["stepsPerSecond"]),
        "peak MB without": Number(without["peakRssMb"]),
        "peak MB with": Number(withMemory["peakRssMb"]),
      });
    }
  }
}
report(rows);

function measure(...given: readonly string[]): Row {
  const ended = spawnSync(process.execPath, [...process.execArgv, script, ...given, seconds], { encoding: "utf8" });
  if (ended.status !== 0) throw new Error(`${given.join(" ")} failed: ${ended.stderr}`);
  return JSON.parse(ended.stdout.trimEnd().split("\n").at(-1) ?? "null") as Row;
}
