import type * as tf from "likewise/tf";
import { tripletsBelow } from "../../../../lib/tensor/triplets-below.js";
import type { HostTensor } from "../../../../lib/tensor/host.js";
import { describeKernels, floats, type KernelCase } from "../kernel-cases.js";

/** Numbers below a limit are 0, as where a column is no positive. */
const above = (limit: number, { data, shape }: HostTensor): HostTensor => ({
  data: Float32Array.from(data as Float32Array, (value) => (value > limit ? value : 0)),
  shape,
});

const compute: KernelCase["compute"] = (inputs) => {
  const { positives, negatives } = tripletsBelow(inputs as Record<"bounds" | "near" | "among", tf.Tensor2D>);
  return [positives, negatives];
};

const of = (what: string, bounds: HostTensor): KernelCase => {
  const [n = 0, m = 0] = bounds.shape;
  const near = floats([n, m], 0, 2, "near");
  return { kernel: "TripletsBelow", of: what, inputs: { bounds, near, among: floats([m, m], 0, 2, "among") }, compute };
};

describeKernels("Kernels that count triplets as ONNX", [
  of("rows with different numbers of positives", above(2, floats([9, 12], 0, 4))),
  of("rows that have one positive", { data: Float32Array.of(0, 3, 0, 0, 0, 3), shape: [2, 3] }),
  of("rows without a positive", floats([5, 5], 0, 0)),
  of("a single row", above(1, floats([1, 30], 0, 3))),
  of("all columns", floats([6, 6], 1, 3)),
]);
