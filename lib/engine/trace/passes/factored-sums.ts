import type { Graph, GraphNode, GraphValue } from "../graph.js";
import { countElements, rewrite, type Rewritten, type Surroundings } from "./rewrite.js";

/** Takes factors that are the same for all summands out of a sum: `Σⱼ aᵢ bᵢⱼ = aᵢ Σⱼ bᵢⱼ`, which may be known already. */
export function factorSums(graph: Graph): Graph {
  return rewrite(graph, factored);
}

function factored(node: GraphNode, { producer, value }: Surroundings): Rewritten {
  const [summed] = node.inputs;
  const [output] = node.outputs;
  if (node.kernel !== "Sum" || summed?.dtype !== "float32" || output === undefined) return null;
  const product = producer(summed);
  if (product?.kernel !== "Multiply" && product?.kernel !== "RealDiv") return null;
  const rank = summed.shape.length;
  const given = node.attributes["axis"];
  const axes = new Set(
    given === undefined ? summed.shape.keys() : [given].flat().map((axis) => ((axis as number) + rank) % rank),
  );
  const [left, right] = product.inputs as readonly [GraphValue, GraphValue];
  const places =
    product.kernel === "Multiply"
      ? ([
          [left, right],
          [right, left],
        ] as const)
      : ([[right, left]] as const);
  for (const [factor, rest] of places) {
    const aligned = [...Array<number>(rank - factor.shape.length).fill(1), ...factor.shape];
    const isFactor = [...axes].every((axis) => aligned[axis] === 1 && (summed.shape[axis] ?? 1) > 1);
    if (!isFactor || axes.size === 0 || countElements(rest.shape) !== countElements(summed.shape)) continue;
    const kept = aligned.filter((_, axis) => !axes.has(axis));
    const sum = value(
      "float32",
      summed.shape.filter((_, axis) => !axes.has(axis)),
    );
    const narrow = value("float32", kept);
    const scaled = value("float32", sum.shape);
    const inputs = product.inputs.map((input) => (input === factor ? narrow : sum));
    return {
      nodes: [
        { kernel: "Reshape", inputs: [factor], attributes: { shape: kept }, outputs: [narrow] },
        { kernel: "Sum", inputs: [rest], attributes: { axis: [...axes], keepDims: false }, outputs: [sum] },
        { kernel: product.kernel, inputs, attributes: {}, outputs: [scaled] },
        { kernel: "Reshape", inputs: [scaled], attributes: { shape: [...output.shape] }, outputs: [output] },
      ],
    };
  }
  return null;
}
