import * as tf from "likewise/tf";
import type { HostTensor } from "../../../../lib/tensor/host.js";
import { describeKernels, floats, type KernelCase } from "../kernel-cases.js";

const transposes = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
] as const;
const shaped = (batch: readonly number[], rows: number, columns: number, turned: boolean, seed: string): HostTensor =>
  floats([...batch, ...(turned ? [columns, rows] : [rows, columns])], -2, 2, seed);

/** Products of `[…, 3, 5]` by `[…, 5, 4]`, each of them transposed or not. */
const products = (what: string, left: readonly number[], right: readonly number[]): KernelCase[] =>
  transposes.map(([transposeA, transposeB]) => ({
    kernel: "BatchMatMul",
    of: `${what}${transposeA ? ", left transposed" : ""}${transposeB ? ", right transposed" : ""}`,
    inputs: { a: shaped(left, 3, 5, transposeA, "a"), b: shaped(right, 5, 4, transposeB, "b") },
    compute: ({ a, b }) => tf.matMul(a as tf.Tensor, b as tf.Tensor, transposeA, transposeB),
  }));
const dense = (
  what: string,
  options: Omit<Parameters<typeof tf.fused.matMul>[0], "a" | "b">,
  x = [6, 5],
): KernelCase => ({
  kernel: "_FusedMatMul",
  of: what,
  inputs: {
    a: floats(x, -2, 2, "a"),
    b: floats([5, 4], -2, 2, "b"),
    bias: floats([4], -1, 1, "bias"),
    slope: floats([4], 0, 1, "slope"),
  },
  compute: ({ a, b, bias, slope }) =>
    tf.fused.matMul({
      a: a as tf.Tensor,
      b: b as tf.Tensor,
      ...options,
      ...("bias" in options ? { bias: bias as tf.Tensor } : {}),
      ...(options.activation === "prelu" ? { preluActivationWeights: slope as tf.Tensor } : {}),
    }),
});
const bias = undefined as unknown as tf.Tensor;
const equations = [
  "ij,jk->ik",
  "ij,kj->ki",
  "bij,bjk->bik",
  "bij,bkj->bik",
  "ij->ji",
  "ij->i",
  "i,j->ij",
  "bqhd,bkhd->bhqk",
];
const lengths: Readonly<Record<string, number>> = { i: 3, j: 4, k: 5, b: 2, q: 3, h: 2, d: 6 };

describeKernels("Products of matrices as ONNX", [
  ...products("two matrices", [], []),
  ...products("one matrix each", [1], [1]),
  ...products("batches", [2], [2]),
  ...products("batches by one matrix", [3], [1]),
  ...products("one matrix by batches", [1], [3]),
  ...products("batches of batches", [2, 3], [1, 3]),
  dense("no bias", {}),
  dense("a bias", { bias }),
  dense("a bias and relu", { bias, activation: "relu" }),
  dense("a bias and elu", { bias, activation: "elu" }),
  dense("a bias and relu6", { bias, activation: "relu6" }),
  dense("a bias and sigmoid", { bias, activation: "sigmoid" }),
  dense("a bias and leaky relu", { bias, activation: "leakyrelu", leakyreluAlpha: 0.3 }),
  dense("prelu without a bias", { activation: "prelu" }),
  ...equations.map((equation): KernelCase => {
    const [left = "", right] = equation.split("->")[0]!.split(",");
    const of = (names: string, seed: string): HostTensor =>
      floats(
        [...names].map((name) => lengths[name] as number),
        -2,
        2,
        seed,
      );
    return {
      kernel: "Einsum",
      of: equation,
      inputs: { a: of(left, "a"), ...(right === undefined ? {} : { b: of(right, "b") }) },
      compute: (given) => tf.einsum(equation, ...(Object.values(given) as tf.Tensor[])),
    };
  }),
]);
