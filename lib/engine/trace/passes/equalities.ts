import type { Graph, GraphNode, GraphValue } from "../graph.js";
import { rewrite, type Rewritten, type Surroundings } from "./rewrite.js";

/** Compares whole numbers instead of computing with them: `relu(1 - (a - b)²)` is 1 where they are equal and 0 elsewhere. */
export function compareWholeNumbers(graph: Graph): Graph {
  return rewrite(graph, compared);
}

function compared(node: GraphNode, surroundings: Surroundings): Rewritten {
  const { producer, uses, splat, value } = surroundings;
  const [inner] = node.inputs;
  const [output] = node.outputs;
  if (node.kernel !== "Relu" || inner === undefined || output === undefined || uses(inner) !== 1) return null;
  const [one, squared] = madeBy(producer(inner), "Sub");
  if (one === undefined || squared === undefined || splat(one) !== 1) return null;
  const [left, right] = madeBy(producer(squared), "SquaredDifference");
  if (left === undefined || right === undefined || !isWhole(left, surroundings) || !isWhole(right, surroundings))
    return null;
  const equal: GraphValue = value("bool", output.shape);
  return {
    nodes: [
      { kernel: "Equal", inputs: [left, right], attributes: {}, outputs: [equal] },
      { kernel: "Cast", inputs: [equal], attributes: { dtype: output.dtype }, outputs: [output] },
    ],
  };
}

function madeBy(node: GraphNode | undefined, kernel: string): readonly GraphValue[] {
  return node?.kernel === kernel ? node.inputs : [];
}

/** Whether the numbers of a value were integers. */
function isWhole(value: GraphValue, { producer }: Surroundings): boolean {
  let node = producer(value);
  while (node?.kernel === "Reshape" || node?.kernel === "ExpandDims") {
    const [from] = node.inputs;
    if (from === undefined) return false;
    node = producer(from);
  }
  return node?.kernel === "Cast" && node.inputs[0]?.dtype === "int32";
}
