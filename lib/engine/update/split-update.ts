import type { Graph, GraphNode, GraphValue } from "../trace/graph.js";
import { removeDeadNodes } from "../trace/passes/dead-nodes.js";
import { isElementwise } from "./elementwise.js";

/** A graph cut in two. */
export interface SplitGraph {
  /** What has to run first. Outputs named `cut/<number>` are read by the update. */
  readonly core: Graph;
  /** Values of the graph that the core puts out for the update, in the order of their numbers. */
  readonly cuts: readonly GraphValue[];
  /** Elementwise nodes that only lead to new carried tensors, in order; some may be in the core too. */
  readonly nodes: readonly GraphNode[];
  /** What the update makes of carried tensors. */
  readonly outputs: ReadonlyMap<string, GraphValue>;
}

/** Prefix of core outputs that the update reads. */
export const CUT = "cut/";

const CARRIED = "carried/";

/**
 * Takes the elementwise end of a training step, gradients to new parameters, out of its graph: dozens of small kernels that each read
 * and write whole arrays become one loop over them. Null when there is no such end.
 */
export function splitUpdate(graph: Graph): SplitGraph | null {
  const chosen = chooseNodes(graph);
  const outputs = new Map([...graph.outputs].filter(([name, { id }]) => name.startsWith(CARRIED) && chosen.has(id)));
  if (outputs.size === 0) return null;
  const constants = new Map(graph.constants.map(({ value, data }) => [value.id, data]));
  const carried = new Set([...graph.inputs].filter(([name]) => name.startsWith(CARRIED)).map(([, { id }]) => id));
  const given = new Set([...graph.inputs.values()].map(({ id }) => id));
  absorb(
    graph,
    chosen,
    (value) => carried.has(value.id) || constants.get(value.id)?.length === 1 || sizeOf(value) === 1,
  );
  const nodes = graph.nodes.filter((node) => chosen.has(node.outputs[0]?.id ?? -1));
  const cuts = new Map<number, GraphValue>();
  for (const node of nodes) {
    for (const value of readsOf(node)) {
      const own = chosen.has(value.id) || carried.has(value.id) || constants.get(value.id)?.length === 1;
      // Single numbers among the inputs are read where they come in.
      if (!own && !(given.has(value.id) && sizeOf(value) === 1)) cuts.set(value.id, value);
    }
  }
  const kept = [...graph.outputs].filter(([name]) => !outputs.has(name));
  const list = [...cuts.values()];
  if (kept.length + list.length === 0 || list.some(({ dtype }) => dtype !== "float32")) return null;
  const core = removeDeadNodes({
    ...graph,
    outputs: new Map([...kept, ...list.map((value, at) => [`${CUT}${at}`, value] as const)]),
  });
  return { core, cuts: list, nodes, outputs };
}

/** What a node computes with. */
export function readsOf({ kernel, inputs }: GraphNode): readonly GraphValue[] {
  return kernel === "ZerosLike" || kernel === "OnesLike" ? [] : inputs;
}

export function sizeOf({ shape }: GraphValue): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** Outputs of elementwise nodes that lead to carried tensors and to nothing else. */
function chooseNodes(graph: Graph): Set<number> {
  const reported = new Set<number>();
  const wanted = new Set<number>();
  const inputs = new Set([...graph.inputs.values()].map(({ id }) => id));
  for (const [name, { id, dtype }] of graph.outputs) {
    if (name.startsWith(CARRIED) && dtype === "float32" && !inputs.has(id)) wanted.add(id);
    else reported.add(id);
  }
  const chosen = new Set<number>();
  const elsewhere = reported;
  for (const node of graph.nodes.toReversed()) {
    const [output] = node.outputs;
    const isChosen =
      output !== undefined &&
      wanted.has(output.id) &&
      !elsewhere.has(output.id) &&
      sizeOf(output) > 1 &&
      isElementwise(node);
    if (isChosen) chosen.add(output.id);
    for (const { id } of isChosen ? readsOf(node) : node.inputs) (isChosen ? wanted : elsewhere).add(id);
  }
  return chosen;
}

/**
 * Computes again, in the update, what costs less to compute than to hand over: elementwise nodes of the core whose inputs the update has
 * anyway.
 */
function absorb(graph: Graph, chosen: Set<number>, free: (value: GraphValue) => boolean): void {
  const producers = new Map(graph.nodes.flatMap((node) => node.outputs.map(({ id }) => [id, node] as const)));
  for (;;) {
    const read = new Map<number, GraphValue>();
    for (const id of chosen) for (const value of readsOf(producers.get(id)!)) read.set(value.id, value);
    const before = chosen.size;
    for (const [id, value] of read) {
      const node = producers.get(id);
      if (chosen.has(id) || node === undefined || sizeOf(value) === 1 || !isElementwise(node)) continue;
      if (readsOf(node).every((input) => read.has(input.id) || chosen.has(input.id) || free(input))) chosen.add(id);
    }
    if (chosen.size === before) return;
  }
}
