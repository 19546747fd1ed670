import type { HostTargets } from "../contracts/batch.js";
import type { Kind } from "../contracts/samples.js";
import { Random } from "../random.js";
import type { HostMatrix } from "../tensor/host.js";

const SIZE = 12;

/** Two rows that belong together and one that does not: a sample of every kind. */
export interface MetricSample {
  readonly group: number;
  readonly rows: readonly [anchor: Float32Array, positive: Float32Array, negative: Float32Array];
}

/** Embeddings with their targets. */
export interface MetricBatch<K extends Kind> {
  readonly embeddings: HostMatrix;
  readonly targets: HostTargets<K>;
}

/** Groups with an axis each; what does not belong to any lies along one of its own. */
export function perfectSamples(): readonly MetricSample[] {
  const axis = (at: number): Float32Array => Float32Array.from({ length: SIZE }, (_, i) => (i === at ? 1 : 0));
  return Array.from({ length: SIZE / 2 }, (_, group) => ({
    group,
    rows: [axis(group), axis(group), axis(SIZE / 2 + group)],
  }));
}

/** Rows that have nothing to do with their groups. */
export function randomSamples(seed: string): readonly MetricSample[] {
  const random = new Random(seed);
  return Array.from({ length: 6 }, (_, group) => ({
    group,
    rows: [random.normals(SIZE), random.normals(SIZE), random.normals(SIZE)],
  }));
}

/** What batches can be of. */
export const KINDS: readonly Kind[] = ["group", "pair", "tuple", "label"];

/** The samples as a batch of a kind: groups of two, pairs that belong together and pairs that do not, tuples, numbers to predict. */
export function metricBatch<K extends Kind>(kind: K, samples: readonly MetricSample[]): MetricBatch<K> {
  const [anchors, positives, negatives] = [0, 1, 2].map((side) =>
    samples.map(({ rows }) => rows[side] as Float32Array),
  );
  const own = samples.map(({ group }) => group);
  const made: { readonly [Each in Kind]: () => [rows: readonly Float32Array[], targets: HostTargets<Each>] } = {
    group: () => [[...list(anchors), ...list(positives)], { groups: Int32Array.from([...own, ...own]) }],
    pair: () => [
      [...list(anchors), ...list(anchors), ...list(positives), ...list(negatives)],
      {
        labels: Float32Array.from([...own.map(() => 1), ...own.map(() => 0)]),
        subgroups: new Int32Array(4 * own.length),
      },
    ],
    tuple: () => [
      [...list(anchors), ...list(positives), ...list(negatives)],
      {
        positiveOwners: Int32Array.from(own.keys()),
        negativeOwners: Int32Array.from(own.keys()),
        scores: Float32Array.from([...own.map(() => 1), ...own.map(() => 0)]),
      },
    ],
    label: () => [list(anchors), { labels: Float32Array.from(own, (group) => group % 2) }],
  };
  const [rows, targets] = made[kind]();
  const data = new Float32Array(rows.length * SIZE);
  rows.forEach((row, i) => {
    data.set(row, i * SIZE);
  });
  return { embeddings: { data, rows: rows.length, size: SIZE }, targets };
}

const list = (rows: readonly Float32Array[] | undefined): readonly Float32Array[] => rows ?? [];
