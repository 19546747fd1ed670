import type { Graph, GraphNode, GraphValue } from "./trace/graph.js";

/** Rows of an input, as an input of their own. */
export interface InputView {
  /** Name of the whole. */
  readonly of: string;
  /** Numbers of the whole before the first of these. */
  readonly start: number;
}

/** A graph that is given parts of inputs, by their names, which the whole's name and the numbers before them make. */
export interface ViewedGraph {
  readonly graph: Graph;
  readonly views: ReadonlyMap<string, InputView>;
}

/**
 * Inputs that a graph takes apart by rows are given in parts: they lie one after the other in the buffer that comes with a run, and
 * nothing needs to be copied.
 */
export function viewInputs(graph: Graph): ViewedGraph {
  const names = new Map(
    [...graph.inputs].filter(([name]) => name.startsWith("input/")).map(([name, { id }]) => [id, name]),
  );
  const views = new Map<string, InputView>();
  const inputs = new Map(graph.inputs);
  const same = new Map<number, GraphValue>();
  const nodes: GraphNode[] = [];
  for (const given of graph.nodes) {
    const node = given.inputs.some(({ id }) => same.has(id)) ? { ...given, inputs: given.inputs.map(now) } : given;
    const [whole] = node.inputs;
    const of = whole === undefined || !takesRows(node) ? undefined : names.get(whole.id);
    if (of === undefined) {
      nodes.push(node);
      continue;
    }
    let start = 0;
    node.outputs.forEach((part, at) => {
      const name = `${of}/part${at}of${node.outputs.length}`;
      const known = inputs.get(name);
      if (known !== undefined) same.set(part.id, known);
      else {
        inputs.set(name, part);
        views.set(name, { of, start });
      }
      start += part.shape.reduce((product, length) => product * length, 1);
    });
  }
  if (views.size === 0) return { graph, views };
  const outputs = new Map([...graph.outputs].map(([name, value]) => [name, now(value)]));
  return { graph: { inputs, constants: graph.constants, nodes, outputs }, views };

  function now(value: GraphValue): GraphValue {
    return same.get(value.id) ?? value;
  }
}

/** Into equal parts: those of the same number are the same rows. */
function takesRows({ kernel, attributes, inputs, outputs }: GraphNode): boolean {
  const [whole] = inputs;
  if (kernel !== "SplitV" || whole === undefined || outputs.length < 2) return false;
  const rank = whole.shape.length;
  const axis = (attributes["axis"] as number | undefined) ?? 0;
  return (axis + rank) % rank === 0 && outputs.every(({ shape }) => shape[0] === outputs[0]?.shape[0]);
}
