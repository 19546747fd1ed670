import { dataOf, type OnnxBuilder, type Operand } from "../builder.js";
import { input, type KernelCall, type Lowerings } from "../lowering.js";
import type { OnnxGraph, OnnxNode, OnnxType, OnnxValue } from "../model.js";
import { binary, cast, reduce } from "../operations.js";
import { atPlaces } from "./places.js";

/** Kernels that count triplets. */
export const tripletLowerings: Lowerings = {
  TripletsBelow: (g, call) => tripletsBelow(g, call),
};

/**
 * A loop over the places of positives in rows sorted by bound, as many as the row with the most positives has: one matrix of
 * distances to the negatives at a time.
 */
function tripletsBelow(g: OnnxBuilder, call: KernelCall): readonly Operand[] {
  const [bounds, near, among] = [input(call, 0), input(call, 1), input(call, 2)];
  const { shape } = bounds;
  const isPositive = cast(g, binary(g, "Greater", bounds, g.scalar(0), "bool"), "int64");
  const inRows = reduce(g, "ReduceSum", isPositive, [1], false);
  const most = g.add("Max", [reduce(g, "ReduceMax", inRows, [0], true), g.integers([1])], {
    type: "int64",
    shape: [1],
  });
  // Shapes of what depends on the numbers are the largest there can be.
  const sorted = { type: "float32", shape } as const;
  const places = { type: "int64", shape } as const;
  const [values, columns] = g.addAll("TopK", [bounds, most], [sorted, places]) as [Operand, Operand];
  const carried = [g.splat(0, "float32", shape), near, among, values, columns];
  const [negatives, , , , , counts] = g.addAll("Loop", [most, null, ...carried], [...carried, sorted], {
    body: { graph: BODY },
  }) as readonly [Operand, Operand, Operand, Operand, Operand, Operand];
  return [atPlaces(g, g.splat(0, "float32", shape), columns, counts), negatives];
}

const node = (
  operator: string,
  inputs: readonly string[],
  output: string,
  attributes: OnnxNode["attributes"] = {},
): OnnxNode => ({ operator, domain: "", inputs, outputs: [output], attributes });

const constant = (name: string, value: number, type: OnnxType, shape: readonly number[]): OnnxNode =>
  node("Constant", [], name, { value: { type, shape, data: dataOf([value], type) } });

const value = (name: string, type: OnnxType, ...shape: readonly string[]): OnnxValue => ({ name, type, shape });

/** What one round does with the positives at one place; the matrices it does not change go through it. */
const BODY: OnnxGraph = {
  name: "triplets",
  nodes: [
    constant("first", 0, "int64", [1]),
    constant("second", 1, "int64", [1]),
    node("Unsqueeze", ["round", "first"], "place"),
    node("Gather", ["columns", "round"], "positive", { axis: 1n }),
    node("Gather", ["among", "positive"], "others", { axis: 0n }),
    node("Gather", ["values", "place"], "bound", { axis: 1n }),
    node("Sub", ["bound", "others"], "left"),
    node("Greater", ["left", "near"], "is_below"),
    node("Cast", ["is_below"], "below", { to: 1n }),
    node("ReduceSum", ["below", "second"], "count", { keepdims: 0n }),
    node("Add", ["negatives", "below"], "next_negatives"),
    node("Identity", ["go"], "go_on"),
    ...["near", "among", "values", "columns"].map((name) => node("Identity", [name], `next_${name}`)),
  ],
  inputs: [
    value("round", "int64"),
    value("go", "bool"),
    value("negatives", "float32", "anchors", "others_of"),
    value("near", "float32", "anchors", "others_of"),
    value("among", "float32", "others_of", "others_of"),
    value("values", "float32", "anchors", "most"),
    value("columns", "int64", "anchors", "most"),
  ],
  outputs: [
    value("go_on", "bool"),
    value("next_negatives", "float32", "anchors", "others_of"),
    value("next_near", "float32", "anchors", "others_of"),
    value("next_among", "float32", "others_of", "others_of"),
    value("next_values", "float32", "anchors", "most"),
    value("next_columns", "int64", "anchors", "most"),
    value("count", "float32", "anchors"),
  ],
};
