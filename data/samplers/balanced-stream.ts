import type { Group } from "../../lib/contracts/samples.js";
import type { Random } from "../../lib/random.js";
import type { BalanceShape } from "./balance-shape.js";
import { balancedBatches } from "./balanced.js";
import { groupTable, type GroupTable } from "./group-table.js";
import { WeightedDraw } from "./weighted-draw.js";

/** What balanced batches of a stream depend on. */
export interface StreamBalance<S> {
  readonly groupOf: (sample: S) => Group;
  /** Samples held. */
  readonly bufferSize: number;
  /** Checks the groups that are held and chooses the shape; `whole` says that the buffer holds the whole stream. */
  readonly prepare: (held: GroupTable, whole: boolean) => { readonly table: GroupTable; readonly shape: BalanceShape };
}

/**
 * Balanced batches of a stream, as far as a bounded memory allows. A stream that fits into the buffer is treated like an array. Of a
 * longer one, whenever the buffer is full a batch takes rows of groups that are held with enough of them, larger groups more often;
 * when too few groups are, rows of the largest others are repeated.
 */
export async function* collectBalanced<S>(
  samples: AsyncIterable<S>,
  { groupOf, bufferSize, prepare }: StreamBalance<S>,
  random: Random,
): AsyncGenerator<readonly S[], void, undefined> {
  const held = new Map<Group, S[]>();
  let count = 0;
  let shape: BalanceShape | null = null;
  for await (const sample of samples) {
    const group = groupOf(sample);
    const rows = held.get(group);
    if (rows === undefined) held.set(group, [sample]);
    else rows.push(sample);
    count += 1;
    if (count <= bufferSize) continue;
    shape ??= prepare(tableOf(held), false).shape;
    const batch: S[] = [];
    for (const chosen of chooseGroups(held, shape, random)) {
      count -= takeRows(held, chosen, shape.perGroup, batch, random);
    }
    yield batch;
  }
  if (count === 0 || (shape !== null && held.size < 2)) return;
  const rest = [...held.values()].flat();
  const { table, shape: chosen } = prepare(groupTable(rest.map(groupOf)), shape === null);
  for (const positions of balancedBatches(table, fitting(shape ?? chosen, table), random)) {
    yield Array.from(positions, (position) => rest[position]!);
  }
}

function tableOf<S>(held: ReadonlyMap<Group, readonly S[]>): GroupTable {
  return groupTable([...held].flatMap(([group, rows]) => rows.map(() => group)));
}

function fitting(shape: BalanceShape, { names }: GroupTable): BalanceShape {
  return { ...shape, groups: Math.min(shape.groups, names.length) };
}

function chooseGroups<S>(
  held: ReadonlyMap<Group, readonly S[]>,
  { groups, perGroup }: BalanceShape,
  random: Random,
): Group[] {
  const enough = [...held].filter(([, rows]) => rows.length >= perGroup);
  if (enough.length < groups) {
    const bySize = [...held].sort(([, left], [, right]) => right.length - left.length);
    return bySize.slice(0, groups).map(([group]) => group);
  }
  const weights = enough.map(([, rows]) => Math.floor(rows.length / perGroup));
  const urn = new WeightedDraw(weights);
  return Array.from({ length: groups }, () => {
    const drawn = urn.draw(random);
    urn.add(drawn, -weights[drawn]!);
    return enough[drawn]![0];
  });
}

/** Moves rows of a group to the batch, repeating them when there are too few; answers how many are no longer held. */
function takeRows<S>(held: Map<Group, S[]>, group: Group, count: number, batch: S[], random: Random): number {
  const rows = held.get(group)!;
  const taken: S[] = [];
  while (taken.length < count && rows.length > 0) {
    const place = random.integer(rows.length);
    taken.push(rows[place]!);
    rows[place] = rows.at(-1)!;
    rows.pop();
  }
  if (rows.length === 0) held.delete(group);
  for (let i = 0; i < count; i += 1) batch.push(taken[i % taken.length]!);
  return taken.length;
}
