/** Types of numbers in a graph. Booleans stay booleans. */
export type GraphType = "float32" | "int32" | "bool";

/** A tensor of the graph. Its producer is a node, an input or a constant. */
export interface GraphValue {
  readonly id: number;
  readonly dtype: GraphType;
  readonly shape: readonly number[];
}

/** One kernel call as tfjs made it: names of inputs, attributes and outputs are those of the tfjs kernel. */
export interface GraphNode {
  readonly kernel: string;
  /** In the order of the kernel's inputs; lists (`Concat`, `AddN`, `Pack`) in order. */
  readonly inputs: readonly GraphValue[];
  /** Plain data: numbers, strings, booleans and arrays of them. */
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly outputs: readonly GraphValue[];
  /** Line of the user's code that called it, when the recording was asked to note lines. */
  readonly where?: string;
}

/** Numbers made while tracing. Many equal numbers are no constant but a `Fill` node. */
export interface GraphConstant {
  readonly value: GraphValue;
  readonly data: Float32Array | Int32Array | Uint8Array;
}

/** What names of outputs of which only the order of their numbers matters start with. */
export const ORDERED = "ordered/";

/**
 * One step as a list of kernels in the order they ran, every node after what it reads. `inputs` are named as the program's carried
 * tensors (`carried/…`), inputs (`input/…`) and noise (`noise/0`, …); `outputs` as `carried/…`, `reported/…` and `ordered/…`. An output may
 * be an input or a constant itself, and one value may be several outputs.
 */
export interface Graph {
  readonly inputs: ReadonlyMap<string, GraphValue>;
  readonly constants: readonly GraphConstant[];
  readonly nodes: readonly GraphNode[];
  readonly outputs: ReadonlyMap<string, GraphValue>;
}
