import type { OnnxNode, OnnxTensor } from "./model.js";

/** A tensor times a fixed number. */
interface Scaled {
  readonly x: string;
  readonly factor: number;
}

/** Operators with a setting `alpha` that their product is multiplied with. */
const operators = new Set(["Gemm", "FusedMatMul"]);

/**
 * Fixed factors of matrix products become settings of the product, which cost nothing there and a pass over a matrix elsewhere:
 * `Gemm(c · x, y)` and `c · Gemm(x, y)` are `Gemm(x, y)` with `alpha = c`. What is not used any more stays in the list.
 *
 * @param shapes of what the nodes give. Products of a single row or column stay as they are: ONNX Runtime has code for them, several times
 *   as fast as that for matrices, which knows no factor.
 */
export function foldFactors(
  nodes: readonly OnnxNode[],
  initializers: readonly OnnxTensor[],
  outputs: readonly string[],
  shapes: ReadonlyMap<string, readonly number[]> = new Map(),
): readonly OnnxNode[] {
  const isProduct = ({ operator, outputs: [output = ""] }: OnnxNode): boolean =>
    operators.has(operator) && shapes.get(output)?.slice(-2).includes(1) !== true;
  const numbers = new Map<string, number>();
  for (const { name, type, shape, data } of initializers) {
    const number = Number(data[0]);
    // A factor of 0 would hide what is not a number.
    if (type === "float32" && shape.length === 0 && Number.isFinite(number) && number !== 0) numbers.set(name, number);
  }
  const uses = new Map<string, number>();
  for (const name of [...outputs, ...nodes.flatMap(({ inputs }) => inputs)]) uses.set(name, (uses.get(name) ?? 0) + 1);
  const scaled = new Map<string, Scaled>();
  const made = new Map<string, OnnxNode>();

  return nodes.map((given) => {
    const node = isProduct(given) ? withoutFactors(given, scaled) : given;
    const output = node.outputs[0] as string;
    const times = scaledBy(node, numbers);
    if (times !== null) scaled.set(output, times);
    const product = times !== null && uses.get(times.x) === 1 ? made.get(times.x) : undefined;
    const whole =
      product === undefined || times === null
        ? node
        : multiplied({ ...product, outputs: node.outputs }, times.factor, true);
    if (isProduct(whole)) made.set(output, whole);
    return whole;
  });
}

function scaledBy({ operator, inputs }: OnnxNode, numbers: ReadonlyMap<string, number>): Scaled | null {
  const at = operator === "Mul" ? inputs.findIndex((name) => numbers.has(name)) : -1;
  return at === -1 ? null : { x: inputs[1 - at] as string, factor: numbers.get(inputs[at] as string) as number };
}

/** The product of what its factors were multiplied with, with the numbers as its own setting. */
function withoutFactors(product: OnnxNode, scaled: ReadonlyMap<string, Scaled>): OnnxNode {
  return [0, 1].reduce((node, at) => {
    const source = scaled.get(node.inputs[at] as string);
    if (source === undefined) return node;
    return multiplied({ ...node, inputs: node.inputs.with(at, source.x) }, source.factor, false);
  }, product);
}

function multiplied(product: OnnxNode, factor: number, withBias: boolean): OnnxNode {
  const setting = (name: string): number => (product.attributes[name] as number | undefined) ?? 1;
  const beta = withBias && product.inputs.length === 3 ? { beta: setting("beta") * factor } : {};
  return { ...product, attributes: { ...product.attributes, alpha: setting("alpha") * factor, ...beta } };
}
