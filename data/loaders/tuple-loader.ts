import { refuse } from "../../lib/contracts/options.js";
import type { TupleSample } from "../../lib/contracts/samples.js";
import {
  distinctComposition,
  DUPLICATE_CHECKS,
  duplicateProblem,
  type DuplicateOptions,
} from "../compositions/distinct.js";
import { tupleForm } from "../samples/tuple-form.js";
import { SampleReader } from "../sources/sample-reader.js";
import type { Samples } from "../sources/source.js";
import { loaderProblems, loaderSettings, type LoaderOptions } from "./options.js";
import { SampleLoader } from "./sample-loader.js";

/** Options of a `TupleLoader`. */
export interface TupleLoaderOptions<Item> extends LoaderOptions<Item>, DuplicateOptions<Item> {}

/**
 * Gives batches of anchors with their positives and negatives, each sample once an epoch. In training no anchor or positive occurs in
 * two samples of a batch (`duplicates: true` allows it); negatives may.
 *
 * @throws ConfigError listing every wrong option, DataError when there are no samples.
 */
export class TupleLoader<Item> extends SampleLoader<"tuple", Item> {
  constructor(samples: Samples<TupleSample<Item>>, options: TupleLoaderOptions<NoInfer<Item>> = {}) {
    refuse("TupleLoader", [...loaderProblems(options, DUPLICATE_CHECKS), duplicateProblem(options)]);
    const settings = loaderSettings<Item>(options);
    const reader = new SampleReader<"tuple", Item>("TupleLoader", tupleForm, samples);
    super(
      reader,
      settings,
      distinctComposition(reader, settings, ({ anchor, positives }) => [anchor, ...positives], options),
    );
  }
}
