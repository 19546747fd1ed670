import { expect } from "chai";
import * as tf from "likewise/tf";
import { foldFactors } from "../../../lib/engine/onnx/fold-factors.js";
import type { OnnxNode, OnnxTensor } from "../../../lib/engine/onnx/model.js";
import { onnxRuntime } from "../../support/onnx-runtime.js";
import { expectSame, runEagerly, runNatively } from "./both-ways.js";
import { floats } from "./kernel-cases.js";

const number = (name: string, value: number): OnnxTensor => ({
  ...{ name, type: "float32", shape: [], data: Float32Array.of(value) },
});
const numbers = [number("two", 2), number("half", 0.5), number("zero", 0)];
const node = (
  operator: string,
  inputs: readonly string[],
  output: string,
  attributes: OnnxNode["attributes"] = {},
): OnnxNode => ({ operator, domain: "", inputs, outputs: [output], attributes });

describe("foldFactors", () => {
  it("takes factors before and after a product into its settings", () => {
    const nodes = [
      node("Mul", ["x", "two"], "scaled"),
      node("Gemm", ["scaled", "y", "bias"], "product"),
      node("Mul", ["half", "product"], "out"),
      node("Mul", ["out", "half"], "end"),
    ];
    expect(foldFactors(nodes, numbers, ["end"]).at(-1)).to.deep.equal(
      node("Gemm", ["x", "y", "bias"], "end", { alpha: 0.5, beta: 0.25 }),
    );
  });

  it("leaves products alone whose result is used otherwise too, and factors of 0", () => {
    const nodes = [
      node("Mul", ["x", "zero"], "nothing"),
      node("Gemm", ["nothing", "y"], "product"),
      node("Mul", ["product", "two"], "out"),
    ];
    expect(foldFactors(nodes, numbers, ["out", "product"])).to.deep.equal(nodes);
  });

  it("leaves products of a single row or column alone", () => {
    const nodes = [
      node("Mul", ["x", "two"], "scaled"),
      node("Gemm", ["scaled", "y"], "product"),
      node("Mul", ["product", "half"], "end"),
    ];
    for (const shape of [
      [1, 5],
      [5, 1],
    ]) {
      const shapes = new Map([
        ["product", shape],
        ["end", shape],
      ]);
      expect(foldFactors(nodes, numbers, ["end"], shapes)).to.deep.equal(nodes);
    }
  });

  it("changes no number", async function () {
    const runtime = await onnxRuntime(this);
    const inputs = { a: floats([3, 4], -2, 2, "a"), b: floats([4, 3], -2, 2, "b"), c: floats([2, 3, 4], -2, 2, "c") };
    const program = (_carried: unknown, given: Readonly<Record<string, tf.Tensor>>) => {
      const { a, b, c } = given as Record<string, tf.Tensor2D>;
      const scaled = tf.mul(a!, 3);
      return {
        reported: {
          scaled,
          product: tf.mul(tf.matMul(scaled, tf.mul(b!, 0.25)), -2),
          biased: tf.mul(tf.fused.matMul({ a: a!, b: b!, bias: tf.tensor1d([1, 2, 3]) }), 4),
          batches: tf.mul(tf.matMul(c!, tf.mul(c!, 5), false, true), 0.5),
        },
      };
    };
    expectSame(await runNatively(runtime, program, { inputs }), await runEagerly(program, { inputs }), "program");
  });
});
