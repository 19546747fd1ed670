import { loaderProblem } from "../contracts/loader.js";
import { refuse, requireOptions, unknownOptions } from "../contracts/options.js";

/**
 * Refuses what is no loader; for callers without a compiler.
 * @throws ConfigError naming everything that is wrong.
 */
export function checkLoaders(who: string, loaders: unknown): void {
  requireOptions(who, loaders, "loaders such as { train: new GroupLoader(samples) }");
  const { train, validation } = loaders as { readonly train?: unknown; readonly validation?: unknown };
  refuse(who, [
    ...unknownOptions(loaders as object, ["train", "validation"]),
    loaderProblem("train", train),
    validation === undefined ? null : loaderProblem("validation", validation),
  ]);
}
