import type { Group } from "../../lib/contracts/samples.js";
import { DataError } from "../../lib/errors.js";
import { groupSizes, keepGroups, type GroupTable } from "../samplers/group-table.js";

/** What is done with groups that have one sample only. */
export type Singles = "error" | "repeat" | "skip";

/**
 * The groups that balanced batches are made of.
 * @throws DataError naming those with one sample, when they are errors.
 */
export function withoutSingles(who: string, table: GroupTable, singles: Singles): GroupTable {
  if (singles === "repeat") return table;
  if (singles === "skip") return keepGroups(table, (size) => size > 1);
  const sizes = groupSizes(table);
  const alone = table.names.filter((_, group) => sizes[group] === 1);
  if (alone.length === 0) return table;
  throw new DataError(
    `${who}: ${alone.length} of ${table.names.length} groups ${alone.length === 1 ? "has" : "have"} one sample only ` +
      `(${listed(alone)}), and balanced batches compare samples of a group with each other. Add samples; or leave these groups ` +
      `out: balance: { singles: "skip" }; or repeat their samples: balance: { singles: "repeat" }; or give balance: false`,
  );
}

/** The first ten, for a message. */
export function listed(groups: readonly Group[]): string {
  const shown = groups.slice(0, 10).map((group) => JSON.stringify(group));
  return shown.join(", ") + (groups.length > shown.length ? ", …" : "");
}
