import type { OnnxBuilder, Operand } from "../builder.js";
import { binary, cast, unary, where } from "../operations.js";
import { zerosLike } from "./places.js";

/** Behind every distance. */
const NEVER = -1e30;

/** What positives and negatives of rows are known by; `[n, m]` where nothing else is said. */
export interface Pairs {
  /** At the places of positives, how far away a negative still counts, or from where on. */
  readonly bounds: Operand;
  readonly distances: Operand;
  readonly isPositive: Operand;
  readonly isNegative: Operand;
  /** `[1]` float32, how many positives the row with the most has. */
  readonly most: Operand;
}

/** Counts of triplets, as `tripletCounts` gives them: positives are moved to their bounds, and every negative behind one is in its triplet. */
export function countsBySorting(g: OnnxBuilder, pairs: Pairs): Operand {
  const columns = sorted(g, pairs);
  const [isPositive, isNegative] = [pairs.isPositive, pairs.isNegative].map((mask) =>
    along(g, "GatherElements", [cast(g, mask, "float32"), columns]),
  ) as [Operand, Operand];
  const all = g.add("ReduceSum", [isNegative, g.integers([1])], {
    ...{ type: "float32", shape: [columns.shape[0] as number, 1] },
  });
  const behind = binary(g, "Sub", all, summed(g, isNegative));
  const ofPositives = binary(g, "Mul", isPositive, behind);
  const ofNegatives = binary(g, "Mul", isNegative, summed(g, isPositive));
  return along(g, "ScatterElements", [zerosLike(g, behind), columns, binary(g, "Sub", ofPositives, ofNegatives)]);
}

/**
 * Columns of semi-hard negatives, as `semiHardNegatives` gives them: the rank of the last negative before a positive is that of the
 * nearest farther one; where there is none, that of the farthest.
 */
export function semiHardBySorting(g: OnnxBuilder, pairs: Pairs): Operand {
  const columns = sorted(g, pairs);
  const isNegative = along(g, "GatherElements", [cast(g, pairs.isNegative, "float32"), columns]);
  const rank = cast(g, unary(g, "Relu", binary(g, "Sub", summed(g, isNegative), g.scalar(1))), "int32");
  const own = binary(g, "Mul", cast(g, columns, "float32"), isNegative);
  const columnOfRank = along(g, "ScatterElements", [zerosLike(g, own), rank, own], { reduction: "add" });
  const chosen = along(g, "GatherElements", [columnOfRank, rank]);
  return along(g, "ScatterElements", [columnOfRank, columns, chosen]);
}

/** `[n, m]` int32, columns from the farthest to the nearest; what is not a number counts as 0. */
function sorted(g: OnnxBuilder, { bounds, distances, isPositive, isNegative }: Pairs): Operand {
  const { shape } = bounds;
  const keys = where(g, isPositive, bounds, where(g, isNegative, distances, g.scalar(NEVER)));
  const isNumber = unary(g, "Not", g.add("IsNaN", [keys], { type: "bool", shape }));
  const size = g.add("Shape", [keys], { type: "int64", shape: [1] }, { start: 1n, end: 2n });
  const [, columns] = g.addAll(
    "TopK",
    [where(g, isNumber, keys, g.scalar(0)), size],
    [
      { type: "float32", shape },
      { type: "int64", shape },
    ],
  ) as [Operand, Operand];
  return cast(g, columns, "int32");
}

/** Sums from the left. */
function summed(g: OnnxBuilder, x: Operand): Operand {
  return g.add("CumSum", [x, g.scalar(1, "int32")], x);
}

/** An operation along the rows of its first input. */
function along(
  g: OnnxBuilder,
  operator: "GatherElements" | "ScatterElements",
  inputs: readonly [x: Operand, columns: Operand, updates?: Operand],
  settings: { readonly reduction?: "add" } = {},
): Operand {
  const [{ type }, { shape }] = inputs;
  return g.add(
    operator,
    inputs.map((x) => x as Operand),
    { type, shape },
    { axis: 1n, ...settings },
  );
}
