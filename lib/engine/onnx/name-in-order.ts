import type { OnnxModel, OnnxTensor } from "./model.js";
import { sizeOf } from "./operations.js";

/**
 * The same model with names that follow from its operations alone: what they give is counted, and each place that reads a single number
 * has a constant of its own. Which numbers are equal differs from size to size (a scale of 16 is the number of rows once), and with
 * that how many constants there are and how they are called.
 */
export function nameInOrder(model: OnnxModel): OnnxModel {
  const constants = new Map(model.initializers.map((constant) => [constant.name, constant]));
  const kept = new Set(model.outputs.map(({ name }) => name));
  const renamed = new Map<string, string>();
  const initializers: OnnxTensor[] = [];
  let count = 0;
  const fresh = (stem: string): string => {
    count += 1;
    return `${stem}_${count}`;
  };
  const read = (name: string): string => {
    const known = renamed.get(name);
    const constant = constants.get(name);
    if (known !== undefined || constant === undefined) return known ?? name;
    const own = fresh("constant");
    initializers.push({ ...constant, name: own });
    if (sizeOf(constant.shape) !== 1) renamed.set(name, own);
    return own;
  };
  const nodes = model.nodes.map((node) => {
    const inputs = node.inputs.map(read);
    for (const output of node.outputs) if (!kept.has(output)) renamed.set(output, fresh(node.operator));
    return { ...node, inputs, outputs: node.outputs.map((output) => renamed.get(output) ?? output) };
  });
  return { ...model, nodes, initializers };
}
