import { refuse, requireOptions, type Problem } from "../contracts/options.js";
import { show } from "../show.js";

/**
 * Refuses what is no loader; for callers without a compiler.
 * @throws ConfigError naming everything that is wrong.
 */
export function checkLoaders(who: string, loaders: unknown): void {
  requireOptions(who, loaders, "loaders such as { train: new GroupLoader(samples) }");
  const { train, validation } = loaders as { readonly train?: unknown; readonly validation?: unknown };
  refuse(who, [
    loaderProblem("train", train),
    validation === undefined ? null : loaderProblem("validation", validation),
  ]);
}

/** What is wrong with a value that should be a loader. */
export function loaderProblem(name: string, value: unknown): Problem {
  const given = (typeof value === "object" ? value : null) as {
    readonly epoch?: unknown;
    readonly items?: unknown;
  } | null;
  if (typeof given?.epoch === "function" && typeof given.items === "function") return null;
  const what = Array.isArray(value) ? "an array; give it to a loader" : show(value);
  return `${name}: expected a loader, such as PairLoader or GroupLoader of likewise/data, got ${what}`;
}
