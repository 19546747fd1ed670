import * as tf from "../../tensor/tf.js";
import type { Graph } from "./graph.js";
import { runNode } from "./evaluate.js";
import type { TraceBackend } from "./trace-backend.js";

/**
 * A step may make something once and keep it, such as a table of positions. What depends on no input is computed on the active
 * backend and moves there, so that the step finds it the next time as it would have without the recording.
 *
 * @throws TraceError when something is kept that depends on the step's inputs.
 */
export function settleSurvivors(backend: TraceBackend, graph: Graph): void {
  const survivors = backend.survivors();
  if (survivors.length === 0) return;
  const fixed = new Set(graph.constants.map(({ value }) => value.id));
  const nodes = graph.nodes.filter(({ inputs, outputs }) => {
    const isFixed = inputs.every(({ id }) => fixed.has(id));
    if (isFixed) for (const { id } of outputs) fixed.add(id);
    return isFixed;
  });
  for (const { value } of survivors) {
    if (!fixed.has(value.id)) {
      const node = graph.nodes.find(({ outputs }) => outputs.some(({ id }) => id === value.id));
      backend.refuse(
        `the step keeps a tensor (tf.keep) beyond its end: ${node === undefined ? "one it was given" : `the result of ${node.kernel}`} ` +
          `[${value.shape.join(", ")}]; return it as carried state, or report it as a term of the loss`,
      );
    }
  }
  tf.tidy(() => {
    const tensors = new Map<number, tf.Tensor>();
    for (const { value, data } of graph.constants) {
      tensors.set(value.id, tf.tensor(data, [...value.shape], value.dtype));
    }
    for (const node of nodes) {
      const made = runNode(
        node,
        node.inputs.map(({ id }) => tensors.get(id) as tf.Tensor),
      );
      node.outputs.forEach(({ id }, at) => tensors.set(id, made[at] as tf.Tensor));
    }
    for (const { dataId, value } of survivors) {
      backend.release(dataId, (tensors.get(value.id) as tf.Tensor).dataSync().slice());
    }
  });
}
