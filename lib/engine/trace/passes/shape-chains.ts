import type { Graph, GraphNode, GraphValue } from "../graph.js";
import { countElements, rewrite, sameShape, type Rewritten, type Surroundings } from "./rewrite.js";

/** Merges and removes nodes that only give a tensor another shape or type. */
export function simplifyShapes(graph: Graph): Graph {
  return rewrite(graph, unchanged, reshapes, transposes, widenings, singleAxes, castChains);
}

const first = ({ inputs }: GraphNode): GraphValue => inputs[0] as GraphValue;
const outputOf = ({ outputs }: GraphNode): GraphValue => outputs[0] as GraphValue;
const axesOf = (attribute: unknown, rank: number): readonly number[] =>
  (Array.isArray(attribute) ? (attribute as readonly number[]) : [attribute as number]).map((axis) =>
    axis < 0 ? axis + rank : axis,
  );

function reshape(input: GraphValue, output: GraphValue): Rewritten {
  const attributes = { shape: [...output.shape] };
  return { nodes: [{ kernel: "Reshape", inputs: [input], attributes, outputs: [output] }] };
}

const movers = new Set(["Reshape", "ExpandDims", "Cast", "Tile", "BroadcastTo", "Slice", "PadV2", "AddN", "Concat"]);

/** What gives back its one input as it was. */
function unchanged(node: GraphNode): Rewritten {
  if (!movers.has(node.kernel) || node.inputs.length !== 1) return null;
  const [input, output] = [first(node), outputOf(node)];
  return input.dtype === output.dtype && sameShape(input.shape, output.shape) ? { same: input } : null;
}

/** A reshape of a reshape reads the first input; other ways to say reshape become one. */
function reshapes(node: GraphNode, { producer }: Surroundings): Rewritten {
  if (node.kernel === "ExpandDims") return reshape(first(node), outputOf(node));
  if (node.kernel === "Pack" && node.inputs.length === 1) return reshape(first(node), outputOf(node));
  if (node.kernel !== "Reshape") return null;
  const before = producer(first(node));
  return before?.kernel === "Reshape" ? reshape(first(before), outputOf(node)) : null;
}

function transposes(node: GraphNode, { producer }: Surroundings): Rewritten {
  if (node.kernel !== "Transpose") return null;
  const perm = node.attributes["perm"] as readonly number[];
  const input = first(node);
  if (perm.every((axis, at) => axis === at)) return { same: input };
  const moving = perm.filter((axis) => (input.shape[axis] ?? 1) > 1);
  if (moving.every((axis, at) => at === 0 || axis > (moving[at - 1] as number))) return reshape(input, outputOf(node));
  const before = producer(input);
  if (before?.kernel !== "Transpose") return null;
  const inner = before.attributes["perm"] as readonly number[];
  const together = perm.map((axis) => inner[axis] as number);
  return { nodes: [{ ...node, inputs: [first(before)], attributes: { ...node.attributes, perm: together } }] };
}

/** Repeating along axes of length 1 is broadcasting, and so is a broadcast of a broadcast. */
function widenings(node: GraphNode, { producer }: Surroundings): Rewritten {
  const [input, output] = [first(node), outputOf(node)];
  const to = (from: GraphValue): Rewritten => ({
    nodes: [{ kernel: "BroadcastTo", inputs: [from], attributes: { shape: [...output.shape] }, outputs: [output] }],
  });
  if (node.kernel === "Tile" && input.shape.every((length, at) => length === 1 || length === output.shape[at]))
    return to(input);
  if (node.kernel !== "BroadcastTo") return null;
  const before = producer(input);
  return before?.kernel === "BroadcastTo" ? to(first(before)) : null;
}

/** Over axes of length 1 there is nothing to sum. */
function singleAxes(node: GraphNode): Rewritten {
  if (!["Sum", "Mean", "Max", "Min", "Prod"].includes(node.kernel)) return null;
  const [input, output] = [first(node), outputOf(node)];
  if (input.dtype !== output.dtype || countElements(input.shape) !== countElements(output.shape)) return null;
  const axes = axesOf(node.attributes[node.kernel === "Max" ? "reductionIndices" : "axis"] ?? [], input.shape.length);
  if (axes.some((axis) => input.shape[axis] !== 1)) return null;
  return sameShape(input.shape, output.shape) ? { same: input } : reshape(input, output);
}

/** From bool or int32 to a type and back, or on to another: the first type decides. */
function castChains(node: GraphNode, { producer }: Surroundings): Rewritten {
  if (node.kernel !== "Cast") return null;
  const before = producer(first(node));
  if (before?.kernel !== "Cast") return null;
  const [source, output] = [first(before), outputOf(node)];
  if (source.dtype !== "bool") return null;
  if (source.dtype === output.dtype) return { same: source };
  return { nodes: [{ ...node, inputs: [source] }] };
}
