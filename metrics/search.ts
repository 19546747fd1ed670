import type { HostTargets } from "../lib/contracts/index.js";
import type { HostMatrix } from "../lib/tensor/host.js";
import type { Ranking } from "../lib/tensor/nearest-ranking.js";
import type { RetrievalKind } from "./kind.js";

/** Who looks for whom. */
export type Search = Omit<Ranking, "depth">;

/** The targets of all batches so far, in the order of their rows. */
export interface Collected<K extends RetrievalKind> {
  readonly kind: K;
  /** `rows` rows, which follow those that are there. */
  append(targets: HostTargets<K>, rows: number): void;
  /** What is to be found among all rows. */
  search(matrix: HostMatrix): Search;
}
