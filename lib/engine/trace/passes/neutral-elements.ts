import type { Graph, GraphNode, GraphValue } from "../graph.js";
import { rewrite, sameShape, type Rewritten, type Surroundings } from "./rewrite.js";

/** Drops what does nothing: `x · 1`, `x + 0`, `x - 0`, `x / 1`, `-(-x)`; of a narrower `x` the broadcasting is left. */
export function dropNeutralElements(graph: Graph): Graph {
  return rewrite(graph, neutral, signs);
}

/** By kernel, the number that changes nothing on the right, and whether it may stand on the left too. */
const neutralNumbers: Readonly<Record<string, readonly [number: number, onTheLeft: boolean]>> = {
  Add: [0, true],
  Sub: [0, false],
  Multiply: [1, true],
  RealDiv: [1, false],
};

function neutral(node: GraphNode, { splat }: Surroundings): Rewritten {
  const [number, onTheLeft] = neutralNumbers[node.kernel] ?? [];
  if (number === undefined) return null;
  const [left, right] = node.inputs as readonly [GraphValue, GraphValue];
  if (splat(right) === number) return widened(left, node);
  return onTheLeft === true && splat(left) === number ? widened(right, node) : null;
}

function widened(value: GraphValue, { outputs: [output] }: GraphNode): Rewritten {
  if (output === undefined || value.dtype !== output.dtype) return null;
  if (sameShape(value.shape, output.shape)) return { same: value };
  const attributes = { shape: [...output.shape] };
  return { nodes: [{ kernel: "BroadcastTo", inputs: [value], attributes, outputs: [output] }] };
}

/** `-(-x) = x`, `a + (-b) = a - b`, `a - (-b) = a + b`, `-(a - b) = b - a`, `0 - x = -x`. */
function signs(node: GraphNode, { producer, splat, uses }: Surroundings): Rewritten {
  const negated = (value: GraphValue): GraphValue | null => {
    const made = producer(value);
    return made?.kernel === "Neg" ? (made.inputs[0] as GraphValue) : null;
  };
  const becomes = (kernel: string, inputs: readonly GraphValue[]): Rewritten => ({
    nodes: [{ kernel, inputs, attributes: {}, outputs: node.outputs }],
  });
  const [left, right] = node.inputs as readonly [GraphValue, GraphValue];
  switch (node.kernel) {
    case "Neg": {
      const inside = negated(left);
      if (inside !== null) return { same: inside };
      const made = producer(left);
      return made?.kernel === "Sub" && uses(left) === 1 ? becomes("Sub", [...made.inputs].reverse()) : null;
    }
    case "Add": {
      const [ofLeft, ofRight] = [negated(left), negated(right)];
      if (ofRight !== null) return becomes("Sub", [left, ofRight]);
      return ofLeft === null ? null : becomes("Sub", [right, ofLeft]);
    }
    case "Sub": {
      const inside = negated(right);
      if (inside !== null) return becomes("Add", [left, inside]);
      return splat(left) === 0 && sameShape(right.shape, node.outputs[0]?.shape ?? []) ? becomes("Neg", [right]) : null;
    }
    default:
      return null;
  }
}
