import type { Distance, GroupRelation } from "../lib/contracts/index.js";
import { callback, oneOf, refuse, unknownOptions, wholeNumber, type Problem } from "../lib/contracts/options.js";
import type { DistanceName } from "../lib/distances/index.js";
import type { PairDirection } from "./pair-rows.js";

/** Options of every retrieval metric. */
export interface RetrievalMetricOptions {
  /** By default that of the loss; cosine when there is none. */
  readonly distance?: DistanceName | Distance;
  /**
   * For pairs: which items are queries and which are searched. "a-to-b" (default): every `a` among all `b`s; "b-to-a"; "both": every
   * item among all other items.
   */
  readonly direction?: PairDirection;
  /** How many queries are asked, drawn at random; everything is searched all the same. Null (default) for all. */
  readonly sample?: number | null;
  /** Of that draw. Default 0. */
  readonly seed?: number;
  /**
   * For groups: whether a row of the first group should find a row of the second, by their labels. Default: when they are equal. It is
   * asked once for each two groups, g² times for g groups, and every row is then compared with every other in both directions, which
   * takes up to twice the time.
   */
  readonly relevant?: GroupRelation;
  /**
   * "queries" (default): every query counts the same; "groups", for groups alone: the mean of each group first, so that every group
   * counts the same.
   */
  readonly meanOf?: "queries" | "groups";
}

/** What is wrong with the options of a retrieval metric that has these of its own. */
export function refuseOptions(
  who: string,
  options: object,
  own: readonly string[],
  problems: readonly Problem[],
): void {
  const given = options as RetrievalMetricOptions;
  const { direction = "a-to-b", sample = null, seed = 0, relevant, meanOf = "queries" } = given;
  refuse(who, [
    ...problems,
    oneOf("direction", direction, ["a-to-b", "b-to-a", "both"]),
    sample === null ? null : wholeNumber("sample", sample, 1),
    Number.isFinite(seed) ? null : "seed: expected a number",
    relevant === undefined ? null : callback("relevant", relevant),
    oneOf("meanOf", meanOf, ["queries", "groups"]),
    ...unknownOptions(options, [...own, "distance", "direction", "sample", "seed", "relevant", "meanOf"]),
  ]);
}
