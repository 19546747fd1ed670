import type { HostTargets } from "../lib/contracts/index.js";
import type { HostMatrix } from "../lib/tensor/host.js";
import type { Collected, Search } from "./search.js";

/** Anchors of all tuples so far: each looks for its positives among the positives and negatives of all. */
export class TupleRows implements Collected<"tuple"> {
  readonly kind = "tuple";
  /** Rows of the anchors, and of the positives and negatives of each. */
  readonly #anchors: number[] = [];
  readonly #positives: number[][] = [];
  readonly #negatives: number[][] = [];
  /** What each positive is worth. */
  readonly #gains: number[][] = [];
  #rows = 0;

  append({ positiveOwners, negativeOwners, scores }: HostTargets<"tuple">, rows: number): void {
    const anchors = rows - positiveOwners.length - negativeOwners.length;
    const first = this.#anchors.length;
    for (let anchor = 0; anchor < anchors; anchor += 1) {
      this.#anchors.push(this.#rows + anchor);
      this.#positives.push([]);
      this.#negatives.push([]);
      this.#gains.push([]);
    }
    let row = this.#rows + anchors;
    positiveOwners.forEach((owner, at) => {
      this.#positives[first + owner]!.push(row++);
      this.#gains[first + owner]!.push(scores[at]!);
    });
    for (const owner of negativeOwners) this.#negatives[first + owner]!.push(row++);
    this.#rows += rows;
  }

  search(matrix: HostMatrix): Search {
    const rows = this.#positives.flatMap((positives, anchor) => [...positives, ...this.#negatives[anchor]!]);
    let start = 0;
    const runs = this.#positives.map((positives, anchor) => {
      const run = Int32Array.of(start, start + positives.length);
      start += positives.length + this.#negatives[anchor]!.length;
      return run;
    });
    return {
      queries: { matrix, rows: Int32Array.from(this.#anchors) },
      candidates: { matrix, rows: Int32Array.from(rows) },
      relevant: (query) => runs[query]!,
      skipped: (query) => runs[query]!,
      gains: (query) => Float64Array.from(this.#gains[query]!),
    };
  }
}
