import * as tf from "../../../tensor/tf.js";
import type { GraphValue } from "../graph.js";
import { recordKernel, type KernelCall, type OutputType } from "../kernel.js";

/** Products of matrices. */
export function recordMatrix(): void {
  recordKernel("BatchMatMul", ["a", "b"], product);
  recordKernel("_FusedMatMul", ["a", "b", "bias", "preluActivationWeights"], product);
  recordKernel("Einsum", "list", ({ list, attributes }) => {
    const { allDims, summedDims, idDims } = tf.backend_util.decodeEinsumEquation(
      attributes["equation"] as string,
      list.length,
    );
    const lengths = new Map<string, number>();
    list.forEach(({ shape }, input) =>
      (idDims[input] ?? []).forEach((dimension, at) => lengths.set(allDims[dimension] ?? "", shape[at] ?? 1)),
    );
    const kept = allDims.slice(0, allDims.length - summedDims.length);
    return ["float32", kept.map((name) => lengths.get(name) ?? 1)];
  });
}

function product({ list, attributes }: KernelCall): OutputType {
  const [a, b] = list as [GraphValue, GraphValue];
  const rank = Math.max(a.shape.length, b.shape.length);
  const { transposeA, transposeB } = attributes;
  const inner = [a.shape.at(transposeA === true ? -2 : -1), b.shape.at(transposeB === true ? -1 : -2)];
  // As the backends say it.
  tf.util.assert(
    inner[0] === inner[1],
    () =>
      `Error in matMul: inner shapes (${inner[0]}) and (${inner[1]}) of Tensors with shapes ${a.shape.join()} and ${b.shape.join()} ` +
      `and transposeA=${transposeA === true} and transposeB=${transposeB === true} must match.`,
  );
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const rows = a.shape.at(transposeA === true ? -1 : -2) ?? 1;
  const columns = b.shape.at(transposeB === true ? -2 : -1) ?? 1;
  return [a.dtype, rank < 2 ? [rows, columns] : [...batch, rows, columns]];
}
