import type { HostMatrix, HostTargets } from "likewise";
import type { RetrievalKind, RetrievalMetric } from "likewise/metrics";
import { plainDistance } from "../support/plain-distance.js";
import type { DistanceName } from "likewise";
import type { PlainCandidate } from "../support/plain-ranking.js";

/** Rows as plain numbers. */
export type Rows = readonly (readonly number[])[];

export function matrix(rows: Rows): HostMatrix {
  return { data: Float32Array.from(rows.flat()), rows: rows.length, size: rows[0]?.length ?? 0 };
}

export const groupTargets = (groups: readonly number[]): HostTargets<"group"> => ({ groups: Int32Array.from(groups) });

export const pairTargets = (
  labels: readonly number[],
  subgroups: readonly number[] = labels.map(() => 0),
): HostTargets<"pair"> => ({
  labels: Float32Array.from(labels),
  subgroups: Int32Array.from([...subgroups, ...subgroups]),
});

export const tupleTargets = (
  positiveOwners: readonly number[],
  negativeOwners: readonly number[],
): HostTargets<"tuple"> => ({
  positiveOwners: Int32Array.from(positiveOwners),
  negativeOwners: Int32Array.from(negativeOwners),
  scores: Float32Array.from([...positiveOwners.map(() => 1), ...negativeOwners.map(() => 0)]),
});

/** The value of a metric over one batch. */
export async function valueOf(
  metric: RetrievalMetric,
  rows: Rows,
  targets: HostTargets<RetrievalKind>,
): Promise<number> {
  metric.reset();
  metric.update(matrix(rows), targets);
  return metric.value();
}

/** For every row its candidates among the others. */
export function groupCandidates(rows: Rows, groups: readonly number[], distance: DistanceName): PlainCandidate[][] {
  return rows.map((row, at) =>
    rows.flatMap((other, place) =>
      place === at
        ? []
        : [{ distance: plainDistance[distance](row, other), grade: groups[place] === groups[at] ? 1 : 0 }],
    ),
  );
}
