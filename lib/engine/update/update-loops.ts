import type { Graph, GraphNode, GraphValue } from "../trace/graph.js";
import { emit } from "./elementwise.js";
import { LaneCode } from "./lane-code.js";
import { readsOf, sizeOf, type SplitGraph } from "./split-update.js";
import { wasmModule, type WasmFunction } from "./wasm-bytes.js";

/** An array that a loop reads or writes: a carried tensor in its place, or what the core puts out. */
export type LoopArray = { readonly carried: string } | { readonly cut: number };

/** A number that a loop is given: of an input by its place in the plan, of a carried tensor, or what the core puts out. */
export type LoopNumber = { readonly input: number } | { readonly carried: string } | { readonly cut: number };

/** What a function of the module is called with; functions are named by their place. */
export interface Loop {
  readonly arrays: readonly LoopArray[];
  readonly numbers: readonly LoopNumber[];
}

/** The update of a step as a WebAssembly module. */
export interface UpdatePlan {
  readonly module: Uint8Array;
  readonly loops: readonly Loop[];
  /** Shapes of what the core puts out for it. */
  readonly cuts: readonly (readonly number[])[];
}

/**
 * One loop for all arrays of equal length that depend on each other. A loop reads every array before it writes one, number by number,
 * so that carried tensors are changed where they are.
 */
export function updateLoops(graph: Graph, split: SplitGraph, inputs: readonly string[]): UpdatePlan {
  const loops: Loop[] = [];
  const functions = connected(graph, split).map((part) => {
    const { loop, code } = write(graph, split, part, inputs);
    loops.push(loop);
    return code;
  });
  return { module: wasmModule(functions), loops, cuts: split.cuts.map(({ shape }) => shape) };
}

/** Nodes of one loop, in order. */
type Part = readonly GraphNode[];

/** Nodes that share a value with more than one number, directly or through others. */
function connected(graph: Graph, { nodes, outputs }: SplitGraph): Part[] {
  const parents = new Map<number, number>();
  const rootOf = (id: number): number => {
    let root = id;
    while (parents.get(root) !== undefined && parents.get(root) !== root) root = parents.get(root)!;
    return root;
  };
  const join = (one: number, other: number): void => void parents.set(rootOf(one), rootOf(other));
  for (const node of nodes) {
    const { id } = node.outputs[0]!;
    for (const value of readsOf(node)) if (sizeOf(value) > 1) join(value.id, id);
  }
  // What is written over another tensor's place must come after that tensor was read.
  for (const [name, { id }] of outputs) {
    const place = graph.inputs.get(name);
    if (place !== undefined) join(place.id, id);
  }
  const parts = new Map<number, GraphNode[]>();
  for (const node of nodes) {
    const root = rootOf(node.outputs[0]!.id);
    const part = parts.get(root);
    if (part === undefined) parts.set(root, [node]);
    else part.push(node);
  }
  return [...parts.values()];
}

function write(
  graph: Graph,
  { cuts, outputs }: SplitGraph,
  part: Part,
  planned: readonly string[],
): { loop: Loop; code: WasmFunction } {
  const names = new Map([...graph.inputs].map(([name, { id }]) => [id, name]));
  const constants = new Map(graph.constants.map(({ value, data }) => [value.id, data]));
  const cutOf = new Map(cuts.map(({ id }, at) => [id, at]));
  const made = new Set(part.map((node) => node.outputs[0]!.id));
  const arrays: LoopArray[] = [];
  const numbers: LoopNumber[] = [];
  const leaves = new Map<number, { readonly value: GraphValue; readonly place: number } | null>();
  for (const node of part) {
    for (const value of readsOf(node)) {
      if (made.has(value.id) || leaves.has(value.id)) continue;
      if (constants.get(value.id)?.length === 1) leaves.set(value.id, null);
      else if (sizeOf(value) === 1) leaves.set(value.id, { value, place: numbers.push(numberOf(value.id)) - 1 });
      else leaves.set(value.id, { value, place: arrays.push(arrayOf(value.id)) - 1 });
    }
  }
  const results = [...outputs].filter(([, { id }]) => made.has(id));
  const places = results.map(([name]) => {
    const carried = name.slice("carried/".length);
    const known = arrays.findIndex((array) => "carried" in array && array.carried === carried);
    return known >= 0 ? known : arrays.push({ carried }) - 1;
  });

  const code = new LaneCode(arrays.length, numbers.length);
  const locals = new Map<number, number>();
  for (const [id, leaf] of leaves) {
    if (leaf === null) locals.set(id, code.constantLocal(constants.get(id)![0]!));
    else locals.set(id, sizeOf(leaf.value) === 1 ? code.scalar(leaf.place) : code.load(leaf.place));
  }
  for (const node of part) {
    const inputs = readsOf(node).map(({ id }) => locals.get(id)!);
    emit(code, node, inputs);
    locals.set(node.outputs[0]!.id, code.keep());
  }
  results.forEach(([, { id }], at) => code.store(places[at]!, locals.get(id)!));
  return { loop: { arrays, numbers }, code: code.finish(sizeOf(part[0]!.outputs[0]!)) };

  function arrayOf(id: number): LoopArray {
    const cut = cutOf.get(id);
    return cut === undefined ? { carried: names.get(id)!.slice("carried/".length) } : { cut };
  }
  function numberOf(id: number): LoopNumber {
    const cut = cutOf.get(id);
    if (cut !== undefined) return { cut };
    const name = names.get(id)!;
    return name.startsWith("carried/") ? { carried: name.slice("carried/".length) } : { input: planned.indexOf(name) };
  }
}
