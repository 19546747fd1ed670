import type { Graph, GraphNode, GraphValue } from "../graph.js";
import { rewrite, type Rewritten, type Surroundings } from "./rewrite.js";

/** Compares instead of subtracting and asking for the sign: `step(a - b)` is 1 where `a > b`. */
export function compareDirectly(graph: Graph): Graph {
  return rewrite(graph, compared);
}

function compared(node: GraphNode, { producer, uses, value }: Surroundings): Rewritten {
  const [difference] = node.inputs;
  const [output] = node.outputs;
  if (node.kernel !== "Step" || Number(node.attributes["alpha"] ?? 0) !== 0) return null;
  if (difference?.dtype !== "float32" || output === undefined || uses(difference) !== 1) return null;
  const made = producer(difference);
  if (made?.kernel !== "Sub") return null;
  const greater: GraphValue = value("bool", output.shape);
  return {
    nodes: [
      { kernel: "Greater", inputs: made.inputs, attributes: {}, outputs: [greater] },
      { kernel: "Cast", inputs: [greater], attributes: { dtype: output.dtype }, outputs: [output] },
    ],
  };
}
