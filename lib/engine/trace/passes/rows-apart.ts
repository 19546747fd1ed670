import type { Graph, GraphNode, GraphValue } from "../graph.js";
import { rewrite, type Rewritten, type Surroundings } from "./rewrite.js";

/**
 * Rows that are looked up together and used apart are looked up apart, and what is added to rows together, but was made apart, is added one
 * part after the other: a copy of all of them less each.
 */
export function takeRowsApart(graph: Graph): Graph {
  return rewrite(graph, lookedUp, added);
}

/** `split(gather(x, concat(i, j))) = gather(x, i), gather(x, j)` */
function lookedUp(node: GraphNode, { producer, uses }: Surroundings): Rewritten {
  const [rows] = node.inputs;
  if (node.kernel !== "SplitV" || rows === undefined || uses(rows) !== 1 || !isFirst(node, "axis")) return null;
  const gather = producer(rows);
  if (gather?.kernel !== "GatherV2" || !isFirst(gather, "axis") || (gather.attributes["batchDims"] ?? 0) !== 0)
    return null;
  const [x, places] = gather.inputs as readonly [GraphValue, GraphValue];
  const parts = partsOf(places, producer);
  if (places.shape.length !== 1 || !sameLengths(parts, node.outputs)) return null;
  return {
    nodes: parts.map((part, at) => ({
      ...gather,
      inputs: [x, part],
      outputs: [node.outputs[at] as GraphValue],
    })),
  };
}

/** A sum of rows by their places is the sum of those of its parts. */
function added(node: GraphNode, { producer, uses, value }: Surroundings): Rewritten {
  const [rows, places] = node.inputs;
  const [output] = node.outputs;
  if (node.kernel !== "UnsortedSegmentSum" || rows === undefined || places === undefined || output === undefined)
    return null;
  const [ofRows, ofPlaces] = [partsOf(rows, producer), partsOf(places, producer)];
  if (uses(rows) !== 1 || places.shape.length !== 1 || !sameLengths(ofRows, ofPlaces)) return null;
  const nodes: GraphNode[] = [];
  let sum: GraphValue | null = null;
  ofRows.forEach((part, at) => {
    const last = at === ofRows.length - 1;
    const own = value(output.dtype, output.shape);
    nodes.push({ ...node, inputs: [part, ofPlaces[at] as GraphValue], outputs: [own] });
    if (sum === null) sum = own;
    else {
      const both = last ? output : value(output.dtype, output.shape);
      nodes.push({ kernel: "Add", inputs: [sum, own], attributes: {}, outputs: [both] });
      sum = both;
    }
  });
  return { nodes };
}

/** What a tensor was put together from along its first axis; nothing when it was not. */
function partsOf(value: GraphValue, producer: Surroundings["producer"]): readonly GraphValue[] {
  const made = producer(value);
  return made?.kernel === "Concat" && isFirst(made, "axis") ? made.inputs : [];
}

function isFirst({ attributes, inputs }: GraphNode, name: string): boolean {
  const axis = (attributes[name] as number | undefined) ?? 0;
  return axis === 0 || axis === -(inputs[0]?.shape.length ?? 0);
}

/** Two parts at least, and as many of the one as of the other, each of as many rows. */
function sameLengths(left: readonly GraphValue[], right: readonly GraphValue[]): boolean {
  return (
    left.length > 1 &&
    left.length === right.length &&
    left.every(({ shape }, at) => shape[0] === (right[at] as GraphValue).shape[0])
  );
}
