import { fitSize, sizeAt, type Symbol } from "./onnx/symbolic-size.js";
import { isSplat } from "./trace/constants.js";
import type { Graph, GraphNode, GraphValue } from "./trace/graph.js";

/** Recordings of one program at every combination of the symbols' two values, the last symbol changing fastest. */
export interface Recordings {
  readonly symbols: readonly Symbol[];
  readonly corners: readonly Graph[];
}

/** Kernels that change no number. tfjs leaves them out where they would do nothing, which depends on sizes. */
const MOVING: ReadonlySet<string> = new Set(["Identity", "Reshape"]);
const MOVING_OR_REPEATING: ReadonlySet<string> = new Set([...MOVING, "Tile"]);

/** What makes a value. */
type Origin =
  | { readonly from: "kernel"; readonly node: GraphNode; readonly at: number; readonly output: number }
  | { readonly from: "input"; readonly name: string }
  | { readonly from: "numbers"; readonly data: ArrayLike<number> };

/**
 * What a program does at these sizes that the recordings at others do not tell: it chooses operations or numbers by the sizes. Null when
 * there is no such thing.
 */
export function differenceAt(recordings: Recordings, graph: Graph, sizes: ReadonlyMap<string, number>): string | null {
  const [sample] = recordings.corners as [Graph];
  const [inSample, inGraph] = [originsOf(sample), originsOf(graph)];
  const seen = new Set<string>();
  const open = [...sample.outputs].map(([name, value]) => [value, graph.outputs.get(name) as GraphValue] as const);
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const key = `${pair[0].id} ${pair[1].id}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const sources = (passed: ReadonlySet<string>): [Origin, Origin] => [
      sourceOf(inSample, pair[0], passed),
      sourceOf(inGraph, pair[1], passed),
    ];
    const near = sources(MOVING);
    const [before, now] = nameOf(near[0]) === nameOf(near[1]) ? near : sources(MOVING_OR_REPEATING);
    const same =
      before.from === "kernel" && now.from === "kernel"
        ? before.output === now.output && sameKernel(recordings, before, now.node, sizes)
        : sameLeaf(before, now);
    if (!same)
      return nameOf(before) === nameOf(now) ? `another ${nameOf(now)}` : `${nameOf(now)} instead of ${nameOf(before)}`;
    if (before.from === "kernel" && now.from === "kernel")
      before.node.inputs.forEach((value, at) => open.push([value, now.node.inputs[at] as GraphValue]));
  }
  return null;
}

function originsOf({ inputs, constants, nodes }: Graph): ReadonlyMap<number, Origin> {
  const origins = new Map<number, Origin>();
  for (const [name, { id }] of inputs) origins.set(id, { from: "input", name });
  for (const { value, data } of constants) origins.set(value.id, { from: "numbers", data });
  for (const [at, node] of nodes.entries()) {
    const { value } = node.attributes;
    // Many equal numbers, of which there may be one at another size.
    const filled = node.kernel === "Fill" ? ({ from: "numbers", data: [value as number] } as const) : null;
    node.outputs.forEach(({ id }, output) => origins.set(id, filled ?? { from: "kernel", node, at, output }));
  }
  return origins;
}

/** What makes a value, before kernels of some names. */
function sourceOf(origins: ReadonlyMap<number, Origin>, value: GraphValue, passed: ReadonlySet<string>): Origin {
  let origin = origins.get(value.id) as Origin;
  while (origin.from === "kernel" && passed.has(origin.node.kernel))
    origin = origins.get((origin.node.inputs[0] as GraphValue).id) as Origin;
  return origin;
}

function nameOf(origin: Origin): string {
  if (origin.from === "kernel") return origin.node.kernel;
  return origin.from === "input" ? origin.name : "constant";
}

function sameLeaf(before: Origin, now: Origin): boolean {
  if (before.from === "input" && now.from === "input") return before.name === now.name;
  if (before.from !== "numbers" || now.from !== "numbers") return false;
  if (isSplat(before.data) && isSplat(now.data)) return Object.is(before.data[0], now.data[0]);
  // What is longer at other sizes is a range.
  return Array.from(now.data).every((value, at) => Object.is(value, before.data[at]));
}

function sameKernel(
  { symbols, corners }: Recordings,
  { node, at }: Extract<Origin, { readonly from: "kernel" }>,
  now: GraphNode,
  sizes: ReadonlyMap<string, number>,
): boolean {
  if (now.kernel !== node.kernel || now.inputs.length !== node.inputs.length) return false;
  const known = corners.map(({ nodes }) => flat(nodes[at]?.attributes));
  const wanted = flat(now.attributes);
  return wanted.every((value, place) => {
    const values = known.map((each) => each[place]);
    if (typeof value !== "number") return values.every((each) => each === value);
    const fitted = fitSize(symbols, values as number[]);
    return fitted !== null && sizeAt(fitted, sizes) === value;
  });
}

/** Everything in a tree of lists and records, in order, with the lengths of lists. */
function flat(tree: unknown): readonly unknown[] {
  if (typeof tree !== "object" || tree === null) return [tree];
  const entries = Object.entries(tree).sort(([left], [right]) => Number(left > right) - 0.5);
  return [entries.length, ...entries.flatMap(([, value]) => flat(value))];
}
