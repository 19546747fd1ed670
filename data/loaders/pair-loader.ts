import { refuse } from "../../lib/contracts/options.js";
import type { PairSample } from "../../lib/contracts/samples.js";
import {
  distinctComposition,
  DUPLICATE_CHECKS,
  duplicateProblem,
  type DuplicateOptions,
} from "../compositions/distinct.js";
import { pairForm } from "../samples/pair-form.js";
import { SampleReader } from "../sources/sample-reader.js";
import type { Samples } from "../sources/source.js";
import { loaderProblems, loaderSettings, type LoaderOptions } from "./options.js";
import { SampleLoader } from "./sample-loader.js";

/** Options of a `PairLoader`. */
export interface PairLoaderOptions<Item> extends LoaderOptions<Item>, DuplicateOptions<Item> {}

/**
 * Gives batches of pairs, each pair once an epoch. In training no item occurs in two pairs of a batch, because losses that take the
 * other pairs for negatives would push it away from itself (`duplicates: true` allows it); to know, a dataset is read once beforehand.
 * `batchesPerEpoch` is then that of a typical epoch, give or take one or two.
 *
 * @throws ConfigError listing every wrong option, DataError when there are no samples.
 */
export class PairLoader<Item> extends SampleLoader<"pair", Item> {
  constructor(samples: Samples<PairSample<Item>>, options: PairLoaderOptions<NoInfer<Item>> = {}) {
    refuse("PairLoader", [...loaderProblems(options, DUPLICATE_CHECKS), duplicateProblem(options)]);
    const settings = loaderSettings<Item>(options);
    const reader = new SampleReader<"pair", Item>("PairLoader", pairForm, samples);
    super(
      reader,
      settings,
      distinctComposition(reader, settings, ({ a, b }) => [a, b], options),
    );
  }
}
