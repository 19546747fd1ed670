import type { HostTargets } from "../contracts/batch.js";
import type { AttachedMetric, Stage } from "../contracts/metric.js";
import type { Kind } from "../contracts/samples.js";
import type { HostMatrix } from "../tensor/host.js";
import type { ScalarLog } from "./log.js";

/** Updates the metrics that are attached to a stage and logs them as `<stage>/<name>`. */
export class MetricsRunner<K extends Kind> {
  readonly #attached: readonly AttachedMetric<K>[];

  constructor(
    attached: readonly AttachedMetric<K>[],
    readonly stage: Stage,
  ) {
    this.#attached = attached.filter(({ stages }) => stages.includes(stage));
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

  /** Batch metrics are logged now; epoch metrics accumulate. */
  async update(embeddings: HostMatrix, targets: HostTargets<K>, size: number, log: ScalarLog): Promise<void> {
    for (const { metric, scope, name, progress } of this.#attached) {
      if (scope === "batch") metric.reset();
      metric.update(embeddings, targets);
      if (scope === "epoch") continue;
      const value = await metric.value();
      // A batch in which no row counts says nothing.
      if (!Number.isNaN(value)) log.write(`${this.stage}/${name}`, value, { onStep: true, progress, weight: size });
    }
  }

  /** Logs the epoch metrics. */
  async finish(log: ScalarLog): Promise<void> {
    for (const { metric, scope, name, progress } of this.#attached) {
      if (scope !== "epoch") continue;
      log.write(`${this.stage}/${name}`, await metric.value(), { progress, weight: 1 });
      metric.reset();
    }
  }
}
