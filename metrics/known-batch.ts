import type { HostTargets } from "../lib/contracts/index.js";
import type { HostMatrix } from "../lib/tensor/host.js";
import type { KnownRanking } from "../lib/tensor/known-ranks.js";
import type { NamedTargets } from "./kind.js";

/** One batch whose similarities are known, with who looks for whom. */
export interface KnownBatch extends Omit<KnownRanking, "depth"> {
  /** A row for each query. */
  readonly similarities: HostMatrix;
}

/** A group batch, or a pair batch in one direction; other batches take more than these similarities, which is null. */
export function knownBatch(named: NamedTargets, similarities: HostMatrix, backwards: boolean): KnownBatch | null {
  if (named.kind === "group") return { similarities, ...amongGroups(named.targets) };
  if (named.kind !== "pair") return null;
  return {
    similarities: backwards ? transposed(similarities) : similarities,
    ...amongPairs(named.targets, backwards),
  };
}

function amongGroups({ groups }: HostTargets<"group">): Omit<KnownBatch, "similarities"> {
  const rowsOf = new Map<number, number[]>();
  groups.forEach((group, row) => {
    const known = rowsOf.get(group);
    if (known === undefined) rowsOf.set(group, [row]);
    else known.push(row);
  });
  const members = new Map([...rowsOf].map(([group, rows]) => [group, Int32Array.from(rows)]));
  const skipped = (row: number): Int32Array => members.get(groups[row]!) as Int32Array;
  return { skipped, relevant: (row) => skipped(row).filter((other) => other !== row) };
}

/** Of the others in its own subgroup nothing is known, unless there is only one subgroup. */
function amongPairs({ labels, subgroups }: HostTargets<"pair">, backwards: boolean): Omit<KnownBatch, "similarities"> {
  const count = labels.length;
  const [a, b] = [subgroups.subarray(0, count), subgroups.subarray(count)];
  const [queries, candidates] = backwards ? [b, a] : [a, b];
  const one = subgroups.every((subgroup) => subgroup === subgroups[0]);
  const places = Int32Array.from(labels.keys());
  const relevant = (pair: number): Int32Array => (labels[pair]! > 0 ? Int32Array.of(pair) : new Int32Array());
  return {
    relevant,
    skipped: (pair) =>
      one
        ? relevant(pair)
        : places.filter((place) => candidates[place] === queries[pair] || (place === pair && labels[pair]! > 0)),
  };
}

function transposed({ data, rows, size }: HostMatrix): HostMatrix {
  const turned = new Float32Array(data.length);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < size; column += 1) turned[column * rows + row] = data[row * size + column]!;
  }
  return { data: turned, rows: size, size: rows };
}
