import type { OnnxBuilder, Operand } from "../builder.js";
import { input, type KernelCall, type Lowerings } from "../lowering.js";
import { binary, cast, reduce } from "../operations.js";
import { subgraph } from "../subgraph.js";
import { atPlaces, turned, upright, zerosLike } from "./places.js";

/** Kernels that count triplets. */
export const tripletLowerings: Lowerings = {
  TripletsBelow: (g, call) => tripletsBelow(g, call),
};

/**
 * Place by place of positives in rows sorted by bound, as many as the row with the most positives has: one matrix of distances to the
 * negatives at a time.
 */
function tripletsBelow(g: OnnxBuilder, call: KernelCall): readonly Operand[] {
  const [bounds, near, among] = [input(call, 0), input(call, 1), input(call, 2)];
  const { shape } = bounds;
  const [n] = shape as [number];
  const isPositive = cast(g, binary(g, "Greater", bounds, g.scalar(0), "bool"), "int64");
  const inRows = reduce(g, "ReduceSum", isPositive, [1], false);
  const most = g.add("Max", [reduce(g, "ReduceMax", inRows, [0], true), g.integers([1])], {
    type: "int64",
    shape: [1],
  });
  // Shapes of what depends on the numbers are the largest there can be.
  const [values, columns] = g.addAll(
    "TopK",
    [bounds, most],
    [
      { type: "float32", shape },
      { type: "int64", shape },
    ],
  ) as [Operand, Operand];
  const row = { type: "float32", shape: [n] } as const;
  const body = subgraph(g, `${values.name}/turns`, {
    given: [near, row, { type: "int64", shape: [n] }],
    shared: [near, among],
    write: (inner, given, shared) => {
      const [negatives, bound, positive] = given as [Operand, Operand, Operand];
      const [distances, others] = shared as [Operand, Operand];
      const ofPositive = inner.add("Gather", [others, positive], near, { axis: 0n });
      const left = binary(inner, "Sub", upright(inner, bound), ofPositive);
      const below = cast(inner, binary(inner, "Greater", left, distances, "bool"), "float32");
      const count = inner.add("ReduceSum", [below, inner.integers([1])], row, { keepdims: 0n });
      return [binary(inner, "Add", negatives, below), count];
    },
  });
  const zeros = zerosLike(g, near);
  const [inTurn, places] = [turned(g, values), turned(g, columns)];
  const [negatives, counts] = g.addAll("Scan", [zeros, inTurn, places, near, among], [near, inTurn], {
    ...{ body: { graph: body }, num_scan_inputs: 2n },
  }) as [Operand, Operand];
  return [atPlaces(g, zeros, columns, counts), negatives];
}
