import type { Graph, GraphNode, GraphValue } from "../graph.js";
import { rewrite, sameShape, type Rewritten, type Surroundings } from "./rewrite.js";

/**
 * Rows of a product that are only looked at in parts, and whose left factor is taken apart the same way elsewhere, are computed in parts:
 * `split(A·B + c) = split(A)·B + c`, one copy of the product less.
 */
export function splitProducts(graph: Graph): Graph {
  const splits = new Map<number, GraphNode[]>();
  for (const node of graph.nodes) {
    const [whole] = node.inputs;
    if (isSplitOfRows(node) && whole !== undefined) splits.set(whole.id, [...(splits.get(whole.id) ?? []), node]);
  }
  if (splits.size === 0) return graph;
  return rewrite(graph, (node, surroundings) => inParts(node, splits, surroundings));
}

function inParts(
  node: GraphNode,
  splits: ReadonlyMap<number, readonly GraphNode[]>,
  { producer, uses, value }: Surroundings,
): Rewritten {
  const [whole] = node.inputs;
  if (whole === undefined || !isSplitOfRows(node) || uses(whole) !== 1) return null;
  const product = producer(whole);
  if (product === undefined || !isProduct(product)) return null;
  const [left, right, bias] = product.inputs as readonly [GraphValue, GraphValue, GraphValue?];
  if (left.shape.length !== 2 || right.shape.length !== 2 || product.attributes["transposeA"] === true) return null;
  // Of a bias with rows each part would need its own.
  if (bias !== undefined && bias.shape.length > 1) return null;
  const taken = splits.get(left.id)?.find((split) => sameRows(split, node));
  if (taken === undefined) return null;
  const parts = taken.outputs.map(({ dtype, shape }) => value(dtype, shape));
  const products = node.outputs.map((output, at): GraphNode => ({
    ...product,
    inputs: [parts[at] as GraphValue, ...product.inputs.slice(1)],
    outputs: [output],
  }));
  return { nodes: [{ ...taken, inputs: [left], outputs: parts }, ...products] };
}

function isSplitOfRows({ kernel, attributes, inputs, outputs }: GraphNode): boolean {
  const rank = inputs[0]?.shape.length ?? 0;
  const axis = (attributes["axis"] as number | undefined) ?? 0;
  return kernel === "SplitV" && rank === 2 && (axis + rank) % rank === 0 && outputs.length > 1;
}

function isProduct({ kernel, attributes, inputs }: GraphNode): boolean {
  if (kernel === "BatchMatMul") return true;
  return kernel === "_FusedMatMul" && attributes["activation"] === "linear" && inputs.length <= 3;
}

function sameRows(one: GraphNode, other: GraphNode): boolean {
  const rows = ({ outputs }: GraphNode): number[] => outputs.map(({ shape }) => shape[0] as number);
  return sameShape(rows(one), rows(other));
}
