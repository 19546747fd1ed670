import type { Graph, GraphNode, GraphValue } from "../trace/graph.js";
import { TraceError } from "../trace/trace-error.js";
import { OnnxBuilder, type Operand } from "./builder.js";
import { foldFactors } from "./fold-factors.js";
import { encodeModel, type OnnxModel, type OnnxNode, type OnnxValue } from "./model.js";
import { nameInOrder } from "./name-in-order.js";
import { cast } from "./operations.js";
import { scatterOnto } from "./scatter-onto.js";
import { lowerings } from "./table.js";

export interface ToOnnxOptions {
  /** Name of the graph in the file. Default "program". */
  readonly name?: string;
  /** Free text by name, written into the file. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Threads that will run it, when that is known. Some operations are faster on one, and wrong there on several. Default null. */
  readonly threads?: number | null;
  /** It will run on a processor that multiplies bytes several times as fast as float32. Default false. */
  readonly bytes?: boolean;
  /**
   * It will run on a graphics card or the like: nothing is done for the sake of a processor's caches, and whole numbers are not added at
   * places as whole numbers, which some versions of ONNX Runtime take for float32 there. Default false.
   */
  readonly accelerator?: boolean;
  /** Only operators of ONNX itself, for other runtimes. Default false. */
  readonly portable?: boolean;
  /** A model that has the same operations at other sizes, as far as that can be. Default false. */
  readonly anySize?: boolean;
}

/** A graph as an ONNX model. */
export interface OnnxProgram {
  /** An `.onnx` file: opset 17, and operators of `com.microsoft` for products of many matrices with transposes. */
  readonly bytes: Uint8Array;
  /** Inputs that the model has: those of the graph that count, under the graph's names and in its order. */
  readonly inputs: readonly string[];
  /**
   * Outputs of the model, one for each output of the graph and in its order. Their names are the graph's, with `new/` before those
   * that an input has too (`carried/…`).
   */
  readonly outputs: readonly string[];
}

/**
 * Writes a graph as an ONNX model. Equal graphs give equal bytes. Booleans among the outputs become int32, as host tensors have it.
 *
 * @throws TraceError naming kernels that cannot be written, before anything is.
 */
export function toOnnx(graph: Graph, options: ToOnnxOptions = {}): OnnxProgram {
  const model = toOnnxModel(graph, options);
  return {
    bytes: encodeModel(model),
    inputs: model.inputs.map((input) => input.name),
    outputs: model.outputs.map((output) => output.name),
  };
}

/** The same before it is written. */
export function toOnnxModel(graph: Graph, options: ToOnnxOptions = {}): OnnxModel {
  const { name = "program", metadata = {}, threads = null, anySize = false } = options;
  const kernels = liveNodes(graph);
  refuseUnknown(kernels);
  const g = new OnnxBuilder({ ...options, oneThread: threads === 1 });
  const operands = new Map<number, Operand>();
  for (const [inputName, { id, dtype, shape }] of graph.inputs)
    operands.set(id, { name: inputName, type: dtype, shape });
  for (const { value, data } of graph.constants) operands.set(value.id, g.constant(data, value.dtype, value.shape));
  const operandOf = ({ id }: GraphValue): Operand => operands.get(id) as Operand;
  for (const node of kernels) {
    const lower = lowerings[node.kernel]!; // refuseUnknown has looked
    const lowered = lower(g, { ...node, inputs: node.inputs.map(operandOf) });
    const results = "name" in lowered ? [lowered] : lowered;
    node.outputs.forEach((output, at) => operands.set(output.id, results[at] as Operand));
  }

  const names = [...graph.outputs.keys()].map((output) => (graph.inputs.has(output) ? `new/${output}` : output));
  const made = new Set(g.nodes.flatMap(({ outputs }) => outputs));
  const renamed = new Map<string, string>();
  const outputs = [...graph.outputs.values()].map((value, at): OnnxValue => {
    const given = operandOf(value);
    const plain = cast(g, given, given.type === "bool" ? "int32" : given.type);
    // An output has to come from an operation, and each from one of its own.
    const own =
      (made.has(plain.name) || plain !== given) && !renamed.has(plain.name) ? plain : g.add("Identity", [plain], plain);
    renamed.set(own.name, names[at] as string);
    return { name: names[at] as string, type: own.type, shape: own.shape };
  });
  const ends = [...renamed.keys()];
  const live = withoutUnused(g.nodes, ends);
  // A factor that depends on the sizes can be fed to a model, a setting of a product cannot.
  const folded = anySize ? live : scatterOnto(foldFactors(live, g.initializers, ends, g.shapes), ends, g.shapes);
  const nodes = withoutUnused(folded, ends).map((node) => renameNode(node, renamed));
  const used = new Set(nodes.flatMap((node) => node.inputs));
  const inputs = [...graph.inputs]
    .filter(([inputName]) => used.has(inputName))
    .map(([inputName, { dtype, shape }]): OnnxValue => ({ name: inputName, type: dtype, shape }));
  const initializers = g.initializers.filter((initializer) => used.has(initializer.name));
  const model = { name, nodes, initializers, inputs, outputs, metadata };
  return anySize ? nameInOrder(model) : model;
}

/** Kernels that what is put out depends on, in order. */
function liveNodes({ nodes, outputs }: Graph): readonly GraphNode[] {
  const needed = new Set([...outputs.values()].map(({ id }) => id));
  const live = nodes.toReversed().filter((node) => {
    if (!node.outputs.some(({ id }) => needed.has(id))) return false;
    for (const { id } of node.inputs) needed.add(id);
    return true;
  });
  return live.reverse();
}

function refuseUnknown(nodes: readonly GraphNode[]): void {
  const unknown = [...new Set(nodes.map(({ kernel }) => kernel))].filter((kernel) => !Object.hasOwn(lowerings, kernel));
  if (unknown.length === 0) return;
  throw new TraceError(`kernel ${unknown.join(", ")} cannot be compiled: it has no form in ONNX here`, null);
}

/** Operations that none of these outputs depends on are left out: lowerings make some that turn out not to be needed. */
function withoutUnused(nodes: readonly OnnxNode[], outputs: readonly string[]): readonly OnnxNode[] {
  const needed = new Set(outputs);
  const used = nodes.toReversed().filter((node) => {
    if (!node.outputs.some((output) => needed.has(output))) return false;
    for (const input of node.inputs) needed.add(input);
    return true;
  });
  return used.reverse();
}

function renameNode(node: OnnxNode, renamed: ReadonlyMap<string, string>): OnnxNode {
  const rename = (name: string): string => renamed.get(name) ?? name;
  return { ...node, inputs: node.inputs.map(rename), outputs: node.outputs.map(rename) };
}
