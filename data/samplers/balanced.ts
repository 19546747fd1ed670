import type { Random } from "../../lib/random.js";
import type { BalanceShape } from "./balance-shape.js";
import { groupSizes, type GroupTable } from "./group-table.js";
import type { Positions } from "./plain.js";
import { RowDecks } from "./row-decks.js";
import { WeightedDraw } from "./weighted-draw.js";

/** Batches of an epoch: as many as are asked for, or enough that every group can show each of its rows. */
export function balancedCount(table: GroupTable, { groups, perGroup, batches }: BalanceShape): number {
  if (batches !== undefined) return batches;
  const slots = groupSizes(table).reduce((sum, size) => sum + Math.ceil(size / perGroup), 0);
  return Math.max(1, Math.ceil(slots / groups));
}

/**
 * Balanced batches: P different groups with K rows each. A group of n rows is drawn `ceil(n / K)` times an epoch, so that each of its
 * rows comes once and only the last draw is filled up with some of its rows again. No group comes twice in a batch: one that is larger
 * than K times the number of batches shows another part of its rows each epoch. Draws left over go to groups at random. With a number of
 * batches asked for, all groups are drawn equally often instead.
 */
export function* balancedBatches(
  table: GroupTable,
  shape: BalanceShape,
  random: Random,
): Generator<Positions, void, undefined> {
  const count = balancedCount(table, shape);
  const left = planDraws(table, shape, count, random);
  const decks = new RowDecks(table, random);
  const urn = new WeightedDraw(left);
  // A group that has as many draws left as there are batches must be in each of them. `due` holds the groups that would come to that
  // at a batch if they were not drawn before; one that was drawn meanwhile is put off.
  const due = new Map<number, number[]>();
  left.forEach((draws, group) => {
    put(due, count - draws, group);
  });
  for (let position = 0; position < count; position += 1) {
    const chosen: number[] = [];
    const choose = (group: number): void => {
      urn.add(group, -left[group]!);
      left[group] = left[group]! - 1;
      chosen.push(group);
    };
    for (const group of due.get(position) ?? []) {
      const latest = count - left[group]!;
      if (latest === position) {
        choose(group);
        put(due, position + 1, group);
      } else put(due, latest, group);
    }
    due.delete(position);
    while (chosen.length < shape.groups) choose(urn.draw(random));
    const rows: number[] = [];
    for (const group of chosen) {
      urn.add(group, left[group]!);
      decks.deal(group, shape.perGroup, rows);
    }
    yield rows;
  }
}

/** How often each group is drawn: together as often as there are places, each at most once a batch. */
function planDraws(table: GroupTable, shape: BalanceShape, count: number, random: Random): Int32Array {
  const { groups, perGroup, batches } = shape;
  const draws = groupSizes(table).map((size) =>
    batches === undefined ? Math.min(count, Math.ceil(size / perGroup)) : 0,
  );
  let places = groups * count - draws.reduce((sum, number) => sum + number, 0);
  const order = random.shuffle(Int32Array.from(draws.keys()));
  while (places > 0) {
    for (const group of order) {
      if (places > 0 && draws[group]! < count) {
        draws[group] = draws[group]! + 1;
        places -= 1;
      }
    }
  }
  return draws;
}

function put(due: Map<number, number[]>, position: number, group: number): void {
  const groups = due.get(position);
  if (groups === undefined) due.set(position, [group]);
  else groups.push(group);
}
