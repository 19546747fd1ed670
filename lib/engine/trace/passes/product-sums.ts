import type { Graph, GraphNode, GraphValue } from "../graph.js";
import { rewrite, sameShape, type Rewritten, type Surroundings } from "./rewrite.js";

/**
 * Adds a matrix to a product of its shape while it is multiplied: `A·B + C`, `A·B - C` and `C - A·B`, their signs as the settings `alpha`
 * and `beta` of the product. For after all else: what is added up this way cannot be taken apart and merged any more.
 */
export function fuseSums(graph: Graph): Graph {
  return rewrite(graph, fused);
}

function fused(node: GraphNode, { producer, uses }: Surroundings): Rewritten {
  if (node.kernel !== "Add" && node.kernel !== "Sub") return null;
  const [left, right] = node.inputs as readonly [GraphValue, GraphValue];
  // Products of a single row or column have faster code of their own, which adds nothing.
  if (left.shape.length !== 2 || left.shape.includes(1) || !sameShape(left.shape, right.shape)) return null;
  const sign = node.kernel === "Sub" ? -1 : 1;
  // The one that was made last: the other is there by then.
  for (const [product, addend, alpha, beta] of [
    [right, left, sign, 1],
    [left, right, 1, sign],
  ] as const) {
    const made = producer(product);
    if (made?.kernel !== "BatchMatMul" || uses(product) !== 1 || product.dtype !== "float32") continue;
    const signs = { ...(alpha === 1 ? {} : { alpha }), ...(beta === 1 ? {} : { beta }) };
    const attributes = { ...made.attributes, activation: "linear", given: ["a", "b", "bias"], ...signs };
    return { nodes: [{ kernel: "_FusedMatMul", inputs: [...made.inputs, addend], attributes, outputs: node.outputs }] };
  }
  return null;
}
