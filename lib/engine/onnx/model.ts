import { ProtobufWriter } from "./protobuf.js";

/** Types of numbers in an ONNX model. */
export type OnnxType = "float32" | "int32" | "bool" | "int64" | "float64" | "uint8" | "int8";

/** A named tensor of constant numbers. */
export interface OnnxTensor {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly number[];
  readonly data: OnnxData;
}

export type OnnxData = Float32Array | Int32Array | Uint8Array | Int8Array | BigInt64Array | Float64Array;

/** A setting of a node: whole numbers are bigint, floating-point numbers are number. */
export type OnnxAttribute =
  bigint | number | string | readonly bigint[] | Omit<OnnxTensor, "name"> | { readonly graph: OnnxGraph };

/** What a node runs any number of times. Its names are its own: it reads nothing from outside but its inputs. */
export interface OnnxGraph extends Pick<OnnxModel, "name" | "nodes" | "inputs" | "outputs"> {
  /** Its names for the last inputs of the node, which are the same in every run and not copied for it. */
  readonly shared?: readonly string[];
}

/** One operation; an input that is left out has the empty name. */
export interface OnnxNode {
  readonly operator: string;
  /** The empty string is ONNX itself. */
  readonly domain: "" | "com.microsoft";
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

/** Name, type and shape of an input or output of the model; a dimension that is a text is symbolic. */
export interface OnnxValue {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly (number | string)[];
}

export interface OnnxModel {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** Free text by name, for readers of the file. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The lowest version of the operators that has all that is used (ScatterElements that add are of 16), and of the file format. */
export const OPSET = 17;
export const IR_VERSION = 8;

const typeNumbers: Readonly<Record<OnnxType, number>> = {
  float32: 1,
  int32: 6,
  int64: 7,
  bool: 9,
  float64: 11,
  uint8: 2,
  int8: 3,
};

/** The model as the bytes of an `.onnx` file. Equal models give equal bytes. */
export function encodeModel(model: OnnxModel): Uint8Array {
  const graph = encodeGraph(model);
  const file = new ProtobufWriter().integer(1, IR_VERSION).text(2, "likewise").message(7, graph);
  file.message(8, new ProtobufWriter().text(1, "").integer(2, OPSET));
  if (usesMicrosoft(model)) file.message(8, new ProtobufWriter().text(1, "com.microsoft").integer(2, 1));
  for (const [name, value] of Object.entries(model.metadata))
    file.message(14, new ProtobufWriter().text(1, name).text(2, value));
  return file.finish();
}

function usesMicrosoft({ nodes }: OnnxGraph): boolean {
  return nodes.some(
    ({ domain, attributes }) =>
      domain === "com.microsoft" || graphsIn(attributes).some((graph) => usesMicrosoft(graph)),
  );
}

function graphsIn(attributes: OnnxNode["attributes"]): readonly OnnxGraph[] {
  return Object.values(attributes).flatMap((value) =>
    typeof value === "object" && "graph" in value ? [value.graph] : [],
  );
}

/** @param outside what its shared inputs are called where the node is. */
function encodeGraph(
  {
    name,
    nodes,
    initializers = [],
    inputs,
    outputs,
  }: OnnxGraph & { readonly initializers?: OnnxModel["initializers"] },
  outside: ReadonlyMap<string, string> = new Map(),
): ProtobufWriter {
  const graph = new ProtobufWriter();
  for (const node of nodes) {
    graph.message(1, encodeNode({ ...node, inputs: node.inputs.map((input) => outside.get(input) ?? input) }));
  }
  graph.text(2, name);
  for (const initializer of initializers) graph.message(5, encodeTensor(initializer));
  for (const input of inputs) graph.message(11, encodeValue(input));
  for (const output of outputs) graph.message(12, encodeValue(output));
  return graph;
}

export function encodeNode({ operator, domain, inputs, outputs, attributes }: OnnxNode): ProtobufWriter {
  const node = new ProtobufWriter();
  const shared = Math.max(0, ...graphsIn(attributes).map((graph) => graph.shared?.length ?? 0));
  const own = inputs.length - shared;
  for (const input of inputs.slice(0, own)) node.text(1, input);
  for (const output of outputs) node.text(2, output);
  node.text(3, outputs[0] ?? operator).text(4, operator);
  // In ONNX a graph within a node reads by name what is round the node.
  for (const [name, value] of Object.entries(attributes))
    node.message(5, encodeAttribute(name, value, inputs.slice(own)));
  if (domain !== "") node.text(7, domain);
  return node;
}

function encodeAttribute(name: string, value: OnnxAttribute, shared: readonly string[]): ProtobufWriter {
  const attribute = new ProtobufWriter().text(1, name);
  if (typeof value === "bigint") return attribute.integer(3, value).integer(20, 2);
  if (typeof value === "number") return attribute.float(2, value).integer(20, 1);
  if (typeof value === "string") return attribute.text(4, value).integer(20, 3);
  if ("graph" in value) {
    const outside = new Map(value.graph.shared?.map((input, at) => [input, shared[at] as string]));
    return attribute.message(6, encodeGraph(value.graph, outside)).integer(20, 5);
  }
  if ("data" in value) return attribute.message(5, encodeTensor({ name: "", ...value })).integer(20, 4);
  for (const item of value) attribute.integer(8, item);
  return attribute.integer(20, 7);
}

export function encodeTensor({ name, type, shape, data }: OnnxTensor): ProtobufWriter {
  const tensor = new ProtobufWriter();
  for (const length of shape) tensor.integer(1, length);
  tensor.integer(2, typeNumbers[type]);
  if (name !== "") tensor.text(8, name);
  return tensor.bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

export function encodeValue({ name, type, shape }: OnnxValue): ProtobufWriter {
  const dimensions = new ProtobufWriter();
  for (const length of shape) {
    const dimension = new ProtobufWriter();
    dimensions.message(1, typeof length === "string" ? dimension.text(2, length) : dimension.integer(1, length));
  }
  const tensorType = new ProtobufWriter().integer(1, typeNumbers[type]).message(2, dimensions);
  return new ProtobufWriter().text(1, name).message(2, new ProtobufWriter().message(1, tensorType));
}
