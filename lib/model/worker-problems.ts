import { pathToFileURL } from "node:url";
import { keptOn, type CacheConfig } from "../cache/cache-config.js";
import { modelModuleUrl } from "../cache/model-module.js";
import { UnknownNameError } from "../errors.js";
import type { Encoders } from "./parameters.js";
import { classOf, type PartRegistry } from "./part-registry.js";

/** Encoders whose vectors are kept. */
export function cachedOnly<Item>(config: CacheConfig, encoders: Encoders<Item>): Encoders<Item> {
  return encoders.filter(([name, encoder]) => !encoder.trainable && keptOn(config, name) !== "none");
}

/**
 * Why workers could not compute the vectors of these encoders, as far as it can be seen without starting one: each makes the encoders
 * again from what would be saved of them, with the classes of this library and those of `modelModule`.
 *
 * @param standard knows the classes of this library alone.
 */
export function workerProblems<Item>(
  config: CacheConfig,
  encoders: Encoders<Item>,
  standard: PartRegistry,
): readonly string[] {
  if (config.workers === 0) return [];
  const module = modelModuleUrl(config);
  if (module !== null) {
    const script = process.argv[1];
    if (script === undefined || pathToFileURL(script).href !== module) return [];
    return [
      "configureCaches: modelModule is the script that runs, and each worker would run it again; put the encoder classes in a module of their own",
    ];
  }
  return cachedOnly(config, encoders).flatMap(([name, encoder]) => {
    const own = ownClass(() => {
      const { type, config: saved, weights } = encoder;
      const again = standard.make("encoder", { type, config: saved }, weights);
      return classOf(again) === classOf(encoder) ? null : classOf(encoder).name;
    });
    return own === null
      ? []
      : [
          `configureCaches: workers do not know class ${own} of encoder "${name}"; export it from a module of its own and name that ` +
            "module in modelModule, or use workers: 0",
        ];
  });
}

/** Which class is not known, if that is so; other problems are found elsewhere. */
function ownClass(make: () => string | null): string | null {
  try {
    return make();
  } catch (error) {
    return error instanceof UnknownNameError ? error.given : null;
  }
}
