import type { Graph, GraphNode, GraphType, GraphValue } from "../graph.js";
import { countElements, rewrite, rounded, type Rewritten, type Surroundings } from "./rewrite.js";

/** Computes now what depends on tensors of equal numbers alone: `OnesLike`, `Fill`, sums and products of them. */
export function foldSplats(graph: Graph): Graph {
  return rewrite(graph, likes, moved, computed, summed, compact);
}

const first = ({ inputs }: GraphNode): GraphValue => inputs[0] as GraphValue;
const outputOf = ({ outputs }: GraphNode): GraphValue => outputs[0] as GraphValue;

/** The output holds one number everywhere: a constant when it is one element, else a `Fill`. */
function filled(output: GraphValue, number: number, { scalar }: Surroundings): Rewritten {
  const { dtype, shape } = output;
  if (countElements(shape) === 1) return { same: scalar(number, dtype, shape) };
  const attributes = { shape: [...shape], value: rounded(number, dtype), dtype };
  return { nodes: [{ kernel: "Fill", inputs: [], attributes, outputs: [output] }] };
}

function likes(node: GraphNode, surroundings: Surroundings): Rewritten {
  if (node.kernel === "ZerosLike") return filled(outputOf(node), 0, surroundings);
  return node.kernel === "OnesLike" ? filled(outputOf(node), 1, surroundings) : null;
}

/** Fills that are one element. */
function compact(node: GraphNode, surroundings: Surroundings): Rewritten {
  if (node.kernel !== "Fill" || countElements(outputOf(node).shape) !== 1) return null;
  return filled(outputOf(node), Number(node.attributes["value"]), surroundings);
}

const movers = new Set([
  ...["Reshape", "ExpandDims", "Cast", "Tile", "BroadcastTo", "Transpose", "Slice", "StridedSlice", "Reverse"],
  ...["Max", "Min", "Mean"],
]);

function moved(node: GraphNode, surroundings: Surroundings): Rewritten {
  if (!movers.has(node.kernel) || countElements(first(node).shape) === 0) return null;
  const number = surroundings.splat(first(node));
  return number === null ? null : filled(outputOf(node), number, surroundings);
}

type Arithmetic = (left: number, right: number) => number;
/** Exact in single precision when the double result is rounded once. */
const arithmetic: Readonly<Record<string, Arithmetic>> = {
  Add: (left, right) => left + right,
  Sub: (left, right) => left - right,
  Multiply: (left, right) => left * right,
  RealDiv: (left, right) => left / right,
  Neg: (x) => -x,
  Square: (x) => x * x,
  Sqrt: (x) => Math.sqrt(x),
  Abs: (x) => Math.abs(x),
  Reciprocal: (x) => 1 / x,
};

function computed(node: GraphNode, surroundings: Surroundings): Rewritten {
  const compute = arithmetic[node.kernel];
  const output = outputOf(node);
  if (compute === undefined || output.dtype !== "float32") return null;
  const [left, right = 0] = node.inputs.map((input) => surroundings.splat(input));
  if (left === null || left === undefined || right === null) return null;
  return filled(output, compute(left, right), surroundings);
}

/** Largest whole number up to which single precision counts exactly. */
const EXACT: Readonly<Record<GraphType, number>> = { float32: 2 ** 24, int32: 2 ** 31 - 1, bool: 0 };

function summed(node: GraphNode, surroundings: Surroundings): Rewritten {
  if (node.kernel !== "Sum" || countElements(first(node).shape) === 0) return null;
  const number = surroundings.splat(first(node));
  const output = outputOf(node);
  if (number === null) return null;
  const sum = (number * countElements(first(node).shape)) / countElements(output.shape);
  const exact = number === 0 || (Number.isInteger(number) && Math.abs(sum) <= EXACT[output.dtype]);
  return exact ? filled(output, sum, surroundings) : null;
}
