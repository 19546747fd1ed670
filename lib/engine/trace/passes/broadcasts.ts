import * as tf from "../../../tensor/tf.js";
import type { Graph, GraphNode, GraphValue } from "../graph.js";
import { countElements, rewrite, sameShape, type Rewritten, type Surroundings } from "./rewrite.js";

/**
 * Elementwise kernels broadcast by themselves: they read what was there before a `BroadcastTo` or `Fill`, and when all they read was
 * narrower, compute that much alone and broadcast afterwards.
 */
export function sinkBroadcasts(graph: Graph): Graph {
  return rewrite(graph, narrowed);
}

const elementwise = new Set([
  ...["Add", "Sub", "Multiply", "RealDiv", "Maximum", "Minimum", "SquaredDifference", "Pow", "FloorDiv", "Mod"],
  ...["Equal", "NotEqual", "Greater", "GreaterEqual", "Less", "LessEqual", "LogicalAnd", "LogicalOr", "Select"],
  ...["Neg", "Abs", "Square", "Sqrt", "Rsqrt", "Exp", "Log", "Log1p", "Relu", "Step", "Sigmoid", "Tanh", "Softplus"],
  ...["Reciprocal", "Sign", "Cast", "LogicalNot", "IsNan", "Elu"],
]);

function narrowed(node: GraphNode, { producer, splat, scalar, value }: Surroundings): Rewritten {
  const [output] = node.outputs;
  if (output === undefined || !elementwise.has(node.kernel)) return null;
  const narrow = node.inputs.map((input) => {
    const made = producer(input);
    if (made?.kernel === "BroadcastTo") return made.inputs[0] as GraphValue;
    if (made?.kernel !== "Fill") return input;
    return scalar(splat(input) ?? 0, input.dtype);
  });
  if (narrow.every((input, at) => input === node.inputs[at])) return null;
  const shape = narrow
    .map((input) => [...input.shape])
    .reduce((left, right) => tf.broadcast_util.assertAndGetBroadcastShape(left, right));
  if (sameShape(shape, output.shape)) return { nodes: [{ ...node, inputs: narrow }] };
  if (countElements(shape) < countElements(output.shape)) {
    const small = value(output.dtype, shape);
    const wide: GraphNode = {
      kernel: "BroadcastTo",
      inputs: [small],
      attributes: { shape: [...output.shape] },
      outputs: [output],
    };
    return { nodes: [{ ...node, inputs: narrow, outputs: [small] }, wide] };
  }
  return null;
}
