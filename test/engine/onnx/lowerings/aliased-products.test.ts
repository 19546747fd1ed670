import { expect } from "chai";
import * as tf from "likewise/tf";
import { toOnnx, toOnnxModel } from "../../../../lib/engine/onnx/to-onnx.js";
import { optimize } from "../../../../lib/engine/trace/passes/optimize.js";
import { recordProgram } from "../../../../lib/engine/trace/trace-program.js";
import { hostTensor, type HostTensor } from "../../../../lib/tensor/host.js";
import { expectClose } from "../../../support/close.js";
import { onnxRuntime, openModel } from "../../../support/onnx-runtime.js";
import { runEagerly } from "../both-ways.js";
import { describeKernels, floats } from "../kernel-cases.js";

describeKernels(
  "Products of rows of whole pages as ONNX",
  [1, 2].flatMap((threads) =>
    [1024, 3072].map((inner) => ({
      kernel: "BatchMatMul",
      of: `${inner} numbers in a row, on ${threads} threads`,
      inputs: { a: floats([257, inner], -2, 2, "a"), b: floats([inner, 256], -2, 2, "b") },
      compute: ({ a, b }) => [
        tf.matMul(a as tf.Tensor, b as tf.Tensor),
        tf.matMul(a as tf.Tensor, tf.add(a as tf.Tensor, 1), false, true),
      ],
      ...{ threads, backend: "wasm" as const, nearness: { relative: 1e-5, absolute: 4e-3 } },
    })),
  ),
);

describe("The product of rows of whole pages", () => {
  type Options = Parameters<typeof toOnnxModel>[1];
  const operators = (rows: number, inner: number, columns: number, options: Options = {}): readonly string[] => {
    const [a, b] = [
      [rows, inner],
      [inner, columns],
    ].map((shape) => hostTensor(new Float32Array((shape[0] ?? 0) * (shape[1] ?? 0)), shape));
    const program = (_: unknown, given: Readonly<Record<string, tf.Tensor>>) => ({
      reported: { product: tf.matMul(given["a"] as tf.Tensor, given["b"] as tf.Tensor) },
    });
    return toOnnxModel(recordProgram(program, {}, { a: a!, b: b! }), options).nodes.map(({ operator }) => operator);
  };
  const inParts = ["Split", "Split", "Gemm", "Gemm"];

  it("is made in two parts when it is large", () => {
    expect(operators(256, 1024, 256)).to.deep.equal(inParts);
    expect(operators(256, 2048, 300)).to.deep.equal(inParts);
    for (const [rows, inner, columns] of [
      [255, 1024, 256],
      [256, 1024, 255],
      [256, 1040, 256],
      [256, 512, 256],
    ] as const)
      expect(operators(rows, inner, columns), `${rows} × ${inner} × ${columns}`).to.deep.equal(["Gemm"]);
  });

  it("is made at once elsewhere and for every number of rows", () => {
    for (const options of [{ portable: true }, { anySize: true }])
      expect(operators(256, 1024, 256, options)).to.deep.equal(["Gemm"]);
  });

  const forms: Readonly<Record<string, (product: tf.Tensor, c: tf.Tensor) => tf.Tensor>> = {
    "A·B - C": (product, c) => tf.sub(product, c),
    "C - A·B": (product, c) => tf.sub(c, product),
    "3 A·B + C": (product, c) => tf.add(tf.mul(product, 3), c),
  };
  for (const [name, form] of Object.entries(forms)) {
    it(`keeps what it is multiplied with and what is added: ${name}`, async function () {
      const runtime = await onnxRuntime(this);
      const inputs = {
        a: floats([256, 1024], -1, 1, "a"),
        b: floats([1024, 256], -1, 1, "b"),
        c: floats([256, 256], -9, 9, "c"),
      };
      const program = (_: unknown, { a, b, c }: Readonly<Record<string, tf.Tensor>>) => ({
        reported: { made: form(tf.matMul(a as tf.Tensor, b as tf.Tensor), c as tf.Tensor) },
      });
      const model = toOnnx(optimize(recordProgram(program, {}, inputs)));
      const session = await openModel(runtime, model.bytes);
      try {
        const named = inputs as Readonly<Record<string, HostTensor>>;
        const feeds = model.inputs.map((input) => {
          const { data, shape } = named[input.replace("input/", "")] as HostTensor;
          return [input, new runtime.Tensor("float32", data as Float32Array, shape)] as const;
        });
        const { data } = Object.values(await session.run(Object.fromEntries(feeds)))[0] as { data: Float32Array };
        const wanted = (await runEagerly(program, { inputs }, "wasm"))["reported/made"] as HostTensor;
        expectClose(data, wanted.data, { relative: 1e-5, absolute: 2e-4 });
      } finally {
        await session.release();
      }
    });
  }
});
