import { ORDERED, type Graph, type GraphNode, type GraphValue } from "../graph.js";
import { rewrite, sameShape } from "./rewrite.js";

/**
 * Outputs of which only the order matters become what is computed of them anyway by multiplication with a positive number: two matrices
 * become one, and the factor can become part of the product that makes it.
 */
export function reportOrderAlone(graph: Graph): Graph {
  const wanted = new Map([...graph.outputs].filter(([name]) => name.startsWith(ORDERED)));
  if (wanted.size === 0) return graph;
  const larger = new Map<number, GraphValue>();
  rewrite(graph, (node, { splat }) => {
    const grown = multiplied(node, splat);
    const [output] = node.outputs;
    if (grown !== null && output !== undefined && !larger.has(grown.id)) larger.set(grown.id, output);
    return null;
  });
  const changed = [...wanted].filter(([, { id }]) => larger.has(id));
  if (changed.length === 0) return graph;
  const outputs = new Map(graph.outputs);
  for (const [name, { id }] of changed) outputs.set(name, larger.get(id) as GraphValue);
  return { ...graph, outputs };
}

/** What a node multiplies with one positive number; null when it does something else. */
function multiplied(
  { kernel, inputs, outputs: [output] }: GraphNode,
  splat: (value: GraphValue) => number | null,
): GraphValue | null {
  const [left, right] = inputs;
  if (kernel !== "Multiply" || left === undefined || right === undefined) return null;
  for (const [x, factor] of [
    [left, right],
    [right, left],
  ] as const) {
    const number = splat(factor);
    if (number !== null && number > 0 && Number.isFinite(number) && sameShape(x.shape, output?.shape ?? [])) return x;
  }
  return null;
}
