import type { HostTargets } from "../contracts/batch.js";
import type { SimilarityLoss } from "../contracts/loss.js";
import {
  readsSimilarities,
  sharesWork,
  type AttachedMetric,
  type Metric,
  type ReadsSimilarities,
  type Stage,
} from "../contracts/metric.js";
import type { Kind } from "../contracts/samples.js";
import type { Assembled } from "../model/assemble.js";
import type { HostMatrix } from "../tensor/host.js";
import type { ScalarLog } from "./log.js";

/** What metrics see of a batch; null where it was not reported. */
export interface BatchRows {
  readonly embeddings: HostMatrix | null;
  /** See `similaritiesOf`. */
  readonly similarities: HostMatrix | null;
}

/** Updates the metrics that are attached to a stage and logs them as `<stage>/<name>`. */
export class MetricsRunner<K extends Kind> {
  readonly #attached: readonly AttachedMetric<K>[];
  readonly #bySimilarities: ReadonlySet<Metric<K>>;

  constructor(
    { metrics, loss, vocabulary }: Pick<Assembled<K, never>, "metrics" | "loss" | "vocabulary">,
    readonly stage: Stage,
  ) {
    this.#attached = metrics.filter(({ stages }) => stages.includes(stage));
    for (const { metric } of this.#attached) metric.useGroups((group) => vocabulary.labelOf(group));
    const able = this.#attached.filter((each) => isBySimilarities(each, loss));
    this.#bySimilarities = new Set(able.map(({ metric }) => metric));
  }

  /** True when embeddings are needed. */
  get active(): boolean {
    return this.#attached.length > 0;
  }

  reset(): void {
    for (const { metric } of this.#attached) metric.reset();
  }

  /** True when rows are kept until the end of the epoch. */
  get accumulates(): boolean {
    return this.#attached.some(({ scope }) => scope === "epoch");
  }

  /** Shows epoch metrics what they saw before a run was stopped. */
  replay(embeddings: HostMatrix, targets: HostTargets<K>): void {
    for (const { metric, scope } of this.#attached) if (scope === "epoch") metric.update(embeddings, targets);
  }

  /** Batch metrics are logged now; epoch metrics accumulate. What a batch metric can tell from similarities it is told by them. */
  async update(
    { embeddings, similarities }: BatchRows,
    targets: HostTargets<K>,
    size: number,
    log: ScalarLog,
  ): Promise<void> {
    for (const { metric, scope } of this.#attached) {
      if (scope === "batch") metric.reset();
      if (similarities !== null && this.#bySimilarities.has(metric))
        (metric as Metric<K> & ReadsSimilarities<K>).updateBySimilarities(similarities, targets);
      else if (embeddings !== null) metric.update(embeddings, targets);
    }
    for (const [{ name, progress }, value] of await valuesOf(this.#of("batch"))) {
      // A batch in which no row counts says nothing.
      if (!Number.isNaN(value)) log.write(`${this.stage}/${name}`, value, { onStep: true, progress, weight: size });
    }
  }

  /** Logs the epoch metrics. */
  async finish(log: ScalarLog): Promise<void> {
    for (const [{ metric, name, progress }, value] of await valuesOf(this.#of("epoch"))) {
      log.write(`${this.stage}/${name}`, value, { progress, weight: 1 });
      metric.reset();
    }
  }

  #of(scope: AttachedMetric<K>["scope"]): readonly AttachedMetric<K>[] {
    return this.#attached.filter((attached) => attached.scope === scope);
  }
}

/** Whether a metric is computed from the similarities of each batch that the loss computes too. */
export function isBySimilarities<K extends Kind>(
  { metric, scope }: AttachedMetric<K>,
  { kind, distance }: SimilarityLoss<K>,
): boolean {
  return (
    scope === "batch" && distance !== null && readsSimilarities(metric) && metric.readsSimilarities(kind, distance)
  );
}

/** Values of metrics that have seen the same rows, in their order; those that can share their work are computed together. */
async function valuesOf<K extends Kind>(
  attached: readonly AttachedMetric<K>[],
): Promise<readonly (readonly [AttachedMetric<K>, number])[]> {
  const values = new Map<Metric<K>, number>();
  for (const { metric } of attached) {
    if (values.has(metric)) continue;
    if (!sharesWork(metric)) {
      values.set(metric, await metric.value());
      continue;
    }
    const others = [...new Set(attached.map((other) => other.metric))].filter(
      (other) => other !== metric && !values.has(other) && metric.sharesWith(other),
    );
    const together = await metric.valuesWith(others);
    [metric, ...others].forEach((one, at) => values.set(one, together[at] as number));
  }
  return attached.map((one) => [one, values.get(one.metric) as number] as const);
}
