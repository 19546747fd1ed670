import type { Graph, GraphNode, GraphValue } from "../graph.js";
import { countElements, rewrite, sameShape, type Rewritten, type Surroundings } from "./rewrite.js";
import { asScaled, LARGE, type Factor } from "./scaled.js";

/**
 * Takes factors that are the same for all summands out of a sum: `Σⱼ aᵢ bᵢⱼ = aᵢ Σⱼ bᵢⱼ`, also those of a factor:
 * `Σⱼ bᵢⱼ (cᵢⱼ / aᵢ) = (Σⱼ bᵢⱼ cᵢⱼ) / aᵢ`. The sum that is left may be known already. For large tensors.
 */
export function factorSums(graph: Graph): Graph {
  return rewrite(graph, factored);
}

/** What is summed, as a factor times the rest, and the nodes that make the rest. */
interface Parted {
  readonly factor: Factor;
  readonly rest: GraphValue;
  readonly nodes: readonly GraphNode[];
}

function factored(node: GraphNode, surroundings: Surroundings): Rewritten {
  const { producer, value } = surroundings;
  const [summed] = node.inputs;
  const [output] = node.outputs;
  if (node.kernel !== "Sum" || summed?.dtype !== "float32" || output === undefined) return null;
  const { shape } = summed;
  const given = node.attributes["axis"];
  const axes = [
    ...(given === undefined
      ? shape.keys()
      : [given].flat().map((axis) => ((axis as number) + shape.length) % shape.length)),
  ];
  if (countElements(shape) < LARGE || axes.length === 0 || axes.some((axis) => shape[axis] === 1)) return null;
  const made = producer(summed);
  const parted = made && part(made, summed, axes, surroundings);
  if (!parted) return null;
  const { factor, rest, nodes } = parted;
  const left = shape.filter((_, axis) => !axes.includes(axis));
  const sum = value("float32", left);
  const scaled = value("float32", left);
  const sumNode = { kernel: "Sum", inputs: [rest], attributes: { axis: axes, keepDims: false }, outputs: [sum] };
  const back = { kernel: "Reshape", inputs: [scaled], attributes: { shape: [...output.shape] }, outputs: [output] };
  if (factor.number === null)
    return { nodes: [...nodes, sumNode, { kernel: "Neg", inputs: [sum], attributes: {}, outputs: [scaled] }, back] };
  const kept = aligned(factor.number, shape).filter((_, axis) => !axes.includes(axis));
  const narrow = value("float32", kept);
  return {
    nodes: [
      ...nodes,
      { kernel: "Reshape", inputs: [factor.number], attributes: { shape: kept }, outputs: [narrow] },
      sumNode,
      { kernel: factor.kernel, inputs: [sum, narrow], attributes: {}, outputs: [scaled] },
      back,
    ],
  };
}

function part(made: GraphNode, summed: GraphValue, axes: readonly number[], surroundings: Surroundings): Parted | null {
  const { producer, uses, value } = surroundings;
  const isSame = ({ number }: Factor): boolean =>
    number === null || axes.every((axis) => aligned(number, summed.shape)[axis] === 1);
  const outer = asScaled(made);
  if (outer !== null && isSame(outer.factor)) return { factor: outer.factor, rest: outer.wide, nodes: [] };
  if (made.kernel !== "Multiply" || uses(summed) !== 1) return null;
  const [first, second] = made.inputs as readonly [GraphValue, GraphValue];
  for (const [side, other] of [
    [first, second],
    [second, first],
  ] as const) {
    const before = producer(side);
    const inner = before && asScaled(before);
    if (!inner || !isSame(inner.factor) || !sameShape(inner.wide.shape, summed.shape)) continue;
    const rest = value("float32", summed.shape);
    const node = { kernel: "Multiply", inputs: [inner.wide, other], attributes: {}, outputs: [rest] };
    return { factor: inner.factor, rest, nodes: [node] };
  }
  return null;
}

/** The shape with ones before it, so that it has as many dimensions as `wide`. */
function aligned({ shape }: GraphValue, wide: readonly number[]): readonly number[] {
  return [...Array<number>(wide.length - shape.length).fill(1), ...shape];
}
