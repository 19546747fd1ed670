import type { Group } from "../../lib/contracts/samples.js";

/** Which samples belong to which group. */
export interface GroupTable {
  /** In first-seen order. */
  readonly names: readonly Group[];
  /** The positions of group g are `rows[starts[g]]` to `rows[starts[g + 1] - 1]`, in their order. */
  readonly starts: Int32Array;
  readonly rows: Int32Array;
}

/** Collects the group of every sample, in order. */
export function groupTable(groups: Iterable<Group>): GroupTable {
  const numbers = new Map<Group, number>();
  const groupOf: number[] = [];
  const sizes: number[] = [];
  for (const group of groups) {
    let number = numbers.get(group);
    if (number === undefined) {
      number = numbers.size;
      numbers.set(group, number);
      sizes.push(0);
    }
    groupOf.push(number);
    sizes[number] = sizes[number]! + 1;
  }
  const starts = new Int32Array(sizes.length + 1);
  sizes.forEach((size, group) => {
    starts[group + 1] = starts[group]! + size;
  });
  const next = starts.slice();
  const rows = new Int32Array(groupOf.length);
  groupOf.forEach((group, position) => {
    rows[next[group]!] = position;
    next[group] = next[group]! + 1;
  });
  return { names: [...numbers.keys()], starts, rows };
}

export function groupSizes({ starts }: GroupTable): Int32Array {
  return Int32Array.from({ length: starts.length - 1 }, (_, group) => starts[group + 1]! - starts[group]!);
}

/** The table without some groups. */
export function keepGroups(table: GroupTable, keep: (size: number) => boolean): GroupTable {
  const sizes = groupSizes(table);
  return pickGroups(
    table,
    [...sizes.keys()].filter((group) => keep(sizes[group]!)),
  );
}

/** The table of some groups only. */
export function pickGroups(table: GroupTable, groups: Iterable<number>): GroupTable {
  const kept = [...groups];
  const sizes = groupSizes(table);
  const starts = new Int32Array(kept.length + 1);
  const rows = new Int32Array(kept.reduce((sum, group) => sum + sizes[group]!, 0));
  kept.forEach((group, place) => {
    rows.set(table.rows.subarray(table.starts[group], table.starts[group + 1]), starts[place]);
    starts[place + 1] = starts[place]! + sizes[group]!;
  });
  return { names: kept.map((group) => table.names[group]!), starts, rows };
}

/** The table with the first rows of each group only. */
export function shortenGroups(table: GroupTable, most: number): GroupTable {
  const sizes = groupSizes(table).map((size) => Math.min(size, most));
  const starts = new Int32Array(sizes.length + 1);
  sizes.forEach((size, group) => {
    starts[group + 1] = starts[group]! + size;
  });
  const rows = new Int32Array(starts.at(-1) ?? 0);
  sizes.forEach((size, group) => {
    const first = table.starts[group]!;
    rows.set(table.rows.subarray(first, first + size), starts[group]);
  });
  return { names: table.names, starts, rows };
}
