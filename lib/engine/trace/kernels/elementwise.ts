import type { GraphValue } from "../graph.js";
import { broadcast, recordKernel, type KernelCall, type OutputType } from "../kernel.js";

const unary = [
  ...["Abs", "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "Ceil", "Cos", "Cosh", "Elu", "Erf", "Floor"],
  ...[
    "Log",
    "Log1p",
    "Neg",
    "Reciprocal",
    "Relu",
    "Relu6",
    "Round",
    "Rsqrt",
    "Selu",
    "Sigmoid",
    "Sign",
    "Sin",
    "Sinh",
    "Softplus",
  ],
  ...["Sqrt", "Square", "Step", "Tan", "Tanh", "ClipByValue", "ZerosLike", "OnesLike"],
];
const tests = ["IsNan", "IsInf", "IsFinite", "LogicalNot"];
const binary = [
  ...[
    "Add",
    "Sub",
    "Multiply",
    "RealDiv",
    "FloorDiv",
    "Mod",
    "Pow",
    "Maximum",
    "Minimum",
    "SquaredDifference",
    "Atan2",
  ],
];
const comparisons = ["Equal", "NotEqual", "Greater", "GreaterEqual", "Less", "LessEqual", "LogicalAnd", "LogicalOr"];

/** Kernels that work on each number by itself. */
export function recordElementwise(): void {
  const first = ({ list }: KernelCall): GraphValue => list[0] as GraphValue;
  for (const kernel of unary) recordKernel(kernel, ["x"], (call) => [first(call).dtype, first(call).shape]);
  for (const kernel of ["Exp", "Expm1", "LeakyRelu"])
    recordKernel(kernel, ["x"], (call) => ["float32", first(call).shape]);
  for (const kernel of tests) recordKernel(kernel, ["x"], (call) => ["bool", first(call).shape]);
  const shapeOf = ({ list: [a, b] }: KernelCall): readonly number[] => broadcast(a?.shape ?? [], b?.shape ?? []);
  for (const kernel of binary) recordKernel(kernel, ["a", "b"], (call) => [first(call).dtype, shapeOf(call)]);
  for (const kernel of comparisons) recordKernel(kernel, ["a", "b"], (call) => ["bool", shapeOf(call)]);
  recordKernel("Prelu", ["x", "alpha"], (call): OutputType => [first(call).dtype, shapeOf(call)]);
  recordKernel("EluGrad", ["dy", "y"], (call): OutputType => [first(call).dtype, first(call).shape]);
  recordKernel("Cast", ["x"], ({ list: [x], attributes }) => [attributes["dtype"] as "float32", x?.shape ?? []]);
  recordKernel("Select", ["condition", "t", "e"], ({ list: [, t] }) => [t?.dtype ?? "float32", t?.shape ?? []]);
  recordKernel("AddN", "list", (call) => [first(call).dtype, first(call).shape]);
}
