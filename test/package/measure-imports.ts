import { performance } from "node:perf_hooks";
import { run } from "./run.js";

/** Wall times of Node processes, in milliseconds. */
export interface Times {
  readonly median: number;
  readonly fastest: number;
}

export interface ImportCost {
  /** Processes that do nothing. */
  readonly bare: Times;
  /** Processes that import the module and do nothing else. */
  readonly imported: Times;
}

/** Starts Node `times` times with and without the import, alternating, so that both see the same disturbances. */
export function measureImports(folder: string, specifier: string, times = 11): ImportCost {
  const bare: number[] = [];
  const imported: number[] = [];
  for (let i = 0; i <= times; i += 1) {
    const withoutImport = timeOf("0", folder);
    const withImport = timeOf(`import "${specifier}";`, folder);
    if (i === 0) continue; // The first reads files that are cached afterwards.
    bare.push(withoutImport);
    imported.push(withImport);
  }
  return { bare: summary(bare), imported: summary(imported) };
}

function timeOf(code: string, folder: string): number {
  const started = performance.now();
  run(process.execPath, ["--input-type=module", "--eval", code], folder);
  return performance.now() - started;
}

function summary(values: readonly number[]): Times {
  const sorted = [...values].sort((left, right) => left - right);
  return { median: sorted[Math.floor(sorted.length / 2)] ?? NaN, fastest: sorted[0] ?? NaN };
}
