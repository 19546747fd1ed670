import { UsageError } from "../errors.js";
import { show } from "../show.js";
import type { Group } from "./samples.js";

/**
 * Whether an item of the first group should find an item of the second. Need not be symmetric: a query "poodle" may find any "dog".
 * By default groups are compared with `===`.
 */
export type GroupRelation = (query: Group, candidate: Group) => boolean;

/** The same relation, which says so when a user's function gives something else than true or false. */
export function checkedRelation(who: string, relation: GroupRelation): GroupRelation {
  return (query, candidate) => {
    const found: unknown = relation(query, candidate);
    if (typeof found === "boolean") return found;
    throw new UsageError(
      `${who}: relevant(${show(query)}, ${show(candidate)}) must return true or false, got ${show(found)}`,
    );
  };
}
