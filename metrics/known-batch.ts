import type { HostTargets } from "../lib/contracts/index.js";
import type { HostMatrix } from "../lib/tensor/host.js";
import type { ColumnLists, KnownRanking } from "../lib/tensor/known-ranks.js";
import type { NamedTargets } from "./kind.js";

/** One batch whose similarities are known, with who looks for whom. */
export interface KnownBatch extends Omit<KnownRanking, "depth"> {
  /** A row for each query. */
  readonly similarities: HostMatrix;
}

/** A group batch, or a pair batch in one direction; other batches take more than these similarities, which is null. */
export function knownBatch(named: NamedTargets, similarities: HostMatrix, backwards: boolean): KnownBatch | null {
  if (named.kind === "group") {
    const members = membersOf(named.targets.groups);
    return { similarities, relevant: members, withoutOwn: true, skipped: members };
  }
  if (named.kind !== "pair") return null;
  const relevant = ownOf(named.targets.labels);
  return {
    similarities: backwards ? transposed(similarities) : similarities,
    ...{ relevant, withoutOwn: false, skipped: unknownOf(named.targets, backwards) ?? relevant },
  };
}

/** For each row all rows of its group. */
function membersOf(groups: Int32Array): ColumnLists {
  const numbers = new Map<number, number>();
  const counts: number[] = [];
  const group = groups.map((label) => {
    let number = numbers.get(label);
    if (number === undefined) numbers.set(label, (number = counts.push(0) - 1));
    counts[number]! += 1;
    return number;
  });
  const begins = new Int32Array(counts.length + 1);
  counts.forEach((count, number) => (begins[number + 1] = begins[number]! + count));
  const columns = new Int32Array(groups.length);
  const next = begins.slice();
  group.forEach((number, row) => (columns[next[number]!++] = row));
  return { columns, starts: group.map((number) => begins[number]!), ends: group.map((number) => begins[number + 1]!) };
}

/** For each pair itself, when its score is above 0. */
function ownOf(labels: Float32Array): ColumnLists {
  const columns = new Int32Array(labels.length);
  const ends = new Int32Array(labels.length);
  for (let pair = 0; pair < labels.length; pair += 1) {
    columns[pair] = pair;
    ends[pair] = labels[pair]! > 0 ? pair + 1 : pair;
  }
  return { columns, starts: columns, ends };
}

/** For each pair what is of its own subgroup, of which nothing is known, and itself; null when there is only one subgroup. */
function unknownOf({ labels, subgroups }: HostTargets<"pair">, backwards: boolean): ColumnLists | null {
  if (subgroups.every((subgroup) => subgroup === subgroups[0])) return null;
  const count = labels.length;
  const [a, b] = [subgroups.subarray(0, count), subgroups.subarray(count)];
  const [queries, candidates] = backwards ? [b, a] : [a, b];
  const columns: number[] = [];
  const ends = queries.map((subgroup, pair) => {
    for (let column = 0; column < count; column += 1) {
      if (candidates[column] === subgroup || (column === pair && labels[pair]! > 0)) columns.push(column);
    }
    return columns.length;
  });
  return { columns: Int32Array.from(columns), starts: ends.map((_, pair) => (pair === 0 ? 0 : ends[pair - 1]!)), ends };
}

function transposed({ data, rows, size }: HostMatrix): HostMatrix {
  const turned = new Float32Array(data.length);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < size; column += 1) turned[column * rows + row] = data[row * size + column]!;
  }
  return { data: turned, rows: size, size: rows };
}
