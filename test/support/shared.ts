import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../shared/", import.meta.url));

/** Path of a file or folder in the shared material beside the checkout. Skips the running test with a clear message when it is absent. */
export function sharedPath(context: Mocha.Context, name: string): string {
  const path = `${root}${name}`;
  if (!existsSync(path)) {
    console.warn(`skipped "${context.test?.fullTitle() ?? name}": ../shared/${name} is not here`);
    context.skip();
  }
  return path;
}

/** True when the shared material has this file or folder. */
export function hasShared(name: string): boolean {
  return existsSync(`${root}${name}`);
}

/** One case of a golden file; see the golden folder's README. */
export interface GoldenCase {
  readonly tag: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly expected: Readonly<Record<string, unknown>>;
  readonly expected64?: Readonly<Record<string, unknown>>;
}

/** Reads `../shared/golden/<name>.json`, with "NaN" and "Infinity" as numbers; null when absent. */
export function readGolden(name: string): readonly GoldenCase[] | null {
  const path = `${root}golden/${name}.json`;
  if (!existsSync(path)) return null;
  const special: Readonly<Record<string, number>> = { NaN, Infinity, "-Infinity": -Infinity };
  const text = readFileSync(path, "utf8");
  const file = JSON.parse(text, (_key, value: unknown) =>
    typeof value === "string" ? (special[value] ?? value) : value,
  ) as {
    readonly cases: readonly GoldenCase[];
  };
  return file.cases;
}
