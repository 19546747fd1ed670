import type { HostTargets, LoadedTargets } from "../contracts/batch.js";
import type { Loader } from "../contracts/loader.js";
import { sharesWork, type Metric } from "../contracts/metric.js";
import type { Kind } from "../contracts/samples.js";
import { DataError } from "../errors.js";
import type { SimilarityModel } from "../model/similarity-model.js";
import { Vocabulary } from "../model/vocabulary.js";
import { Random } from "../random.js";

/**
 * The values of metrics, by their names, of what a model makes of a loader's items: for models that were loaded, and of other data than
 * they were trained with. By the distance of the model, unless a metric has one. Metrics forget what they saw before.
 *
 * @throws DataError when the loader gives no batch.
 */
export async function measureModel<K extends Kind, Item>(
  model: SimilarityModel<Item>,
  loader: Loader<K, Item>,
  metrics: readonly Metric<NoInfer<K>>[],
): Promise<Record<string, number>> {
  const vocabulary = new Vocabulary([], false);
  for (const metric of metrics) {
    metric.reset();
    metric.useDistance(model.distance);
    metric.useGroups((group) => vocabulary.labelOf(group));
  }
  let batches = 0;
  for await (const batch of loader.epoch({ epoch: 0, random: new Random(0), training: false })) {
    const embeddings = await model.encode(batch.items, { precision: "float32" });
    const { groups } = batch.targets as Partial<LoadedTargets<"group">>;
    const targets = groups === undefined ? batch.targets : { groups: vocabulary.encode(groups, "measureModel") };
    // Of all kinds groups alone are not numbers yet.
    for (const metric of metrics) metric.update(embeddings, targets as unknown as HostTargets<K>);
    batches += 1;
  }
  if (batches === 0) throw new DataError("measureModel: the loader gave no batch; are there samples?");
  const values = new Map<Metric<K>, number>();
  for (const metric of metrics) {
    if (values.has(metric)) continue;
    const others = metrics.filter(
      (other) => other !== metric && !values.has(other) && sharesWork(metric) && metric.sharesWith(other),
    );
    const together = sharesWork(metric) ? await metric.valuesWith(others) : [await metric.value()];
    [metric, ...others].forEach((one, at) => values.set(one, together[at] ?? NaN));
  }
  for (const metric of metrics) metric.reset();
  return Object.fromEntries(metrics.map((metric) => [metric.name, values.get(metric) ?? NaN]));
}
