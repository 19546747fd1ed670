import type { OnnxBuilder, Operand } from "../builder.js";
import { input, shapeOf, type KernelCall, type Lowerings } from "../lowering.js";
import { binary, cast, reduce, where } from "../operations.js";
import { choose, subgraph } from "../subgraph.js";
import { positionInRows } from "./extremes.js";
import { atPlaces, ownColumns, turned, upright, zerosLike } from "./places.js";
import { countsBySorting, semiHardBySorting, type Pairs } from "./sorted-rows.js";

/** Positives of a row up to which looking at one after the other is faster than sorting. */
const FEW = { counts: 64, semiHard: 48 } as const;
/** Farther than everything. */
const FAR = 1e30;

/** Kernels that look at the positives of rows. */
export const fewPositivesLowerings: Lowerings = {
  TripletCounts: (g, call) => byPositives(g, call, FEW.counts, countsInTurn, countsBySorting),
  SemiHardNegatives: (g, call) => byPositives(g, call, FEW.semiHard, semiHardInTurn, semiHardBySorting),
};

type Way = (g: OnnxBuilder, pairs: Pairs) => Operand;

function byPositives(g: OnnxBuilder, call: KernelCall, limit: number, few: Way, many: Way): Operand {
  const [bounds, distances, positives, negatives] = [0, 1, 2, 3].map((at) => input(call, at)) as [
    ...[Operand, Operand, Operand, Operand],
  ];
  const shape = shapeOf(call);
  const [isPositive, isNegative] = [positives, negatives].map((mask) =>
    binary(g, "Greater", mask, g.scalar(0), "bool"),
  ) as [Operand, Operand];
  const most = reduce(g, "ReduceMax", reduce(g, "ReduceSum", cast(g, isPositive, "float32"), [1], false), [0], true);
  const isFew = binary(g, "LessOrEqual", most, g.scalar(limit), "bool");
  const shared = [bounds, distances, isPositive, isNegative, most];
  const of = (way: Way) => (inner: OnnxBuilder, given: readonly Operand[]) => [way(inner, named(given))];
  const [found] = choose(g, isFew, shared, [{ type: "float32", shape }], { then: of(few), otherwise: of(many) });
  return found as Operand;
}

function named(shared: readonly Operand[]): Pairs {
  const [bounds, distances, isPositive, isNegative, most] = shared as [Operand, Operand, Operand, Operand, Operand];
  return { bounds, distances, isPositive, isNegative, most };
}

/** Counts of triplets, as `tripletCounts` gives them, with one matrix of comparisons for each positive of a row. */
function countsInTurn(g: OnnxBuilder, pairs: Pairs): Operand {
  const { bounds, columns, near } = inTurn(g, pairs);
  const zeros = zerosLike(g, near);
  const [n] = near.shape as [number];
  const row = { type: "float32", shape: [n] } as const;
  const body = subgraph(g, `${near.name}/turns`, {
    given: [near, row],
    shared: [near],
    write: (inner, given, [distances]) => {
      const [negatives, bound] = given as [Operand, Operand];
      const below = cast(inner, binary(inner, "Less", distances as Operand, upright(inner, bound), "bool"), "float32");
      const count = inner.add("ReduceSum", [below, inner.integers([1])], row, { keepdims: 0n });
      return [binary(inner, "Add", negatives, below), count];
    },
  });
  const [ofNegatives, counts] = g.addAll("Scan", [zeros, bounds, near], [near, bounds], {
    ...{ body: { graph: body }, num_scan_inputs: 1n },
  }) as [Operand, Operand];
  return binary(g, "Sub", atPlaces(g, zeros, columns, counts), ofNegatives);
}

/** Columns of semi-hard negatives, as `semiHardNegatives` gives them, with one search for each positive of a row. */
function semiHardInTurn(g: OnnxBuilder, pairs: Pairs): Operand {
  const { bounds, columns, near } = inTurn(g, pairs);
  const { position: farthest } = positionInRows(g, where(g, pairs.isNegative, pairs.distances, g.scalar(-FAR)), "Max");
  const [n] = near.shape as [number];
  const body = subgraph(g, `${near.name}/turns`, {
    given: [{ type: "float32", shape: [n] }],
    shared: [near, farthest],
    write: (inner, given, shared) => {
      const [bound] = given as [Operand];
      const [distances, instead] = shared as [Operand, Operand];
      const isFarther = binary(inner, "Greater", distances, upright(inner, bound), "bool");
      const farther = where(inner, isFarther, distances, inner.scalar(FAR));
      const { position, value } = positionInRows(inner, farther, "Min");
      const isThere = binary(inner, "Less", value, inner.scalar(FAR / 2), "bool");
      return [cast(inner, where(inner, isThere, position, instead), "float32")];
    },
  });
  const found = g.add("Scan", [bounds, near, farthest], bounds, { body: { graph: body }, num_scan_inputs: 1n });
  // Elsewhere every place has its own column: to add up many numbers in one takes the gradient its time.
  return atPlaces(g, ownColumns(g, near), columns, found);
}

/**
 * `[k, n]`, the bound of each row's first positive, second and so on, below everything where there is none; their columns `[n, k]`, and
 * `[n, m]`, the distances of negatives and `FAR` elsewhere. Of k the largest possible is written.
 */
function inTurn(
  g: OnnxBuilder,
  { bounds, distances, isPositive, isNegative, most }: Pairs,
): { readonly bounds: Operand; readonly columns: Operand; readonly near: Operand } {
  const { shape } = bounds;
  const count = cast(g, binary(g, "Max", most, g.scalar(1)), "int64");
  const [values, columns] = g.addAll(
    "TopK",
    [where(g, isPositive, bounds, g.scalar(-FAR)), count],
    [
      { type: "float32", shape },
      { type: "int64", shape },
    ],
  ) as [Operand, Operand];
  return { bounds: turned(g, values), columns, near: where(g, isNegative, distances, g.scalar(FAR)) };
}
