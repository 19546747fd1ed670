import type { Graph, GraphNode, GraphValue } from "../graph.js";
import { rewrite, sameShape, type Rewritten, type Surroundings } from "./rewrite.js";

/** Adds numbers up before they are added to a tensor: `1 - (1 - x) = x`, `(x + a) - b = x + (a - b)`. */
export function gatherOffsets(graph: Graph): Graph {
  return rewrite(graph, gathered);
}

/** `±x + offset` */
interface Shifted {
  readonly x: GraphValue;
  readonly negative: boolean;
  readonly offset: number;
}

/** Larger numbers are added and taken away to hide something, or to round. */
const LARGEST = 1024;

function asShifted({ kernel, inputs, outputs }: GraphNode, splat: Surroundings["splat"]): Shifted | null {
  if ((kernel !== "Add" && kernel !== "Sub") || outputs[0]?.dtype !== "float32") return null;
  const [left, right] = inputs as readonly [GraphValue, GraphValue];
  const of = (x: GraphValue, number: GraphValue, negative: boolean, sign: number): Shifted | null => {
    const offset = splat(number);
    const fits = offset !== null && Math.abs(offset) <= LARGEST && sameShape(x.shape, outputs[0]?.shape ?? []);
    return fits ? { x, negative, offset: sign * offset } : null;
  };
  return of(left, right, false, kernel === "Add" ? 1 : -1) ?? of(right, left, kernel === "Sub", 1);
}

function gathered(node: GraphNode, { producer, splat, scalar }: Surroundings): Rewritten {
  const outer = asShifted(node, splat);
  const before = outer && producer(outer.x);
  const inner = before && asShifted(before, splat);
  if (!outer || !inner) return null;
  const offset = outer.offset + (outer.negative ? -1 : 1) * inner.offset;
  const negative = outer.negative !== inner.negative;
  if (!negative && offset === 0) return { same: inner.x };
  const number = scalar(offset, "float32");
  return {
    nodes: [
      negative
        ? { kernel: "Sub", inputs: [number, inner.x], attributes: {}, outputs: node.outputs }
        : { kernel: "Add", inputs: [inner.x, number], attributes: {}, outputs: node.outputs },
    ],
  };
}
