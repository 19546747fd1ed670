import type { Graph, GraphNode, GraphValue } from "./graph.js";

/** Where two recordings part. */
export interface Difference {
  readonly what: string;
  /** The user's line, when the second graph knows lines. */
  readonly where: string | null;
}

/** The first difference between two recordings of a program: kernels, shapes, attributes, every byte of the constants. */
export function firstDifference(first: Graph, second: Graph): Difference | null {
  const inNodes = differentNode(first, second);
  if (inNodes !== null) return inNodes;
  for (const [at, { value, data }] of first.constants.entries()) {
    const other = second.constants[at];
    if (other !== undefined && sameValue(value, other.value) && sameBytes(data, other.data)) continue;
    const reader = second.nodes.find(({ inputs }) => inputs.some(({ id }) => id === other?.value.id));
    const numbers =
      other === undefined || data.length > 1 || other.data.length > 1
        ? "other numbers"
        : `${data[0] ?? ""} and then ${other.data[0] ?? ""}`;
    return { what: `${reader?.kernel ?? "an output"} is given ${numbers}`, where: reader?.where ?? null };
  }
  if (first.constants.length !== second.constants.length)
    return { what: "it makes another number of constants", where: null };
  for (const part of ["inputs", "outputs"] as const) {
    const names = [...first[part]].map(([name, value]) => `${name} ${describe(value)}`);
    const others = [...second[part]].map(([name, value]) => `${name} ${describe(value)}`);
    const at = names.findIndex((name, i) => name !== others[i]);
    if (at >= 0 || names.length !== others.length) {
      return { what: `${part} ${names[at] ?? "fewer"} and then ${others[Math.max(at, 0)] ?? "fewer"}`, where: null };
    }
  }
  return null;
}

function differentNode(first: Graph, second: Graph): Difference | null {
  const count = Math.max(first.nodes.length, second.nodes.length);
  for (let at = 0; at < count; at += 1) {
    const [node, other] = [first.nodes[at], second.nodes[at]];
    const where = other?.where ?? second.nodes[at - 1]?.where ?? null;
    if (node === undefined || other === undefined || node.kernel !== other.kernel) {
      return { what: `${node?.kernel ?? "the end"} and then ${other?.kernel ?? "the end"}`, where };
    }
    const name = Object.keys({ ...node.attributes, ...other.attributes }).find(
      (key) => !sameData(node.attributes[key], other.attributes[key]),
    );
    if (name !== undefined) {
      const [before, after] = [node, other].map(({ attributes }) => String(attributes[name]));
      return { what: `${node.kernel} has ${name} ${before ?? ""} and then ${after ?? ""}`, where };
    }
    if (!sameList(node.inputs, other.inputs) || !sameList(node.outputs, other.outputs))
      return { what: `${node.kernel} ${shapes(node)} and then ${shapes(other)}`, where };
  }
  return null;
}

/** Attributes: numbers, texts, truth values and lists of them. */
function sameData(left: unknown, right: unknown): boolean {
  if (!Array.isArray(left) || !Array.isArray(right)) return Object.is(left, right);
  return left.length === right.length && left.every((item, at) => sameData(item, right[at]));
}

function sameBytes(left: ArrayBufferView, right: ArrayBufferView): boolean {
  const bytes = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer =>
    Buffer.from(buffer, byteOffset, byteLength);
  return bytes(left).equals(bytes(right));
}

function sameList(left: readonly GraphValue[], right: readonly GraphValue[]): boolean {
  return left.length === right.length && left.every((value, at) => sameValue(value, right[at] as GraphValue));
}

function sameValue(left: GraphValue, right: GraphValue): boolean {
  return (
    left.id === right.id &&
    left.dtype === right.dtype &&
    left.shape.length === right.shape.length &&
    left.shape.every((length, at) => length === right.shape[at])
  );
}

function describe({ id, dtype, shape }: GraphValue): string {
  return `${dtype} [${shape.join(", ")}] (${id})`;
}

function shapes({ inputs, outputs }: GraphNode): string {
  const list = (values: readonly GraphValue[]): string => values.map(describe).join(" × ");
  return `${list(inputs)} -> ${list(outputs)}`;
}
