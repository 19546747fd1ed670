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

function constantKey({ value: { dtype, shape }, data }: GraphConstant): string {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return `${dtype} [${shape.join()}] ${bytes.toString("latin1")}`;
}

/** Kernels whose inputs may change places. */
const symmetric = new Set(["Add", "Multiply", "Maximum", "Minimum", "Equal", "NotEqual", "LogicalAnd", "LogicalOr"]);

function nodeKey({ kernel, attributes, inputs }: GraphNode): string {
  const ids = inputs.map(({ id }) => id);
  if (symmetric.has(kernel)) ids.sort((left, right) => left - right);
  const options = Object.keys(attributes)
    .sort()
    .map((name) => `${name}=${write(attributes[name])}`);
  return `${kernel} ${ids.join()} ${options.join()}`;
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
