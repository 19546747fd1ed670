import * as tf from "../../../tensor/tf.js";
import type { OnnxBuilder, Operand } from "../builder.js";
import { input, numberOf, shapeOf, typeOf, type KernelCall, type Lowering, type Lowerings } from "../lowering.js";
import { binary, cast, unary, where } from "../operations.js";

/** Kernels of one tensor that ONNX has under a name, for floating-point numbers. */
const sameOperator = {
  ...{ Acos: "Acos", Acosh: "Acosh", Asin: "Asin", Asinh: "Asinh", Atan: "Atan", Atanh: "Atanh", Cos: "Cos" },
  ...{ Cosh: "Cosh", Elu: "Elu", Erf: "Erf", Exp: "Exp", Log: "Log", Reciprocal: "Reciprocal", Sigmoid: "Sigmoid" },
  ...{ Sin: "Sin", Sinh: "Sinh", Sqrt: "Sqrt", Tan: "Tan", Tanh: "Tanh" },
};

/** Kernels that ONNX has for whole numbers too. */
const anyNumber = { Abs: "Abs", Neg: "Neg", Relu: "Relu", Sign: "Sign" };

/** Kernels that change no whole number. */
const rounding = { Ceil: "Ceil", Floor: "Floor", Round: "Round" };

/** Kernels that work on each number of one tensor. */
export const unaryLowerings: Lowerings = {
  ...mapValues(sameOperator, (operator) => inFloats((g, x) => unary(g, operator, x))),
  ...mapValues(anyNumber, (operator) => (g, call) => unary(g, operator, number(g, input(call, 0)))),
  ...mapValues(rounding, (operator) => (g, call) => {
    const x = input(call, 0);
    return x.type === "float32" ? unary(g, operator, x) : x;
  }),
  Selu: inFloats((g, x) => {
    const { SELU_SCALE, SELU_SCALEALPHA } = tf.backend_util;
    return g.add("Selu", [x], x, { alpha: SELU_SCALEALPHA / SELU_SCALE, gamma: SELU_SCALE });
  }),
  LeakyRelu: inFloats((g, x, call) => g.add("LeakyRelu", [x], x, { alpha: numberOf(call, "alpha") })),
  Square: (g, call) => {
    const x = number(g, input(call, 0));
    return binary(g, "Mul", x, x);
  },
  Rsqrt: inFloats((g, x) => unary(g, "Reciprocal", unary(g, "Sqrt", x))),
  Expm1: inFloats(expm1),
  Log1p: inFloats(log1p),
  Softplus: inFloats(softplus),
  Relu6: (g, call) => clip(g, number(g, input(call, 0)), 0, 6),
  ClipByValue: (g, call) =>
    clip(g, number(g, input(call, 0)), numberOf(call, "clipValueMin"), numberOf(call, "clipValueMax")),
  Step: (g, call) => {
    const x = number(g, input(call, 0));
    const alpha = (call.attributes["alpha"] as number | undefined) ?? 0;
    const positive = binary(g, "Greater", x, g.scalar(0, x.type), "bool");
    return alpha === 0 ? cast(g, positive, x.type) : where(g, positive, g.scalar(1, x.type), g.scalar(alpha, x.type));
  },
  Cast: (g, call) => cast(g, input(call, 0), typeOf(call)),
  Identity: (_g, call) => input(call, 0),
  ZerosLike: (g, call) => g.splat(0, typeOf(call), shapeOf(call)),
  OnesLike: (g, call) => g.splat(1, typeOf(call), shapeOf(call)),
  IsNan: inFloats((g, x) => g.add("IsNaN", [x], { type: "bool", shape: x.shape })),
  IsInf: inFloats((g, x) => g.add("IsInf", [x], { type: "bool", shape: x.shape })),
  IsFinite: inFloats((g, x) => binary(g, "Less", unary(g, "Abs", x), g.scalar(Infinity), "bool")),
  LogicalNot: (g, call) => unary(g, "Not", cast(g, input(call, 0), "bool")),
};

/** Booleans as whole numbers, so that they can be computed with. */
export function number(g: OnnxBuilder, x: Operand): Operand {
  return x.type === "bool" ? cast(g, x, "int32") : x;
}

/** A kernel that ONNX has for floating-point numbers only: whole numbers are converted, and the result is, towards zero. */
export function inFloats(lower: (g: OnnxBuilder, x: Operand, call: KernelCall) => Operand): Lowering {
  return (g, call) => cast(g, lower(g, cast(g, input(call, 0), "float32"), call), typeOf(call));
}

function clip(g: OnnxBuilder, x: Operand, lowest: number, highest: number): Operand {
  const bound = (value: number): Operand => g.scalar(x.type === "int32" ? Math.trunc(value) : value, x.type);
  return g.add("Clip", [x, bound(lowest), bound(highest)], x);
}

/** `exp(x) - 1 = tanh(x / 2) (exp(x) + 1)`, which is exact near 0. */
function expm1(g: OnnxBuilder, x: Operand): Operand {
  const ratio = unary(g, "Tanh", binary(g, "Mul", x, g.scalar(0.5)));
  return binary(g, "Mul", ratio, binary(g, "Add", unary(g, "Exp", x), g.scalar(1)));
}

/** `log(u)` with `u = 1 + x` as rounded, and what rounding has lost, `(x - (u - 1)) / u`; from -1, where that is nothing, to infinity. */
function log1p(g: OnnxBuilder, x: Operand): Operand {
  const { logarithm, rounded, lost } = logarithmOfOneMore(g, x);
  const correction = binary(g, "Div", lost, binary(g, "Max", rounded, g.scalar(1e-30)));
  const finite = binary(g, "Less", rounded, g.scalar(Infinity), "bool");
  return binary(g, "Add", logarithm, where(g, finite, correction, g.scalar(0)));
}

function logarithmOfOneMore(
  g: OnnxBuilder,
  x: Operand,
): { readonly logarithm: Operand; readonly rounded: Operand; readonly lost: Operand } {
  const one = g.scalar(1);
  const rounded = binary(g, "Add", x, one);
  const lost = binary(g, "Sub", x, binary(g, "Sub", rounded, one));
  return { logarithm: unary(g, "Log", rounded), rounded, lost };
}

/** `max(x, 0) + log(1 + exp(-|x|))`, exact where x is far below 0, which the operator of that name is not. */
function softplus(g: OnnxBuilder, x: Operand): Operand {
  const small = unary(g, "Exp", unary(g, "Neg", unary(g, "Abs", x)));
  const { logarithm, rounded, lost } = logarithmOfOneMore(g, small);
  return binary(g, "Add", unary(g, "Relu", x), binary(g, "Add", logarithm, binary(g, "Div", lost, rounded)));
}

function mapValues(operators: Readonly<Record<string, string>>, make: (operator: string) => Lowering): Lowerings {
  return Object.fromEntries(Object.entries(operators).map(([kernel, operator]) => [kernel, make(operator)]));
}
