import type { OnnxBuilder, Operand } from "../builder.js";
import { optionalInput, shapeOf, type KernelCall, type Lowerings } from "../lowering.js";
import { broadcastShape, reshape, sameShape, sizeOf, transpose } from "../operations.js";
import { activate, addBias } from "./activation.js";
import { aliasedProduct } from "./aliased-products.js";
import { longProduct } from "./long-products.js";

const FUSED = ["a", "b", "bias", "preluActivationWeights"];

/** Products of matrices. */
export const matrixLowerings: Lowerings = {
  BatchMatMul: (g, call) => product(g, call, null),
  _FusedMatMul: (g, call) => {
    const bias = optionalInput(call, FUSED, "bias");
    const [rows = 1, columns = 1] = shapeOf(call).slice(-2);
    // Gemm adds what is broadcast to its result, and nothing of more dimensions.
    const fits = bias !== null && bias.shape.length <= 2 && isTwoDimensional(call);
    const joined = fits && sameShape(broadcastShape(bias.shape, [rows, columns]), [rows, columns]);
    const multiplied = product(g, call, joined ? bias : null);
    return activate(g, call, FUSED, joined ? multiplied : addBias(g, call, FUSED, multiplied));
  },
  Einsum: (g, call) =>
    g.add(
      "Einsum",
      call.inputs,
      { type: "float32", shape: shapeOf(call) },
      {
        equation: (call.attributes["equation"] as string).replaceAll(" ", ""),
      },
    ),
};

function isTwoDimensional({ inputs: [a, b] }: KernelCall): boolean {
  return [a, b].every((x) => x?.type === "float32" && sizeOf(x.shape.slice(0, -2)) === 1);
}

/** Of the first two inputs; a bias only where both are matrices. */
function product(g: OnnxBuilder, call: KernelCall, bias: Operand | null): Operand {
  const [a, b] = call.inputs as [Operand, Operand];
  const [transposeA, transposeB] = [call.attributes["transposeA"] === true, call.attributes["transposeB"] === true];
  const shape = shapeOf(call);
  const result = { type: a.type, shape };
  if (isTwoDimensional(call)) {
    const [left, right] = [reshape(g, a, a.shape.slice(-2)), reshape(g, b, b.shape.slice(-2))];
    const settings = {
      ...(transposeA ? { transA: 1n } : {}),
      ...(transposeB ? { transB: 1n } : {}),
      ...signsOf(call),
    };
    const aliased = transposeA ? null : aliasedProduct(g, left, right, bias, settings);
    if (aliased !== null) return reshape(g, aliased, shape);
    const long = transposeA && !transposeB && bias === null ? longProduct(g, left, right) : null;
    if (long !== null) return reshape(g, long, shape);
    const inputs = bias === null ? [left, right] : [left, right, bias];
    return reshape(g, g.add("Gemm", inputs, { type: a.type, shape: shape.slice(-2) }, settings), shape);
  }
  const oneRight = sizeOf(b.shape.slice(0, -2)) === 1;
  if (a.type === "float32" && oneRight && !transposeA) {
    // All matrices on the left by one on the right: their rows as one matrix.
    const left = reshape(g, a, [sizeOf(a.shape.slice(0, -1)), a.shape.at(-1) as number]);
    const right = reshape(g, b, b.shape.slice(-2));
    const settings = transposeB ? { transB: 1n } : {};
    const rows = { type: a.type, shape: [sizeOf(shape.slice(0, -1)), shape.at(-1) as number] };
    return reshape(g, g.add("Gemm", [left, right], rows, settings), shape);
  }
  if (!transposeA && !transposeB) return g.add("MatMul", [a, b], result);
  if (a.type !== "float32" || g.portable)
    return g.add("MatMul", [transposeA ? turned(g, a) : a, transposeB ? turned(g, b) : b], result);
  return g.addMicrosoft("FusedMatMul", [a, b], result, { transA: transposeA ? 1n : 0n, transB: transposeB ? 1n : 0n });
}

/** What a product and what is added to it are multiplied with, where that is not 1. */
function signsOf({ attributes: { alpha, beta } }: KernelCall): Readonly<Record<string, number>> {
  return {
    ...(alpha === undefined ? {} : { alpha: alpha as number }),
    ...(beta === undefined ? {} : { beta: beta as number }),
  };
}

function turned(g: OnnxBuilder, x: Operand): Operand {
  const rank = x.shape.length;
  return transpose(
    g,
    x,
    [...x.shape.keys()].map((at) => (at < rank - 2 ? at : 2 * rank - 3 - at)),
  );
}
