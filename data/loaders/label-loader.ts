import type { Batch } from "../../lib/contracts/batch.js";
import { Loader, type EpochRequest } from "../../lib/contracts/loader.js";
import type { Group, LabelSample } from "../../lib/contracts/samples.js";
import { plainComposition } from "../compositions/plain.js";
import { labelForm } from "../samples/label-form.js";
import { SampleReader } from "../sources/sample-reader.js";
import type { Samples } from "../sources/source.js";
import { Epochs } from "./epochs.js";
import { optionProblems, settleOptions, type LoaderOptions } from "./options.js";

/**
 * Gives batches of items with a number to predict, each sample once an epoch.
 *
 * @throws ConfigError listing every wrong option, DataError when there are no samples.
 */
export class LabelLoader<Item> extends Loader<"label", Item> {
  readonly kind = "label";
  readonly augmented: boolean;
  readonly #epochs: Epochs<"label", Item>;

  constructor(samples: Samples<LabelSample<Item>>, options: LoaderOptions<NoInfer<Item>> = {}) {
    super();
    const settings = settleOptions<Item>("LabelLoader", options, optionProblems(options));
    const reader = new SampleReader<"label", Item>("LabelLoader", labelForm, samples);
    this.#epochs = new Epochs(reader, settings, plainComposition(settings));
    this.augmented = this.#epochs.augmented;
  }

  get batchesPerEpoch(): number | null {
    return this.#epochs.batchesPerEpoch;
  }

  /** The batches of one epoch, made as they are asked for. */
  epoch(request: EpochRequest): AsyncIterable<Batch<"label", Item>> {
    return this.#epochs.epoch(request);
  }

  items(): AsyncIterable<Item> {
    return this.#epochs.items();
  }

  groups(): Promise<readonly Group[]> {
    return Promise.resolve([]);
  }
}
