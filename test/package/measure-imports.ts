import { performance } from "node:perf_hooks";
import { run } from "./run.js";

/** Median wall times of a Node process, in milliseconds. */
export interface ImportCost {
  /** That does nothing. */
  readonly bare: number;
  /** That imports the module and does nothing else. */
  readonly imported: number;
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
  return { bare: median(bare), imported: median(imported) };
}

function timeOf(code: string, folder: string): number {
  const started = performance.now();
  run(process.execPath, ["--input-type=module", "--eval", code], folder);
  return performance.now() - started;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
