import type { Graph, GraphNode, GraphValue } from "../graph.js";
import { countElements, rewrite, type Rewritten, type Surroundings } from "./rewrite.js";

/**
 * Gathers factors that are one number each, so that a large tensor is multiplied once: `(x · s) · t = x · (s · t)`, `-(x · s) = x · -s`,
 * `((x · s) / y) · t = (x · (s · t)) / y`. An update by Adam goes over its tensors two times less.
 */
export function gatherScalarFactors(graph: Graph): Graph {
  return rewrite(graph, gathered);
}

/** What a large tensor is multiplied with or divided by. */
interface Factor {
  readonly kernel: "Multiply" | "RealDiv";
  /** One element; null: -1. */
  readonly number: GraphValue | null;
}

interface Scaled {
  readonly large: GraphValue;
  readonly factor: Factor;
}

function asScaled({ kernel, inputs, outputs }: GraphNode): Scaled | null {
  const [left, right] = inputs as readonly [GraphValue, GraphValue];
  if (outputs[0]?.dtype !== "float32" || isNumber(outputs[0])) return null;
  const fits = (number: GraphValue, large: GraphValue): boolean =>
    isNumber(number) && number.shape.length <= large.shape.length;
  switch (kernel) {
    case "Neg":
      return { large: left, factor: { kernel: "Multiply", number: null } };
    case "Multiply":
      if (fits(right, left)) return { large: left, factor: { kernel, number: right } };
      return fits(left, right) ? { large: right, factor: { kernel, number: left } } : null;
    case "RealDiv":
      return fits(right, left) ? { large: left, factor: { kernel, number: right } } : null;
    default:
      return null;
  }
}

function isNumber({ shape }: GraphValue): boolean {
  return countElements(shape) === 1;
}

function gathered(node: GraphNode, { producer, uses, value }: Surroundings): Rewritten {
  const outer = asScaled(node);
  if (outer === null || uses(outer.large) !== 1) return null;
  const before = producer(outer.large);
  if (before === undefined) return null;
  const inner = asScaled(before);
  if (inner !== null) {
    const one = together(inner.factor, outer.factor, value);
    if (one === null) return null;
    const { factor, number } = one;
    return { nodes: [number, { ...node, ...applied(factor, inner.large) }] };
  }
  if (before.kernel !== "RealDiv") return null;
  const [dividend, divisor] = before.inputs as readonly [GraphValue, GraphValue];
  const above = producer(dividend);
  const ofDividend = above === undefined || uses(dividend) !== 1 ? null : asScaled(above);
  if (ofDividend === null) return null;
  const one = together(ofDividend.factor, outer.factor, value);
  if (one === null) return null;
  const { factor, number } = one;
  const scaled = value("float32", dividend.shape);
  return {
    nodes: [
      number,
      { ...applied(factor, ofDividend.large), outputs: [scaled] },
      { ...before, inputs: [scaled, divisor], outputs: node.outputs },
    ],
  };
}

function applied({ kernel, number }: Factor, large: GraphValue): Pick<GraphNode, "kernel" | "inputs" | "attributes"> {
  return number === null
    ? { kernel: "Neg", inputs: [large], attributes: {} }
    : { kernel, inputs: [large, number], attributes: {} };
}

/** One factor in place of two, and the node that computes its number. */
function together(
  inner: Factor,
  outer: Factor,
  value: Surroundings["value"],
): { readonly factor: Factor; readonly number: GraphNode } | null {
  const numbers = [inner.number, outer.number].filter((number) => number !== null);
  if (numbers.length === 0) return null;
  const shape = numbers.reduce<readonly number[]>(
    (longest, number) => (number.shape.length > longest.length ? number.shape : longest),
    [],
  );
  const output = value("float32", shape);
  const made = (kernel: string, inputs: readonly GraphValue[]): GraphNode => ({
    kernel,
    inputs,
    attributes: {},
    outputs: [output],
  });
  if (numbers.length < 2) {
    const kernel = inner.number === null ? outer.kernel : inner.kernel;
    return { factor: { kernel, number: output }, number: made("Neg", numbers) };
  }
  if (inner.kernel === outer.kernel)
    return { factor: { kernel: inner.kernel, number: output }, number: made("Multiply", numbers) };
  const over = inner.kernel === "RealDiv" ? [...numbers].reverse() : numbers;
  return { factor: { kernel: "Multiply", number: output }, number: made("RealDiv", over) };
}
