import { FileFormatError } from "../../errors.js";
import type { GraphType } from "../trace/graph.js";
import { encodeNode, encodeTensor, encodeValue, IR_VERSION, type OnnxModel, type OnnxNode } from "./model.js";
import { readFields, textOf, type ProtobufField } from "./protobuf-fields.js";
import { ProtobufWriter } from "./protobuf.js";

/** Versions of the operators with which what this library writes means the same. */
const OPSETS = [13, 17] as const;
const castTargets: Readonly<Record<GraphType, bigint>> = { float32: 1n, int32: 6n, bool: 9n };

/** An input of a model that a tensor of the graph before it feeds. */
export interface Connection {
  /** Input of the model. */
  readonly input: string;
  /** Input or output of the graph before it. */
  readonly tensor: string;
  readonly type: "float32" | "int32";
}

/**
 * One ONNX file that runs `before` and then `model`. Its inputs are those of `before` and those of the model that are not connected; its
 * outputs are the model's.
 *
 * @throws FileFormatError when `before` is damaged, keeps numbers in other files, is of another opset or lacks a tensor.
 */
export function prependGraph(before: Uint8Array, model: OnnxModel, connections: readonly Connection[]): Uint8Array {
  const file = readMessage(before);
  const old = readMessage(only(file, 7, "graph").bytes);
  const opset = requireOpset(file);
  refuseOtherFiles(old);
  const named = (field: number): readonly string[] =>
    old.filter(({ number }) => number === field).map(({ bytes }) => textOf(only(readMessage(bytes), 1, "name")));
  const [inputs, outputs] = [named(11), named(12)];
  for (const { tensor } of connections) {
    if (!inputs.includes(tensor) && !outputs.includes(tensor)) {
      throw wrong(`has no input or output "${tensor}"; inputs: ${inputs.join(", ")}; outputs: ${outputs.join(", ")}`);
    }
  }
  const connected = new Set(connections.map(({ input }) => input));
  const kept = new Set(
    [...model.outputs, ...model.inputs].map(({ name }) => name).filter((name) => !connected.has(name)),
  );
  // Names of the graph before stay; those of the model get out of their way.
  const rename = (name: string): string => (name === "" || kept.has(name) ? name : `likewise/${name}`);
  const graph = new ProtobufWriter();
  for (const { number, bytes } of old) if (number === 1) graph.bytes(1, bytes);
  for (const { input, tensor, type } of connections) {
    graph.message(1, encodeNode(castNode(tensor, rename(input), castTargets[type])));
  }
  for (const node of model.nodes) {
    graph.message(1, encodeNode({ ...node, inputs: node.inputs.map(rename), outputs: node.outputs.map(rename) }));
  }
  graph.text(2, model.name);
  // Constants, sparse constants, inputs, known shapes and quantization of the graph before.
  for (const { number, bytes } of old) if ([5, 11, 13, 14, 15].includes(number)) graph.bytes(number, bytes);
  for (const initializer of model.initializers) {
    graph.message(5, encodeTensor({ ...initializer, name: rename(initializer.name) }));
  }
  for (const input of model.inputs) if (!connected.has(input.name)) graph.message(11, encodeValue(input));
  for (const output of model.outputs) graph.message(12, encodeValue(output));

  const irVersion = Number(file.find(({ number }) => number === 1)?.integer ?? 0n);
  const whole = new ProtobufWriter().integer(1, Math.max(IR_VERSION, irVersion)).text(2, "likewise").message(7, graph);
  // Versions of all operators, and functions of the file's own.
  for (const { number, bytes } of file) if (number === 8 || number === 25) whole.bytes(number, bytes);
  for (const [name, value] of Object.entries({ ...model.metadata, opset: String(opset) })) {
    whole.message(14, new ProtobufWriter().text(1, name).text(2, value));
  }
  return whole.finish();
}

function castNode(input: string, output: string, to: bigint): OnnxNode {
  return { operator: "Cast", domain: "", inputs: [input], outputs: [output], attributes: { to } };
}

function requireOpset(file: readonly ProtobufField[]): number {
  const versions = file
    .filter(({ number }) => number === 8)
    .map(({ bytes }) => readMessage(bytes))
    .filter((entry) => entry.every((field) => field.number !== 1 || ["", "ai.onnx"].includes(textOf(field))))
    .map((entry) => Number(entry.find(({ number }) => number === 2)?.integer ?? 0n));
  const [least, most] = OPSETS;
  const version = versions[0] ?? 0;
  if (version >= least && version <= most) return version;
  throw wrong(`is of opset ${version}; a head can be joined to opset ${least} to ${most}: convert the file first`);
}

function refuseOtherFiles(graph: readonly ProtobufField[]): void {
  const outside = graph.some(
    ({ number, bytes }) =>
      number === 5 && readMessage(bytes).some((field) => field.number === 14 && field.integer === 1n),
  );
  if (outside) throw wrong("keeps numbers in other files; save it as one file first");
}

function only(fields: readonly ProtobufField[], number: number, what: string): ProtobufField {
  const found = fields.find((field) => field.number === number);
  if (found === undefined) throw wrong(`has no ${what}`);
  return found;
}

function readMessage(bytes: Uint8Array): readonly ProtobufField[] {
  try {
    return readFields(bytes);
  } catch (cause) {
    throw wrong("is damaged or no ONNX file", cause);
  }
}

function wrong(problem: string, cause?: unknown): FileFormatError {
  return new FileFormatError("the ONNX file of the encoder", problem, { cause });
}
