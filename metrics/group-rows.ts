import type { HostTargets } from "../lib/contracts/index.js";
import type { RowSet } from "../lib/tensor/nearest-rows.js";
import type { HostMatrix } from "../lib/tensor/host.js";
import type { Collected, Search } from "./search.js";

/** Group labels of all rows so far: each row looks for the others of its group among all rows but itself. */
export class GroupRows implements Collected<"group"> {
  readonly kind = "group";
  readonly #groups: number[] = [];

  append({ groups }: HostTargets<"group">): void {
    for (const group of groups) this.#groups.push(group);
  }

  search(matrix: HostMatrix): Search {
    const members = new Map<number, number[]>();
    this.#groups.forEach((group, row) => {
      const known = members.get(group);
      if (known === undefined) members.set(group, [row]);
      else known.push(row);
    });
    // Groups lie together, so that each is one run.
    const rows = new Int32Array(this.#groups.length);
    const runs = new Array<Int32Array>(rows.length);
    let start = 0;
    for (const group of members.values()) {
      rows.set(group, start);
      runs.fill(Int32Array.of(start, start + group.length), start, start + group.length);
      start += group.length;
    }
    const set: RowSet = { matrix, rows };
    return {
      queries: set,
      candidates: set,
      skipped: (query) => runs[query]!,
      relevant: (query) => {
        const [from, to] = runs[query] as unknown as readonly [number, number];
        return Int32Array.of(from, query, query + 1, to);
      },
    };
  }
}
