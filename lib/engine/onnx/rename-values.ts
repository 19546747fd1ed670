import type { OnnxModel } from "./model.js";

/** The same model with other names for some of its inputs, outputs and what lies between. */
export function renameValues(model: OnnxModel, names: ReadonlyMap<string, string>): OnnxModel {
  const rename = (name: string): string => names.get(name) ?? name;
  const renamed = <T extends { readonly name: string }>(values: readonly T[]): T[] =>
    values.map((value) => ({ ...value, name: rename(value.name) }));
  return {
    ...model,
    nodes: model.nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map(rename),
      outputs: node.outputs.map(rename),
    })),
    initializers: renamed(model.initializers),
    inputs: renamed(model.inputs),
    outputs: renamed(model.outputs),
  };
}
