import type { Graph, GraphNode, GraphValue } from "../graph.js";
import { rewrite, type Rewritten, type Surroundings } from "./rewrite.js";

/** Adds a row to a product of matrices while it is multiplied. */
export function fuseBias(graph: Graph): Graph {
  return rewrite(graph, fused);
}

function fused(node: GraphNode, { producer, uses }: Surroundings): Rewritten {
  if (node.kernel !== "Add") return null;
  const [left, right] = node.inputs as readonly [GraphValue, GraphValue];
  for (const [product, bias] of [
    [left, right],
    [right, left],
  ] as const) {
    const made = producer(product);
    if (made?.kernel !== "BatchMatMul" || uses(product) !== 1 || product.shape.length !== 2) continue;
    if (bias.shape.length !== 1 || bias.shape[0] !== product.shape[1] || bias.dtype !== "float32") continue;
    const attributes = { ...made.attributes, activation: "linear", given: ["a", "b", "bias"] };
    return { nodes: [{ kernel: "_FusedMatMul", inputs: [...made.inputs, bias], attributes, outputs: node.outputs }] };
  }
  return null;
}
