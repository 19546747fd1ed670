import * as tf from "../../../tensor/tf.js";
import type { GraphType, GraphValue } from "../graph.js";
import { numbersOf, recordKernel, type KernelCall, type OutputType } from "../kernel.js";

/** Kernels that take axes away, and those that run along one. */
export function recordReductions(): void {
  for (const kernel of ["Sum", "Mean", "Max", "Min", "Prod", "All", "Any"])
    recordKernel(kernel, ["x"], reduced(kernel));
  for (const kernel of ["ArgMax", "ArgMin"]) {
    recordKernel(kernel, ["x"], (call) => ["int32", without(call, numbersOf(call, "axis"), false)]);
  }
  const same = ({ list: [x] }: KernelCall): OutputType => [x?.dtype ?? "float32", x?.shape ?? []];
  for (const [kernel, input] of [
    ["Softmax", "logits"],
    ["LogSoftmax", "logits"],
    ["Cumsum", "x"],
    ["Cumprod", "x"],
  ] as const) {
    recordKernel(kernel, [input], same);
  }
  recordKernel("TopK", ["x"], ({ list: [x], attributes }) => {
    const shape = [...(x?.shape ?? []).slice(0, -1), attributes["k"] as number];
    return {
      outputs: [
        [x?.dtype ?? "float32", shape],
        ["int32", shape],
      ],
    };
  });
}

function reduced(kernel: string): (call: KernelCall) => OutputType {
  return (call) => {
    const given = (call.list[0] as GraphValue).dtype;
    const dtype: GraphType = kernel === "Sum" && given === "bool" ? "int32" : kernel === "Mean" ? "float32" : given;
    const name = kernel === "Max" ? "reductionIndices" : "axis";
    const all = (call.list[0] as GraphValue).shape.map((_, at) => at);
    const axes = call.attributes[name] === undefined ? all : numbersOf(call, name);
    return [dtype, without(call, axes, call.attributes["keepDims"] === true)];
  };
}

function without({ list: [x] }: KernelCall, axes: readonly number[], keepDimensions: boolean): readonly number[] {
  const shape = [...(x?.shape ?? [])];
  const taken = new Set(tf.util.parseAxisParam([...axes], shape));
  return keepDimensions
    ? shape.map((length, at) => (taken.has(at) ? 1 : length))
    : shape.filter((_, at) => !taken.has(at));
}
