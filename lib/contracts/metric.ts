import { show } from "../show.js";
import type { HostMatrix } from "../tensor/host.js";
import type { HostTargets } from "./batch.js";
import type { Distance } from "./distance.js";
import { flag, oneOf, refuse, requireOptions, unknownOptions } from "./options.js";
import type { Group, Kind } from "./samples.js";

/** A number that tells how good embeddings are. Accumulates batches; the value is that of all rows seen since `reset`. */
export abstract class Metric<in K extends Kind> {
  /** The kinds it reads, for the compiler alone: methods would let any kind pass. */
  declare protected readonly readsTargetsOf: (kind: K) => void;
  /** As logged: "precision@5". */
  abstract readonly name: string;
  /** True for shares of right answers, false for errors: decides what early stopping and checkpoints take for best. */
  abstract readonly higherIsBetter: boolean;
  /** Kinds of samples whose targets it reads, for those whom the compiler does not tell; null when any will do. Default null. */
  readonly kinds: readonly Kind[] | null = null;
  /** Adds the rows of a batch. Borrows the arrays for this call. */
  abstract update(embeddings: HostMatrix, targets: HostTargets<K>): void;
  /** Of all rows since `reset`. NaN when no row counts (no query has a relevant item). */
  abstract value(): Promise<number>;
  /** Forgets every row. */
  abstract reset(): void;
  /** Called once by the trainer with the loss's distance; a distance given to the constructor wins. */
  useDistance(_distance: Distance): void {}
  /** Called by the trainer before a stage with what the numbers of groups stand for. */
  useGroups(_labelOf: (group: number) => Group): void {}
}

/** A metric that can do its work together with others that have seen the same rows. */
export interface SharesWork<K extends Kind = Kind> {
  /** Whether `other`, which was shown the same rows, can be computed together with this one. */
  sharesWith(other: Metric<K>): boolean;
  /** The value of this metric, then those of the others, each as its `value` would give it. */
  valuesWith(others: readonly Metric<K>[]): Promise<readonly number[]>;
}

/** Whether a metric can do its work together with others. */
export function sharesWork<K extends Kind>(metric: Metric<K>): metric is Metric<K> & SharesWork<K> {
  return "sharesWith" in metric && "valuesWith" in metric;
}

/**
 * A metric that can be told how similar the rows of a batch are in place of their embeddings. The loss has computed that already, so
 * that a metric of training batches costs next to nothing.
 */
export interface ReadsSimilarities<K extends Kind = Kind> {
  /** Whether similarities by this distance are all it needs of a batch of this kind. */
  readsSimilarities(kind: Kind, distance: Distance): boolean;
  /**
   * Instead of `update`, with the only batch until `reset`.
   *
   * @param similarities of a group batch `[n, n]`, every row with every row; of a pair batch `[p, p]`, every `a` with every `b`; or other
   *   numbers that grow with them, of which only the order means anything. Borrowed until `reset`.
   */
  updateBySimilarities(similarities: HostMatrix, targets: HostTargets<K>): void;
}

/** Whether a metric can be told similarities in place of embeddings. */
export function readsSimilarities<K extends Kind>(metric: Metric<K>): metric is Metric<K> & ReadsSimilarities<K> {
  return "readsSimilarities" in metric && "updateBySimilarities" in metric;
}

/** A metric that is the mean of one number for each query. */
export interface TellsQueries {
  /** The number of each row since `reset`; NaN for rows that ask nothing, and for those that have nothing to find. */
  perQuery(): Promise<Float64Array>;
}

/** Whether a metric tells the number of each query. */
export function tellsQueries<K extends Kind>(metric: Metric<K>): metric is Metric<K> & TellsQueries {
  return "perQuery" in metric;
}

/** When an attached metric is computed and where it is shown. */
export interface AttachOptions {
  /** "epoch" = over all rows of the stage (default for validation), "batch" = each batch alone, averaged over the epoch. */
  readonly scope?: "epoch" | "batch";
  /** Stages in which it is computed. Default: validation and test for "epoch", train and validation for "batch". */
  readonly stages?: readonly Stage[];
  /** Show in the progress bar. Default false. */
  readonly progress?: boolean;
  /** Name in the log; default the metric's. */
  readonly name?: string;
}

/** The part of a run in which a batch is seen. */
export type Stage = "train" | "validation" | "test";

/** A metric with the places it is used in; made by `attach`. */
export interface AttachedMetric<K extends Kind> {
  /** What is computed. */
  readonly metric: Metric<K>;
  /** Name in the log. */
  readonly name: string;
  /** Over all rows of the stage, or each batch alone. */
  readonly scope: "epoch" | "batch";
  /** Stages in which it is computed. */
  readonly stages: readonly Stage[];
  /** Whether it is shown in the progress bar. */
  readonly progress: boolean;
}

/** Attaches a metric to a model: `configureMetrics() { return [attach(new RPrecision(), { progress: true })]; }`. */
export function attach<K extends Kind>(metric: Metric<K>, options: AttachOptions = {}): AttachedMetric<K> {
  requireOptions("attach", metric, "a metric such as new RPrecision()");
  const { scope = "epoch", progress = false, name = metric.name } = options;
  const stages = options.stages ?? (scope === "epoch" ? ["validation", "test"] : ["train", "validation"]);
  const known: readonly unknown[] = ["train", "validation", "test"];
  refuse("attach", [
    ...unknownOptions(options, ["scope", "stages", "progress", "name"]),
    oneOf("scope", scope, ["epoch", "batch"]),
    flag("progress", progress),
    Array.isArray(stages) && stages.every((stage: unknown) => known.includes(stage))
      ? null
      : `stages: expected some of ${known.join(", ")}, got ${show(stages)}`,
  ]);
  return Object.freeze({ metric, name, scope, stages, progress });
}
