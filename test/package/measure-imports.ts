import { performance } from "node:perf_hooks";
import { run } from "./run.js";

/** Times of Node processes, in milliseconds. */
export interface Times {
  /** Median from start to end. */
  readonly wall: number;
  /** The least time spent computing: what a process takes on a machine that does nothing else. */
  readonly computing: number;
}

/** What an import costs. */
export interface ImportCost {
  /** Processes that do nothing. */
  readonly bare: Times;
  /** Processes that import the module and do nothing else. */
  readonly imported: Times;
}

/** Starts Node `times` times with and without the import, alternating, so that both see the same disturbances. */
export function measureImports(folder: string, specifier: string, times = 11): ImportCost {
  const bare: Times[] = [];
  const imported: Times[] = [];
  for (let i = 0; i <= times; i += 1) {
    const withoutImport = timesOf("", folder);
    const withImport = timesOf(`import "${specifier}";`, folder);
    if (i === 0) continue; // The first reads files that are cached afterwards.
    bare.push(withoutImport);
    imported.push(withImport);
  }
  return { bare: summary(bare), imported: summary(imported) };
}

function timesOf(code: string, folder: string): Times {
  const started = performance.now();
  const tell = `const { userCPUTime, systemCPUTime } = process.resourceUsage(); console.log(userCPUTime + systemCPUTime);`;
  const microseconds = Number(run(process.execPath, ["--input-type=module", "--eval", code + tell], folder));
  return { wall: performance.now() - started, computing: microseconds / 1000 };
}

function summary(times: readonly Times[]): Times {
  const walls = times.map(({ wall }) => wall).sort((left, right) => left - right);
  const computing = Math.min(...times.map((each) => each.computing));
  return { wall: walls[Math.floor(walls.length / 2)] ?? NaN, computing };
}
