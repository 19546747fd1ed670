import type { Graph, GraphConstant, GraphNode, GraphType, GraphValue } from "./graph.js";
import { userLine } from "./trace-error.js";

/** Collects the kernels of one step while they are called. */
export class Recorder {
  readonly nodes: GraphNode[] = [];
  readonly constants: GraphConstant[] = [];
  readonly inputs = new Map<string, GraphValue>();
  readonly #lines: boolean;
  #count = 0;

  /** @param lines note the user's line at every kernel; a stack trace each. */
  constructor(lines = false) {
    this.#lines = lines;
  }

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
    const where = this.#lines ? userLine(new Error("here").stack) : null;
    this.nodes.push({ kernel, inputs, attributes, outputs: made, ...(where === null ? {} : { where }) });
    return made;
  }

  finish(outputs: ReadonlyMap<string, GraphValue>): Graph {
    return { inputs: this.inputs, constants: this.constants, nodes: this.nodes, outputs };
  }
}
