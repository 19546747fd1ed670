import type { Group } from "../../lib/contracts/samples.js";
import { DataError } from "../../lib/errors.js";
import { pickGroups, shortenGroups, type GroupTable } from "../samplers/group-table.js";
import { listed } from "./singles.js";

/** Which rows balanced batches are made of. */
export interface ChosenRows {
  /** Groups; null = all. */
  readonly only: readonly Group[] | null;
  /** The first so many rows of each group; null = all. */
  readonly mostPerGroup: number | null;
}

/** @throws DataError naming groups that there are not. */
export function chosenRows(who: string, table: GroupTable, { only, mostPerGroup }: ChosenRows): GroupTable {
  const kept = only === null ? table : pickGroups(table, placesOf(who, table, only));
  return mostPerGroup === null ? kept : shortenGroups(kept, mostPerGroup);
}

function placesOf(who: string, { names }: GroupTable, only: readonly Group[]): readonly number[] {
  const places = new Map(names.map((name, place) => [name, place]));
  const missing = only.filter((group) => !places.has(group));
  if (missing.length === 0) return [...new Set(only)].map((group) => places.get(group)!);
  throw new DataError(
    `${who}: balance.only names ${missing.length} groups that no sample is of (${listed(missing)}); a number and a text that reads ` +
      `the same are different groups`,
  );
}
