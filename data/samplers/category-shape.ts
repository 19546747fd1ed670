import { DataError } from "../../lib/errors.js";
import type { CategoryShape, CategoryTable } from "./categories.js";
import { groupSizes } from "./group-table.js";

/**
 * Chooses what was not asked for. Rows per group: 4 in batches of 16 or more when most groups have that many rows, else 2. Groups of a
 * category: as many as fit, and no more than every category has, or than the typical one has when those with fewer are `allowed`.
 *
 * @throws DataError when there are fewer categories than asked for, or a batch would have one group only.
 */
export function categoryShape(
  who: string,
  asked: Partial<CategoryShape> & { readonly categories: number },
  { batchSize, allowed }: { readonly batchSize: number; readonly allowed: boolean },
  { names, tables }: CategoryTable,
): CategoryShape {
  const { categories } = asked;
  if (categories > names.length) {
    throw new DataError(
      `${who}: balance.categories.perBatch is ${categories} and there ${names.length === 1 ? "is" : "are"} ${names.length} ` +
        `to choose from; ask for fewer categories a batch`,
    );
  }
  const sizes = tables.flatMap((table) => [...groupSizes(table)]).sort((one, other) => one - other);
  const counts = tables.map((table) => table.names.length).sort((one, other) => one - other);
  const perGroup =
    asked.perGroup ??
    (asked.groups === undefined
      ? batchSize >= 16 && sizes[sizes.length >> 1]! >= 4
        ? 4
        : 2
      : Math.max(2, Math.floor(batchSize / (categories * asked.groups))));
  const fitting = Math.max(1, Math.floor(batchSize / (categories * perGroup)));
  const groups = asked.groups ?? Math.min(fitting, allowed ? counts[counts.length >> 1]! : counts[0]!);
  const least = categories === 1 ? Math.min(groups, counts[0]!) : categories * groups;
  if (least < 2) {
    throw new DataError(
      `${who}: a batch of one category needs two groups or more, and there is a category with one only; give ` +
        `balance.categories.perBatch: 2, or leave out such categories: groups: 2 and categories: { short: "skip" }`,
    );
  }
  return { categories, groups, perGroup, ...(asked.batches === undefined ? {} : { batches: asked.batches }) };
}
