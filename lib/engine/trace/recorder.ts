import type { Graph, GraphConstant, GraphNode, GraphType, GraphValue } from "./graph.js";

/** Collects the kernels of one step while they are called. */
export class Recorder {
  readonly nodes: GraphNode[] = [];
  readonly constants: GraphConstant[] = [];
  readonly inputs = new Map<string, GraphValue>();
  #count = 0;

  value(dtype: GraphType, shape: readonly number[]): GraphValue {
    this.#count += 1;
    return { id: this.#count, dtype, shape: [...shape] };
  }

  input(name: string, dtype: GraphType, shape: readonly number[]): GraphValue {
    const value = this.value(dtype, shape);
    this.inputs.set(name, value);
    return value;
  }

  constant(data: GraphConstant["data"], dtype: GraphType, shape: readonly number[]): GraphValue {
    const value = this.value(dtype, shape);
    this.constants.push({ value, data });
    return value;
  }

  node(
    kernel: string,
    inputs: readonly GraphValue[],
    attributes: GraphNode["attributes"],
    outputs: readonly (readonly [dtype: GraphType, shape: readonly number[]])[],
  ): readonly GraphValue[] {
    const made = outputs.map(([dtype, shape]) => this.value(dtype, shape));
    this.nodes.push({ kernel, inputs, attributes, outputs: made });
    return made;
  }

  finish(outputs: ReadonlyMap<string, GraphValue>): Graph {
    return { inputs: this.inputs, constants: this.constants, nodes: this.nodes, outputs };
  }
}
