import { usesDatasets, type SimilarityLoss } from "../contracts/loss.js";
import type { Kind } from "../contracts/samples.js";
import { DataError } from "../errors.js";

/**
 * The loss that judges batches of a dataset, with the path of its parameters.
 * @throws DataError for a batch that does not say which dataset it is from, or one without a loss.
 */
export function lossOf<K extends Kind>(
  loss: SimilarityLoss<K>,
  dataset: string | undefined,
): { readonly loss: SimilarityLoss<K>; readonly path: string } {
  if (!usesDatasets(loss)) return { loss, path: "loss" };
  const own = dataset === undefined ? undefined : loss.losses[dataset];
  if (own !== undefined) return { loss: own, path: `loss/${dataset}` };
  throw new DataError(
    `${loss.type} has losses for ${Object.keys(loss.losses).join(", ")}, but a batch ` +
      `${dataset === undefined ? "does not say which dataset it is from" : `is from "${dataset}"`}; ` +
      `give all loaders, also for validation, through MixedLoader under these names`,
  );
}
