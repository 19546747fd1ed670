import type { Metric } from "../contracts/metric.js";
import { refuse, requireOptions, unknownOptions } from "../contracts/options.js";
import type { Kind } from "../contracts/samples.js";
import { show } from "../show.js";
import * as tf from "../tensor/tf.js";
import {
  KINDS,
  metricBatch,
  perfectSamples,
  randomSamples,
  type MetricBatch,
  type MetricSample,
} from "./metric-batches.js";
import { attempt, leftBehind } from "./run-twice.js";

/** How a metric is checked. */
export interface MetricCheckOptions<K extends Kind> {
  /** The kind of samples it is tried on. Default the first of its `kinds`, or "group". */
  readonly kind?: K;
  /** Its value for perfect embeddings; null for a metric that does not look at targets. Default no worse than random ones. */
  readonly perfect?: number | null;
  /** True for a metric that depends on the order of rows, as `ClusterAgreement` does, whose clusters start from some. Default false. */
  readonly ordered?: boolean;
  /** Decides the random embeddings. Default 0. */
  readonly seed?: number;
}

/**
 * Checks a metric of your own on perfect and on random embeddings: a finite value that is best for perfect ones, the same when it is
 * asked again, of all rows since `reset` however they are batched and ordered, arrays that are only borrowed and stay as they are, no tensor left. Metrics
 * are not saved.
 * @returns one sentence for each thing that is wrong.
 */
export async function checkMetric<K extends Kind>(
  metric: Metric<K>,
  options: MetricCheckOptions<K> = {},
): Promise<string[]> {
  requireOptions("checkMetric", metric, "a metric such as new RPrecision()");
  refuse("checkMetric", unknownOptions(options, ["kind", "perfect", "ordered", "seed"]));
  const unknown = [...(metric.kinds ?? []), ...(options.kind === undefined ? [] : [options.kind])].filter(
    (kind) => !KINDS.includes(kind),
  );
  if (unknown.length > 0) return [`kinds: ${unknown.map(show).join(", ")} is none; known: ${KINDS.join(", ")}`];
  return [...(await attempt("it", () => metricProblems(metric, options)))];
}

type Lent = readonly (Float32Array | Int32Array)[];

async function metricProblems<K extends Kind>(
  metric: Metric<K>,
  { kind = (metric.kinds?.[0] ?? "group") as K, perfect: expected, ordered = false, seed = 0 }: MetricCheckOptions<K>,
): Promise<string[]> {
  const problems: string[] = [];
  const batch = (samples: readonly MetricSample[]): MetricBatch<K> => metricBatch(kind, samples);
  const valueOf = async (...batches: readonly MetricBatch<K>[]): Promise<number> => {
    metric.reset();
    for (const { embeddings, targets } of batches) metric.update(embeddings, targets);
    return metric.value();
  };
  const arraysOf = ({ embeddings, targets }: MetricBatch<K>): Lent => [
    embeddings.data,
    ...(Object.values(targets) as (Float32Array | Int32Array)[]),
  ];
  const [one, two] = [randomSamples(`${seed}/one`), randomSamples(`${seed}/two`)];
  const same = (found: number, wanted: number, what: string): void => {
    const close = Math.abs(found - wanted) <= 1e-6 * (1 + Math.abs(wanted));
    if (!close) problems.push(`${what}: ${found} instead of ${wanted}`);
  };
  if (metric.name === "") problems.push("name is empty; logs need one");
  const random = await valueOf(batch(one), batch(two));
  if (typeof random !== "number") return [`the value is ${show(random)}, it must be a number`];
  if (!Number.isFinite(random)) problems.push(`the value of random embeddings is ${random}`);
  same(await metric.value(), random, "the value is another when it is asked again");
  if (!ordered) {
    same(await valueOf(batch([...one, ...two])), random, "the value of one batch is not that of its rows in two");
    same(await valueOf(batch(two), batch(one)), random, "the value depends on the order of batches");
  }
  let written = false;
  metric.reset();
  for (const samples of [one, two]) {
    const lent = batch(samples);
    metric.update(lent.embeddings, lent.targets);
    const [arrays, before] = [lent, batch(samples)].map(arraysOf) as [Lent, Lent];
    written ||= arrays.some((array, which) => array.some((number, i) => !Object.is(number, before[which]?.[i])));
    // The next batch is written into the same arrays.
    for (const array of arrays) array.fill(0);
  }
  if (written) problems.push("update writes into arrays that it only borrows: metrics after it see other numbers");
  same(
    await metric.value(),
    random,
    "update keeps arrays that it only borrows: the value changes when they are reused",
  );
  const perfect = await valueOf(batch(perfectSamples()));
  if (expected !== undefined && expected !== null) same(perfect, expected, "the value of perfect embeddings is wrong");
  const worse = metric.higherIsBetter ? perfect < random : perfect > random;
  if (expected === undefined && !(Number.isFinite(perfect) && !worse))
    problems.push(
      `perfect embeddings have ${perfect} and random ones ${random}, but higherIsBetter is ${metric.higherIsBetter}`,
    );
  const before = tf.memory().numTensors;
  await valueOf(batch(one));
  const left = leftBehind("it", tf.memory().numTensors - before);
  metric.reset();
  const empty = await metric.value();
  if (!Number.isNaN(empty)) problems.push(`the value after reset is ${empty}, it must be NaN when no row counts`);
  return [...problems, ...(left === null ? [] : [left])];
}
