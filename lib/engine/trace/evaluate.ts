import * as tf from "../../tensor/tf.js";
import type { GraphNode } from "./graph.js";
import { inputOrder } from "./kernel.js";
import { TraceError } from "./trace-error.js";

/** Runs a node with tfjs' own kernel on the active backend. */
export function runNode(node: GraphNode, inputs: readonly tf.Tensor[]): readonly tf.Tensor[] {
  const { given, ...attributes } = node.attributes;
  const order = (given as readonly string[] | undefined) ?? inputOrder(node.kernel);
  if (order === undefined) throw new TraceError(`internal: there is no kernel ${node.kernel}`, node.where ?? null);
  const named =
    order === "list" ? [...inputs] : Object.fromEntries(inputs.map((input, at) => [order[at] ?? String(at), input]));
  const made = tf
    .engine()
    .runKernel(node.kernel, named as unknown as tf.NamedTensorMap, attributes as tf.NamedAttrMap) as
    tf.Tensor | tf.Tensor[];
  return Array.isArray(made) ? made : [made];
}
