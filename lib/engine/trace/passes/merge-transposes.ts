import type { Graph, GraphNode, GraphValue } from "../graph.js";
import { rewrite, type Rewritten, type Surroundings } from "./rewrite.js";

/** Products take transposed inputs as they are: a transpose before or after one becomes a flag. */
export function mergeTransposes(graph: Graph): Graph {
  return rewrite(graph, before, after);
}

const flags = ["transposeA", "transposeB"] as const;

function swapsLastTwo({ kernel, attributes }: GraphNode): boolean {
  if (kernel !== "Transpose") return false;
  const perm = attributes["perm"] as readonly number[];
  const last = perm.length - 1;
  return perm.every((axis, at) => axis === (at === last ? last - 1 : at === last - 1 ? last : at));
}

function before(node: GraphNode, { producer }: Surroundings): Rewritten {
  if (node.kernel !== "BatchMatMul" && node.kernel !== "_FusedMatMul") return null;
  const inputs = [...node.inputs];
  const attributes: Record<string, unknown> = { ...node.attributes };
  flags.forEach((flag, at) => {
    const made = producer(inputs[at] as GraphValue);
    if (made === undefined || !swapsLastTwo(made)) return;
    inputs[at] = made.inputs[0] as GraphValue;
    attributes[flag] = attributes[flag] !== true;
  });
  return inputs.every((input, at) => input === node.inputs[at]) ? null : { nodes: [{ ...node, inputs, attributes }] };
}

/** `(A B)ᵀ = Bᵀ Aᵀ`, when the product is read by the transpose alone. */
function after(node: GraphNode, { producer, uses }: Surroundings): Rewritten {
  if (!swapsLastTwo(node)) return null;
  const product = producer(node.inputs[0] as GraphValue);
  if (product?.kernel !== "BatchMatMul" || uses(node.inputs[0] as GraphValue) !== 1) return null;
  const [a, b] = product.inputs as readonly [GraphValue, GraphValue];
  const attributes = {
    transposeA: product.attributes["transposeB"] !== true,
    transposeB: product.attributes["transposeA"] !== true,
  };
  return { nodes: [{ ...product, inputs: [b, a], attributes, outputs: node.outputs }] };
}
