import type { Graph, GraphNode, GraphValue } from "../graph.js";
import { rewrite, sameShape, type Rewritten, type Surroundings } from "./rewrite.js";

/** Adds before it multiplies with what is the same in both summands: `w·x + w·y = w·(x + y)`, `w·x - (-w)·y = w·(x + y)`. */
export function takeOutFactors(graph: Graph): Graph {
  return rewrite(graph, takenOut);
}

function takenOut(node: GraphNode, { producer, uses, value }: Surroundings): Rewritten {
  const [output] = node.outputs;
  if ((node.kernel !== "Add" && node.kernel !== "Sub") || output?.dtype !== "float32") return null;
  const products = node.inputs.map((input) => {
    const made = producer(input);
    return made?.kernel === "Multiply" && uses(input) === 1 && sameShape(input.shape, output.shape) ? made : null;
  });
  const [left, right] = products;
  if (!left || !right) return null;
  for (const at of [0, 1]) {
    for (const place of [0, 1]) {
      const [factor, other] = [left.inputs[at], right.inputs[place]] as readonly [GraphValue, GraphValue];
      const [x, y] = [left.inputs[1 - at], right.inputs[1 - place]] as readonly [GraphValue, GraphValue];
      if (!sameShape(factor.shape, other.shape) || !sameShape(x.shape, y.shape)) continue;
      const [one, second] = [unsigned(factor, producer), unsigned(other, producer)];
      if (one.root !== second.root) continue;
      const turned = one.negative !== second.negative;
      const sum = value("float32", x.shape);
      const kernel = turned === (node.kernel === "Add") ? "Sub" : "Add";
      return {
        nodes: [
          { kernel, inputs: [x, y], attributes: {}, outputs: [sum] },
          { kernel: "Multiply", inputs: [factor, sum], attributes: {}, outputs: [output] },
        ],
      };
    }
  }
  return null;
}

/** What a value is, apart from its sign and its shape. */
function unsigned(
  value: GraphValue,
  producer: Surroundings["producer"],
): { readonly root: GraphValue; readonly negative: boolean } {
  let [root, negative] = [value, false];
  for (;;) {
    const made = producer(root);
    if (made?.kernel !== "Neg" && made?.kernel !== "Reshape") return { root, negative };
    root = made.inputs[0] as GraphValue;
    if (made.kernel === "Neg") negative = !negative;
  }
}
