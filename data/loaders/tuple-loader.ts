import type { Batch } from "../../lib/contracts/batch.js";
import { Loader, type EpochRequest } from "../../lib/contracts/loader.js";
import type { Group, TupleSample } from "../../lib/contracts/samples.js";
import { DistinctComposition, duplicateProblems, type DuplicateOptions } from "../compositions/distinct.js";
import { plainComposition } from "../compositions/plain.js";
import { tupleForm } from "../samples/tuple-form.js";
import { SampleReader } from "../sources/sample-reader.js";
import type { Samples } from "../sources/source.js";
import { Epochs } from "./epochs.js";
import { optionProblems, settleOptions, type LoaderOptions } from "./options.js";

/** Options of a `TupleLoader`. */
export interface TupleLoaderOptions<Item> extends LoaderOptions<Item>, DuplicateOptions<Item> {}

/**
 * Gives batches of anchors with their positives and negatives, each sample once an epoch. In training no anchor or positive occurs in
 * two samples of a batch (`duplicates: true` allows it); negatives may.
 *
 * @throws ConfigError listing every wrong option, DataError when there are no samples.
 */
export class TupleLoader<Item> extends Loader<"tuple", Item> {
  readonly kind = "tuple";
  readonly augmented: boolean;
  readonly #epochs: Epochs<"tuple", Item>;

  constructor(samples: Samples<TupleSample<Item>>, options: TupleLoaderOptions<NoInfer<Item>> = {}) {
    super();
    const problems = [...optionProblems(options, ["duplicates", "key"]), ...duplicateProblems(options)];
    const settings = settleOptions<Item>("TupleLoader", options, problems);
    const reader = new SampleReader<"tuple", Item>("TupleLoader", tupleForm, samples);
    const composition =
      options.duplicates === true
        ? plainComposition<TupleSample<Item>>(settings)
        : new DistinctComposition<"tuple", Item>(
            reader,
            settings,
            ({ anchor, positives }) => [anchor, ...positives],
            options.key,
          );
    this.#epochs = new Epochs(reader, settings, composition);
    this.augmented = this.#epochs.augmented;
  }

  get batchesPerEpoch(): number | null {
    return this.#epochs.batchesPerEpoch;
  }

  /** The batches of one epoch, made as they are asked for. */
  epoch(request: EpochRequest): AsyncIterable<Batch<"tuple", Item>> {
    return this.#epochs.epoch(request);
  }

  /** Of each sample the anchor, its positives, then its negatives. */
  items(): AsyncIterable<Item> {
    return this.#epochs.items();
  }

  groups(): Promise<readonly Group[]> {
    return Promise.resolve([]);
  }
}
