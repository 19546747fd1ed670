import type { Batch } from "../../lib/contracts/batch.js";
import { Loader, type EpochRequest } from "../../lib/contracts/loader.js";
import type { Group, PairSample } from "../../lib/contracts/samples.js";
import { DistinctComposition, duplicateProblems, type DuplicateOptions } from "../compositions/distinct.js";
import { plainComposition } from "../compositions/plain.js";
import { pairForm } from "../samples/pair-form.js";
import { SampleReader } from "../sources/sample-reader.js";
import type { Samples } from "../sources/source.js";
import { Epochs } from "./epochs.js";
import { optionProblems, settleOptions, type LoaderOptions } from "./options.js";

/** Options of a `PairLoader`. */
export interface PairLoaderOptions<Item> extends LoaderOptions<Item>, DuplicateOptions<Item> {}

/**
 * Gives batches of pairs, each pair once an epoch. In training no item occurs in two pairs of a batch, because losses that take the
 * other pairs for negatives would push it away from itself (`duplicates: true` allows it); to know, a dataset is read once beforehand. `batchesPerEpoch` is then the smallest
 * possible number.
 *
 * @throws ConfigError listing every wrong option, DataError when there are no samples.
 */
export class PairLoader<Item> extends Loader<"pair", Item> {
  readonly kind = "pair";
  readonly augmented: boolean;
  readonly #epochs: Epochs<"pair", Item>;

  constructor(samples: Samples<PairSample<Item>>, options: PairLoaderOptions<NoInfer<Item>> = {}) {
    super();
    const problems = [...optionProblems(options, ["duplicates", "key"]), ...duplicateProblems(options)];
    const settings = settleOptions<Item>("PairLoader", options, problems);
    const reader = new SampleReader<"pair", Item>("PairLoader", pairForm, samples);
    const composition =
      options.duplicates === true
        ? plainComposition<PairSample<Item>>(settings)
        : new DistinctComposition<"pair", Item>(reader, settings, ({ a, b }) => [a, b], options.key);
    this.#epochs = new Epochs(reader, settings, composition);
    this.augmented = this.#epochs.augmented;
  }

  get batchesPerEpoch(): number | null {
    return this.#epochs.batchesPerEpoch;
  }

  /** The batches of one epoch, made as they are asked for. */
  epoch(request: EpochRequest): AsyncIterable<Batch<"pair", Item>> {
    return this.#epochs.epoch(request);
  }

  /** Of each pair `a`, then `b`. */
  items(): AsyncIterable<Item> {
    return this.#epochs.items();
  }

  groups(): Promise<readonly Group[]> {
    return Promise.resolve([]);
  }
}
