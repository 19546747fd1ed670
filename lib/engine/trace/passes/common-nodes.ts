import { createHash } from "node:crypto";
import type { Graph, GraphConstant, GraphNode, GraphValue } from "../graph.js";

/** Computes once what is computed twice: nodes of the same kernel, attributes and inputs; constants of the same numbers. */
export function shareCommonNodes(graph: Graph): Graph {
  const replaced = new Map<number, GraphValue>();
  const now = (value: GraphValue): GraphValue => replaced.get(value.id) ?? value;
  const seen = new Map<string, readonly GraphValue[]>();
  /** @returns true when the same was seen before, whose values then stand for these. */
  const repeats = (key: string, values: readonly GraphValue[]): boolean => {
    const before = seen.get(key);
    if (before === undefined) seen.set(key, values);
    else values.forEach(({ id }, at) => replaced.set(id, before[at] as GraphValue));
    return before !== undefined;
  };
  const constants = graph.constants.filter((constant) => !repeats(constantKey(constant), [constant.value]));
  const nodes: GraphNode[] = [];
  for (const given of graph.nodes) {
    const node = given.inputs.some(({ id }) => replaced.has(id)) ? { ...given, inputs: given.inputs.map(now) } : given;
    if (!repeats(nodeKey(node), node.outputs)) nodes.push(node);
  }
  if (replaced.size === 0) return graph;
  const outputs = new Map([...graph.outputs].map(([name, value]) => [name, now(value)]));
  return { inputs: graph.inputs, constants, nodes, outputs };
}

/** Bytes from which constants are compared by their hash. */
const LONG = 1024;

function constantKey({ value: { dtype, shape }, data }: GraphConstant): string {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const text = bytes.length > LONG ? createHash("sha256").update(bytes).digest("hex") : bytes.toString("latin1");
  return `${dtype} [${shape.join()}] ${text}`;
}

/** Kernels whose inputs may change places. */
const symmetric = new Set(["Add", "Multiply", "Maximum", "Minimum", "Equal", "NotEqual", "LogicalAnd", "LogicalOr"]);

/** Kernels that take axes away, with the name they give them. */
const reductions: Readonly<Record<string, string>> = {
  ...{ Sum: "axis", Mean: "axis", Min: "axis", Prod: "axis", Max: "reductionIndices" },
};

function nodeKey({ kernel, attributes, inputs }: GraphNode): string {
  const ids = inputs.map(({ id }) => id);
  if (symmetric.has(kernel)) ids.sort((left, right) => left - right);
  const axes = reductions[kernel];
  const same = axes === undefined ? attributes : { ...attributes, [axes]: allAxes(attributes[axes], inputs[0]) };
  const options = Object.keys(same)
    .sort()
    .map((name) => `${name}=${write(same[name])}`);
  return `${kernel} ${ids.join()} ${options.join()}`;
}

/** One axis, a list, some from behind or none at all: the same list. */
function allAxes(given: unknown, input: GraphValue | undefined): readonly number[] {
  const rank = input?.shape.length ?? 0;
  if (given === undefined || given === null) return Array.from({ length: rank }, (_, axis) => axis);
  return [given]
    .flat()
    .map((axis) => ((axis as number) + rank) % rank)
    .sort((left, right) => left - right);
}

/** JSON knows no -0, NaN and infinities. */
function write(attribute: unknown): string {
  if (Array.isArray(attribute)) return `[${attribute.map(write).join()}]`;
  return typeof attribute === "number"
    ? Object.is(attribute, -0)
      ? "-0"
      : String(attribute)
    : JSON.stringify(attribute);
}
