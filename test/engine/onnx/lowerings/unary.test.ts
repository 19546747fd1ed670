import * as tf from "likewise/tf";
import { describeKernels, floats, integers, row, wholeRow, type KernelCase } from "../kernel-cases.js";

const any = floats([3, 5]);
const positive = floats([3, 5], 0.1, 4);
const withinOne = floats([7], -0.95, 0.95);
const fromOne = floats([7], 1.05, 4);
const special = row(NaN, Infinity, -Infinity, 0, -0, 1, -1);
const halves = row(-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 1.2, -1.7);

const of = (
  kernel: string,
  compute: (x: tf.Tensor) => tf.Tensor,
  x = any,
  what?: string,
  nearness?: KernelCase["nearness"],
): KernelCase => ({
  kernel,
  inputs: { x },
  compute: ({ x: given }) => compute(given as tf.Tensor),
  ...(what === undefined ? {} : { of: what }),
  ...(nearness === undefined ? {} : { nearness }),
});

describeKernels("Kernels of one tensor as ONNX", [
  of("Abs", tf.abs),
  of("Abs", tf.abs, integers([2, 3]), "whole numbers"),
  of("Acos", tf.acos, withinOne),
  of("Acosh", tf.acosh, fromOne),
  of("Asin", tf.asin, withinOne),
  of("Asinh", tf.asinh),
  of("Atan", tf.atan),
  of("Atanh", tf.atanh, withinOne),
  of("Ceil", tf.ceil, halves),
  of("Cos", tf.cos),
  of("Cosh", tf.cosh),
  of("Elu", tf.elu),
  of("Erf", tf.erf),
  of("Exp", tf.exp),
  of("Exp", tf.exp, row(-90, 0, 80), "large numbers"),
  of("Expm1", tf.expm1, row(1e-6, -1e-6, 1e-3, 0.3, -0.3, 5, -30, 60, 0), "tiny and large numbers", {
    absolute: 1e-12,
  }),
  of("Floor", tf.floor, halves),
  of("Log", tf.log, positive),
  of("Log1p", tf.log1p, row(1e-7, -1e-7, 1e-4, 0.5, -0.5, 30, 0, -1, -2, Infinity), "tiny numbers", {
    absolute: 1e-12,
  }),
  of("Neg", tf.neg),
  of("Neg", tf.neg, integers([4]), "whole numbers"),
  of("Reciprocal", tf.reciprocal, positive),
  of("Relu", tf.relu),
  of("Relu", tf.relu, integers([4]), "whole numbers"),
  of("Relu6", tf.relu6, floats([9], -3, 9)),
  of("Round", tf.round, halves, "halves, which go to the even neighbour"),
  of("Rsqrt", tf.rsqrt, positive),
  of("Selu", tf.selu),
  of("Sigmoid", tf.sigmoid, floats([40], -20, 20)),
  of("Sign", tf.sign, row(-3, 0, 2)),
  of("Sin", tf.sin),
  of("Sinh", tf.sinh),
  of("Softplus", tf.softplus, row(-40, -15, -13, -10, -3, -1e-3, 0, 1e-3, 3, 15, 40, 100), "small and large numbers", {
    absolute: 1e-20,
  }),
  of("Sqrt", tf.sqrt, positive),
  of("Square", tf.square),
  of("Square", tf.square, integers([4]), "whole numbers"),
  of("Step", tf.step, row(-1, 0, 2)),
  of("Step", (x) => tf.step(x, 0.25), row(-1, 0, 2), "numbers with a slope"),
  of("Tan", tf.tan, withinOne),
  of("Tanh", tf.tanh),
  of("LeakyRelu", (x) => tf.leakyRelu(x, 0.3)),
  of("LeakyRelu", (x) => tf.leakyRelu(x), wholeRow(-7, -1, 0, 3), "whole numbers"),
  of("ClipByValue", (x) => tf.clipByValue(x, -0.5, 1.25)),
  of("ClipByValue", (x) => tf.clipByValue(x, -3, 4), integers([9]), "whole numbers"),
  of("ZerosLike", (x) => tf.add(tf.zerosLike(x), 1), any),
  of("OnesLike", (x) => tf.onesLike(x), floats([20, 30])),
  of("Cast", (x) => tf.cast(x, "int32"), halves, "fractions to whole numbers"),
  of("Cast", (x) => tf.cast(x, "float32"), integers([5]), "whole numbers"),
  of("Cast", (x) => tf.cast(tf.cast(x, "bool"), "float32"), row(0, 0.3, -2, NaN), "numbers to truth values"),
  of("Cast", (x) => tf.cast(x, "bool"), integers([5], 0, 2), "whole numbers to truth values"),
  of("IsNan", tf.isNaN, special),
  of("IsInf", tf.isInf, special),
  of("IsFinite", tf.isFinite, special),
  of("LogicalNot", (x) => tf.logicalNot(tf.greater(x, 0))),
]);
