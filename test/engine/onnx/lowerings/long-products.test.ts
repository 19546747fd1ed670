import { expect } from "chai";
import * as tf from "likewise/tf";
import { toOnnxModel } from "../../../../lib/engine/onnx/to-onnx.js";
import { recordProgram } from "../../../../lib/engine/trace/trace-program.js";
import { hostTensor } from "../../../../lib/tensor/host.js";
import { describeKernels, floats } from "../kernel-cases.js";

describeKernels(
  "Products of many rows as ONNX",
  [1, 2].map((threads) => ({
    kernel: "BatchMatMul",
    of: `3,080 rows on ${threads} threads`,
    inputs: { a: floats([3080, 256], -2, 2, "a"), b: floats([3080, 257], -2, 2, "b") },
    compute: ({ a, b }) => tf.matMul(a as tf.Tensor, b as tf.Tensor, true),
    ...{ threads, backend: "wasm" as const, nearness: { relative: 1e-5, absolute: 2e-3 } },
  })),
);

describe("The product of many rows", () => {
  const operators = (rows: number, columns: number, options: Parameters<typeof toOnnxModel>[1]): readonly string[] => {
    const x = hostTensor(new Float32Array(rows * columns), [rows, columns]);
    const program = (_: unknown, given: Readonly<Record<string, tf.Tensor>>) => ({
      reported: { product: tf.matMul(given["x"] as tf.Tensor, given["x"] as tf.Tensor, true) },
    });
    return toOnnxModel(recordProgram(program, {}, { x }), options).nodes.map(({ operator }) => operator);
  };

  it("is made in parts on one thread, where these are of equal length", () => {
    expect(operators(4096, 256, { threads: 1 })).to.include("FusedMatMul");
    expect(operators(3074, 256, { threads: 1 })).to.deep.equal(["Gemm"]);
    expect(operators(2048, 256, { threads: 1 })).to.deep.equal(["Gemm"]);
    expect(operators(4096, 128, { threads: 1 })).to.deep.equal(["Gemm"]);
  });

  it("is made at once on several, elsewhere and for every number of rows", () => {
    for (const options of [{ threads: 2 }, { threads: 1, portable: true }, { threads: 1, anySize: true }])
      expect(operators(4096, 256, options)).to.deep.equal(["Gemm"]);
  });
});
