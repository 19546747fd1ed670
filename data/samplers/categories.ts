import type { Group } from "../../lib/contracts/samples.js";
import type { Random } from "../../lib/random.js";
import type { BalanceShape } from "./balance-shape.js";
import { balancedBatches, balancedCount } from "./balanced.js";
import { groupTable, pickGroups, type GroupTable } from "./group-table.js";
import type { Positions } from "./plain.js";
import { RowDecks } from "./row-decks.js";

/** Groups put into larger classes: products by kind, letters by alphabet. */
export interface CategoryTable {
  readonly names: readonly Group[];
  /** The groups of each category. */
  readonly tables: readonly GroupTable[];
}

/** A batch of so many categories, with `groups` groups of each and `perGroup` rows of each of these. */
export interface CategoryShape extends BalanceShape {
  readonly categories: number;
}

/** Sorts groups into categories, both in first-seen order. */
export function categoryTable(table: GroupTable, categoryOf: (group: Group) => Group): CategoryTable {
  const { names, starts, rows } = groupTable(table.names.map(categoryOf));
  return {
    names,
    tables: names.map((_, category) => pickGroups(table, rows.subarray(starts[category], starts[category + 1]))),
  };
}

/** Batches of an epoch: enough that every category can show each of its rows. */
export function categoryCount(table: CategoryTable, shape: CategoryShape): number {
  return balancedCount(...drawsOf(table, shape));
}

/**
 * Batches of C different categories, each with P of its groups, each of these with K rows. A category is drawn as often as it takes to
 * show all of its rows, once a batch at most; one that is larger than the others together can fill shows another part each epoch. Where
 * a category has fewer groups than P, its groups share the places: some of them come with several times K rows.
 */
export function* categoryBatches(
  table: CategoryTable,
  shape: CategoryShape,
  random: Random,
): Generator<Positions, void, undefined> {
  const [draws, drawn] = drawsOf(table, shape);
  const owners = draws.names.flatMap((_, category) =>
    new Array<number>(draws.starts[category + 1]! - draws.starts[category]!).fill(category),
  );
  const parts = table.tables.map((groups) => partsOf(groups, shape, random));
  for (const chosen of balancedBatches(draws, drawn, random)) {
    const rows: number[] = [];
    for (const draw of Array.from(chosen)) rows.push(...Array.from(parts[owners[draw]!]!.next().value));
    yield rows;
  }
}

/** Draws of categories in the form of rows of groups. */
function drawsOf(
  { tables }: CategoryTable,
  { categories, groups, perGroup, batches }: CategoryShape,
): [GroupTable, BalanceShape] {
  const counts = tables.map((table) =>
    balancedCount(table, { groups: Math.min(groups, table.names.length), perGroup }),
  );
  const draws = groupTable(counts.flatMap((count, category) => new Array<number>(count).fill(category)));
  return [draws, { groups: categories, perGroup: 1, ...(batches === undefined ? {} : { batches }) }];
}

/** What a category gives to one batch after another, without end. */
function* partsOf(table: GroupTable, { groups, perGroup }: BalanceShape, random: Random): Generator<Positions, never> {
  const own = table.names.length;
  if (own >= groups) {
    for (;;) yield* balancedBatches(table, { groups, perGroup }, random);
  }
  const decks = new RowDecks(table, random);
  for (;;) {
    const order = random.shuffle(Int32Array.from({ length: own }, (_, group) => group));
    const rows: number[] = [];
    order.forEach((group, place) => {
      decks.deal(group, perGroup * Math.ceil((groups - place) / own), rows);
    });
    yield rows;
  }
}
