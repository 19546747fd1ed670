import type { Graph, GraphNode, GraphValue } from "../graph.js";

/** Leaves out nodes and constants that no output depends on, such as gradients towards inputs. Inputs stay. */
export function removeDeadNodes(graph: Graph): Graph {
  const needed = new Set<number>();
  const need = ({ id }: GraphValue): void => void needed.add(id);
  for (const value of graph.outputs.values()) need(value);
  const nodes: GraphNode[] = [];
  for (let at = graph.nodes.length - 1; at >= 0; at -= 1) {
    const node = graph.nodes[at] as GraphNode;
    if (!node.outputs.some(({ id }) => needed.has(id))) continue;
    node.inputs.forEach(need);
    nodes.push(node);
  }
  const constants = graph.constants.filter(({ value }) => needed.has(value.id));
  if (nodes.length === graph.nodes.length && constants.length === graph.constants.length) return graph;
  return { inputs: graph.inputs, constants, nodes: nodes.reverse(), outputs: graph.outputs };
}
