import type { Graph, GraphConstant, GraphNode, GraphType, GraphValue } from "../graph.js";

/**
 * What becomes of a node: `nodes` in its place, and `same`, the value that stands for its output from then on; without it one of the
 * nodes has the node's own outputs. Null: nothing changes.
 */
export type Rewritten = { readonly nodes?: readonly GraphNode[]; readonly same?: GraphValue } | null;

/** What a rule may ask about the graph round a node. */
export interface Surroundings {
  /** The node that makes a value; undefined for inputs and constants. */
  readonly producer: (value: GraphValue) => GraphNode | undefined;
  /** How often a value is read, outputs of the graph included. */
  readonly uses: (value: GraphValue) => number;
  readonly constantOf: (value: GraphValue) => GraphConstant | undefined;
  /** The number that every element of a value is, when the graph says so. */
  readonly splat: (value: GraphValue) => number | null;
  /** A new value, for the output of a new node. */
  readonly value: (dtype: GraphType, shape: readonly number[]) => GraphValue;
  /** A new constant of one number. */
  readonly scalar: (number: number, dtype: GraphType, shape?: readonly number[]) => GraphValue;
}

/**
 * Applies a rule to every node in order; what it sees has been rewritten already. Several rules are tried one after the other until
 * one answers. The graph itself when no rule does.
 */
export function rewrite(
  graph: Graph,
  ...rules: readonly ((node: GraphNode, surroundings: Surroundings) => Rewritten)[]
): Graph {
  const producers = new Map<number, GraphNode>();
  const constants = new Map(graph.constants.map((constant) => [constant.value.id, constant]));
  const replaced = new Map<number, GraphValue>();
  const uses = countUses(graph);
  const nodes: GraphNode[] = [];
  let last = largestId(graph);
  const surroundings: Surroundings = {
    producer: ({ id }) => producers.get(id),
    uses: ({ id }) => uses.get(id) ?? 0,
    constantOf: ({ id }) => constants.get(id),
    splat(value) {
      const producer = producers.get(value.id);
      if (producer?.kernel === "Fill") return rounded(Number(producer.attributes["value"]), value.dtype);
      const data = constants.get(value.id)?.data;
      return data?.length === 1 ? (data[0] ?? null) : null;
    },
    value(dtype, shape) {
      last += 1;
      return { id: last, dtype, shape };
    },
    scalar(number, dtype, shape = []) {
      const value = surroundings.value(dtype, shape);
      const data =
        dtype === "float32"
          ? Float32Array.of(number)
          : dtype === "int32"
            ? Int32Array.of(number)
            : Uint8Array.of(number);
      constants.set(value.id, { value, data });
      return value;
    },
  };
  const now = (value: GraphValue): GraphValue => replaced.get(value.id) ?? value;
  let changed = false;
  for (const given of graph.nodes) {
    const node = given.inputs.some(({ id }) => replaced.has(id)) ? { ...given, inputs: given.inputs.map(now) } : given;
    const answer = firstAnswer(rules, node, surroundings);
    const made = answer === null ? [node] : (answer.nodes ?? []);
    if (answer !== null) {
      changed = true;
      if (answer.same !== undefined) replaced.set((node.outputs[0] as GraphValue).id, answer.same);
    }
    for (const each of made) {
      const placed = node.where === undefined || each.where !== undefined ? each : { ...each, where: node.where };
      nodes.push(placed);
      for (const { id } of placed.outputs) producers.set(id, placed);
    }
  }
  if (!changed) return graph;
  const outputs = new Map([...graph.outputs].map(([name, value]) => [name, now(value)]));
  return { inputs: graph.inputs, constants: [...constants.values()], nodes, outputs };
}

/** A number as a tensor of this type holds it. */
export function rounded(number: number, dtype: GraphType): number {
  if (dtype === "float32") return Math.fround(number);
  return dtype === "int32" ? Math.trunc(number) | 0 : number === 0 ? 0 : 1;
}

export function countElements(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

export function sameShape(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((length, at) => length === right[at]);
}

function firstAnswer(
  rules: readonly ((node: GraphNode, surroundings: Surroundings) => Rewritten)[],
  node: GraphNode,
  surroundings: Surroundings,
): Rewritten {
  for (const rule of rules) {
    const answer = rule(node, surroundings);
    if (answer !== null) return answer;
  }
  return null;
}

function countUses({ nodes, outputs }: Graph): Map<number, number> {
  const uses = new Map<number, number>();
  const count = ({ id }: GraphValue): void => void uses.set(id, (uses.get(id) ?? 0) + 1);
  for (const { inputs } of nodes) inputs.forEach(count);
  for (const value of outputs.values()) count(value);
  return uses;
}

function largestId({ inputs, constants, nodes }: Graph): number {
  let largest = 0;
  const see = ({ id }: GraphValue): void => void (largest = Math.max(largest, id));
  for (const value of inputs.values()) see(value);
  for (const { value } of constants) see(value);
  for (const { outputs } of nodes) outputs.forEach(see);
  return largest;
}
