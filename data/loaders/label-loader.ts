import { refuse } from "../../lib/contracts/options.js";
import type { LabelSample } from "../../lib/contracts/samples.js";
import { plainComposition } from "../compositions/plain.js";
import { labelForm } from "../samples/label-form.js";
import { SampleReader } from "../sources/sample-reader.js";
import type { Samples } from "../sources/source.js";
import { loaderProblems, loaderSettings, type LoaderOptions } from "./options.js";
import { SampleLoader } from "./sample-loader.js";

/**
 * Gives batches of items with a number to predict, each sample once an epoch.
 *
 * @throws ConfigError listing every wrong option, DataError when there are no samples.
 */
export class LabelLoader<Item> extends SampleLoader<"label", Item> {
  constructor(samples: Samples<LabelSample<Item>>, options: LoaderOptions<NoInfer<Item>> = {}) {
    refuse("LabelLoader", loaderProblems(options));
    const settings = loaderSettings<Item>(options);
    super(new SampleReader("LabelLoader", labelForm, samples), settings, plainComposition(settings));
  }
}
