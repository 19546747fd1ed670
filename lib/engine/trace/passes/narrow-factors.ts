import type { Graph, GraphNode, GraphValue } from "../graph.js";
import { countElements, rewrite, type Rewritten, type Surroundings } from "./rewrite.js";
import { asScaled, LARGE, narrowTogether, type Factor } from "./scaled.js";

/**
 * Gathers factors that are narrower than what they scale (one number, or one for each row), so that a wide tensor is multiplied once:
 * `(x · s) · t = x · (s · t)`, `-(x · s) = x · -s`, `((x · s) / y) · t = (x · (s · t)) / y`, `-(x · s + y · t) = x · -s + y · -t`. An
 * update by Adam goes over its tensors two times less.
 */
export function gatherNarrowFactors(graph: Graph): Graph {
  const scalings = countScalings(graph);
  const isSpared = (wide: GraphValue, uses: number): boolean =>
    countElements(wide.shape) >= LARGE && scalings.get(wide.id) === uses;
  return rewrite(graph, (node, surroundings) => gathered(node, surroundings, isSpared), negatedSum);
}

/** The same where it saves something at every size. */
export function gatherFactorsAtAnySize(graph: Graph): Graph {
  return rewrite(graph, (node, surroundings) => gathered(node, surroundings, () => false), negatedSum);
}

/** How often values are read to be scaled. */
function countScalings({ nodes }: Graph): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const node of nodes) {
    const wide = asScaled(node)?.wide.id;
    if (wide !== undefined) counts.set(wide, (counts.get(wide) ?? 0) + 1);
  }
  return counts;
}

/** @param isSpared whether a product that is read so often need not be computed for all that reads it. */
function gathered(
  node: GraphNode,
  surroundings: Surroundings,
  isSpared: (product: GraphValue, uses: number) => boolean,
): Rewritten {
  const { producer, uses, value } = surroundings;
  const outer = asScaled(node);
  const before = outer && producer(outer.wide);
  if (!outer || !before) return null;
  const inner = asScaled(before);
  if (inner !== null) {
    // A node more, and when something else takes the inner product as it is nothing is saved.
    const free = uses(outer.wide) === 1 && (isOne(inner.factor) || isOne(outer.factor));
    if (!free && !isSpared(outer.wide, uses(outer.wide))) return null;
    const one = together(inner.factor, outer.factor, inner.wide.shape, surroundings);
    return one === null ? null : { nodes: [one.made, { ...node, ...applied(one.factor, inner.wide) }] };
  }
  if (before.kernel !== "RealDiv" || uses(outer.wide) !== 1) return null;
  const [dividend, divisor] = before.inputs as readonly [GraphValue, GraphValue];
  const above = producer(dividend);
  const ofDividend = above === undefined || uses(dividend) !== 1 ? null : asScaled(above);
  const one = ofDividend && together(ofDividend.factor, outer.factor, ofDividend.wide.shape, surroundings);
  if (!ofDividend || !one) return null;
  const scaled = value("float32", dividend.shape);
  return {
    nodes: [
      one.made,
      { ...applied(one.factor, ofDividend.wide), outputs: [scaled] },
      { ...before, inputs: [scaled, divisor], outputs: node.outputs },
    ],
  };
}

function isOne({ number }: Factor): boolean {
  return number === null || countElements(number.shape) === 1;
}

/** The sign of a sum of scaled tensors goes to their factors. */
function negatedSum(node: GraphNode, { producer, uses, value }: Surroundings): Rewritten {
  const [sum] = node.inputs;
  if (node.kernel !== "Neg" || sum === undefined || uses(sum) !== 1) return null;
  const made = producer(sum);
  if (made?.kernel !== "Add") return null;
  const terms = made.inputs.map((term) => ({ term, by: producer(term) }));
  if (terms.some(({ term, by }) => by === undefined || uses(term) !== 1 || asScaled(by) === null)) return null;
  const negated = terms.map(({ term }): GraphNode => ({
    kernel: "Neg",
    inputs: [term],
    attributes: {},
    outputs: [value(term.dtype, term.shape)],
  }));
  const inputs = negated.flatMap(({ outputs }) => outputs);
  return { nodes: [...negated, { ...made, inputs, outputs: node.outputs }] };
}

function applied({ kernel, number }: Factor, wide: GraphValue): Pick<GraphNode, "kernel" | "inputs" | "attributes"> {
  return number === null
    ? { kernel: "Neg", inputs: [wide], attributes: {} }
    : { kernel, inputs: [wide, number], attributes: {} };
}

/** Numbers outside of this range hide something; their product may be infinite. */
const RANGE = [1e-15, 1e15] as const;

/** One factor in place of two, and the node that computes its number. */
function together(
  inner: Factor,
  outer: Factor,
  wide: readonly number[],
  { splat, value }: Surroundings,
): { readonly factor: Factor; readonly made: GraphNode } | null {
  const numbers = [inner.number, outer.number].filter((number) => number !== null);
  const [first, second] = numbers;
  if (first === undefined) return null;
  const shape = narrowTogether(first.shape, second?.shape ?? [], wide);
  if (shape === null) return null;
  const result = (factor: Factor["kernel"], kernel: string, inputs: readonly GraphValue[]) => {
    const number = value("float32", shape);
    return { factor: { kernel: factor, number }, made: { kernel, inputs, attributes: {}, outputs: [number] } };
  };
  if (second === undefined) return result(inner.number === null ? outer.kernel : inner.kernel, "Neg", [first]);
  const hides = numbers.map(splat).some((known) => known !== null && known !== 0 && !within(Math.abs(known)));
  if (hides) return null;
  if (inner.kernel === outer.kernel) return result(inner.kernel, "Multiply", numbers);
  return result("Multiply", "RealDiv", inner.kernel === "RealDiv" ? [second, first] : numbers);
}

function within(size: number): boolean {
  return size >= RANGE[0] && size <= RANGE[1];
}
