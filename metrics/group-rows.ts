import type { GroupRelation, Group, HostTargets } from "../lib/contracts/index.js";
import { LabelRuns } from "../lib/tensor/label-runs.js";
import type { RowSet, Runs } from "../lib/tensor/nearest-rows.js";
import type { HostMatrix } from "../lib/tensor/host.js";
import { unionOfRuns, withoutRuns } from "../lib/tensor/runs.js";
import type { Collected, Search } from "./search.js";

/** Which groups should find each other, by their labels. */
export interface RelatedGroups {
  readonly relation: GroupRelation;
  labelOf(group: number): Group;
}

/**
 * Group labels of all rows so far: each row looks for the others of its group, or of the groups that are relevant to it, among all rows
 * but itself.
 */
export class GroupRows implements Collected<"group"> {
  readonly kind = "group";
  readonly #groups: number[] = [];
  readonly #related: RelatedGroups | null;

  constructor(related: RelatedGroups | null) {
    this.#related = related;
  }

  append({ groups }: HostTargets<"group">): void {
    for (const group of groups) this.#groups.push(group);
  }

  groupOf(row: number): number {
    return this.#groups[row]!;
  }

  search(matrix: HostMatrix): Search {
    // Groups lie together, so that each is one run.
    const places = new LabelRuns(this.#groups);
    const set: RowSet = { matrix, rows: places.order };
    const found = this.#foundBy(places);
    const runs = Array.from(places.order, (row) => found.get(this.#groups[row]!)!);
    const own = (query: number): Runs => Int32Array.of(query, query + 1);
    return {
      queries: set,
      // What finds need not be found by it: then no product serves both its rows.
      candidates: this.#related === null ? set : { ...set },
      skipped: (query) => (this.#related === null ? runs[query]! : unionOfRuns(runs[query]!, own(query))),
      relevant: (query) => withoutRuns(runs[query]!, own(query)),
    };
  }

  /** What the rows of each group should find, themselves perhaps included. */
  #foundBy(places: LabelRuns<number>): ReadonlyMap<number, Runs> {
    const related = this.#related;
    const groups = [...places.labels];
    if (related === null) return new Map(groups.map((group) => [group, places.of(group)]));
    return new Map(
      groups.map((group) => {
        const label = related.labelOf(group);
        return [group, places.where((other) => related.relation(label, related.labelOf(other)))];
      }),
    );
  }
}
