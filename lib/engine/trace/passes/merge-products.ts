import type { Graph, GraphNode, GraphValue } from "../graph.js";
import { rewrite, sameShape, type Rewritten, type Surroundings } from "./rewrite.js";

/**
 * Adds before it multiplies: `A·C + B·C = (A + B)·C`. The gradient of distances within a batch is `G·X + Gᵀ·X`, half of which this
 * saves.
 */
export function mergeProducts(graph: Graph): Graph {
  return rewrite(graph, (node, surroundings) => merged(node, surroundings, WORTH));
}

/** The same however large the product is: most are large enough. */
export function mergeProductsAtAnySize(graph: Graph): Graph {
  return rewrite(graph, (node, surroundings) => merged(node, surroundings, { sum: 0, transpose: 0 }));
}

/** Summand of a sum, with its sign. */
interface Term {
  readonly value: GraphValue;
  readonly negative: boolean;
}

/** Columns from which a product costs more than the sum, and than the transpose and the sum, that save it. */
const WORTH = { sum: 32, transpose: 128 };

function merged(node: GraphNode, surroundings: Surroundings, worth: typeof WORTH): Rewritten {
  const [output] = node.outputs;
  if (output?.dtype !== "float32" || !isSum(node)) return null;
  const terms = summands(node, output, false, surroundings);
  for (const [at, first] of terms.entries()) {
    for (const second of terms.slice(at + 1)) {
      const nodes = productOfSum(first, second, surroundings, worth);
      const product = nodes?.at(-1)?.outputs[0];
      if (nodes === null || product === undefined) continue;
      const all = [
        { value: product, negative: first.negative },
        ...terms.filter((term) => term !== first && term !== second),
      ];
      const { sum, nodes: sums } = total(all, surroundings);
      return { nodes: [...nodes, ...sums], same: sum };
    }
  }
  return null;
}

function isSum({ kernel }: GraphNode): boolean {
  return ["Add", "Sub", "Neg", "AddN"].includes(kernel);
}

/** What a sum adds up, through sums that nothing else reads. */
function summands(node: GraphNode, { shape }: GraphValue, negative: boolean, surroundings: Surroundings): Term[] {
  const { producer, uses } = surroundings;
  return node.inputs.flatMap((value, at) => {
    const sign = negative !== (node.kernel === "Neg" || (node.kernel === "Sub" && at === 1));
    const made = producer(value);
    const through = made !== undefined && isSum(made) && uses(value) === 1 && sameShape(value.shape, shape);
    return through ? summands(made, value, sign, surroundings) : [{ value, negative: sign }];
  });
}

/** Two products that share a factor as one; its value is the last output. Null when they share none, or it would not pay. */
function productOfSum(
  first: Term,
  second: Term,
  { producer, uses, value }: Surroundings,
  worth: typeof WORTH,
): GraphNode[] | null {
  const [one, other] = [producer(first.value), producer(second.value)];
  if (one?.kernel !== "BatchMatMul" || other?.kernel !== "BatchMatMul") return null;
  if (uses(first.value) !== 1 || uses(second.value) !== 1 || first.value.shape.length !== 2) return null;
  const kernel = first.negative === second.negative ? "Add" : "Sub";
  for (const shared of [1, 0] as const) {
    const rest = shared === 1 ? 0 : 1;
    const flag = rest === 0 ? "transposeA" : "transposeB";
    const sharedFlag = shared === 0 ? "transposeA" : "transposeB";
    if (one.inputs[shared] !== other.inputs[shared] || one.attributes[sharedFlag] !== other.attributes[sharedFlag])
      continue;
    const [left, right] = [one.inputs[rest] as GraphValue, other.inputs[rest] as GraphValue];
    const turned = one.attributes[flag] !== other.attributes[flag];
    const width = first.value.shape[shared] ?? 0;
    if (left.dtype !== "float32" || right.dtype !== "float32" || width < (turned ? worth.transpose : worth.sum))
      continue;
    const upright = turned ? value("float32", [...right.shape].reverse()) : right;
    const sum = value("float32", left.shape);
    const product = value("float32", first.value.shape);
    const inputs = rest === 0 ? [sum, one.inputs[1] as GraphValue] : [one.inputs[0] as GraphValue, sum];
    return [
      ...(turned ? [{ kernel: "Transpose", inputs: [right], attributes: { perm: [1, 0] }, outputs: [upright] }] : []),
      { kernel, inputs: [left, upright], attributes: {}, outputs: [sum] },
      { ...one, inputs, outputs: [product] },
    ];
  }
  return null;
}

/** Adds terms up, one after the other. */
function total(
  terms: readonly Term[],
  { value }: Surroundings,
): { readonly sum: GraphValue; readonly nodes: GraphNode[] } {
  const [start, ...rest] = [...terms].sort((left, right) => Number(left.negative) - Number(right.negative)) as [
    Term,
    ...Term[],
  ];
  const nodes: GraphNode[] = [];
  let sum = start.value;
  const then = (kernel: string, inputs: readonly GraphValue[]): void => {
    sum = value("float32", sum.shape);
    nodes.push({ kernel, inputs, attributes: {}, outputs: [sum] });
  };
  for (const { value: term, negative } of rest) then(negative === start.negative ? "Add" : "Sub", [sum, term]);
  if (start.negative) then("Neg", [sum]);
  return { sum, nodes };
}
