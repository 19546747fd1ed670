import type { Graph, GraphNode, GraphValue } from "../graph.js";
import { rewrite, type Rewritten, type Surroundings } from "./rewrite.js";

/** Puts the kernel in place of what tfjs makes of a log-softmax: `(x - max x) - log Σ exp (x - max x)` along the last axis. */
export function findLogSoftmax(graph: Graph): Graph {
  return rewrite(graph, logSoftmax);
}

function logSoftmax(node: GraphNode, { producer, uses }: Surroundings): Rewritten {
  if (node.kernel !== "Sub") return null;
  const [shifted, subtracted] = node.inputs as readonly [GraphValue, GraphValue];
  const log = producer(subtracted);
  const sum = made("Log", log) && producer(log.inputs[0] as GraphValue);
  const exp = sum && isAlongRows("Sum", "axis", sum) && producer(sum.inputs[0] as GraphValue);
  if (!exp || exp.kernel !== "Exp" || exp.inputs[0] !== shifted || uses(shifted) !== 2) return null;
  const shift = producer(shifted);
  const max = made("Sub", shift) && producer(shift.inputs[1] as GraphValue);
  if (!max || !isAlongRows("Max", "reductionIndices", max) || max.inputs[0] !== shift.inputs[0]) return null;
  const [x] = max.inputs as readonly [GraphValue];
  return {
    nodes: [{ kernel: "LogSoftmax", inputs: [x], attributes: { axis: x.shape.length - 1 }, outputs: node.outputs }],
  };
}

function made(kernel: string, node: GraphNode | undefined): node is GraphNode {
  return node?.kernel === kernel;
}

/** A reduction of the last axis alone, which stays with length 1. */
function isAlongRows(kernel: string, name: string, { kernel: own, attributes, inputs }: GraphNode): boolean {
  const last = (inputs[0]?.shape.length ?? 0) - 1;
  const axes = [attributes[name]].flat();
  return own === kernel && attributes["keepDims"] === true && axes.length === 1 && (axes[0] === last || axes[0] === -1);
}
