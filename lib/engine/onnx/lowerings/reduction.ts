import * as tf from "../../../tensor/tf.js";
import type { OnnxBuilder, Operand } from "../builder.js";
import {
  input,
  numberOf,
  numbersOf,
  positiveAxis,
  shapeOf,
  typeOf,
  type KernelCall,
  type Lowering,
  type Lowerings,
} from "../lowering.js";
import { binary, cast, concat, reduce, reshape, slice, transpose, type Reduction } from "../operations.js";
import { extreme, extremeOfRows } from "./extremes.js";
import { mean, sum } from "./sums.js";
import { number } from "./unary.js";

/** Kernels that take axes away, and those that run along one. */
export const reductionLowerings: Lowerings = {
  Sum: (g, call) => cast(g, sum(g, number(g, input(call, 0)), ...axesOf(call)), typeOf(call)),
  Mean: (g, call) => mean(g, cast(g, input(call, 0), "float32"), ...axesOf(call)),
  Max: largest("Max"),
  Min: largest("Min"),
  Prod: reduction("ReduceProd"),
  All: reduction("ReduceMin"),
  // Of no numbers the largest is minus infinity, or the least whole number, which is true.
  Any: (g, call) =>
    input(call, 0).shape.includes(0) ? g.splat(0, "bool", shapeOf(call)) : reduction("ReduceMax")(g, call),
  ArgMax: extreme("Max"),
  ArgMin: extreme("Min"),
  Softmax: (g, call) => alongAxis(g, "Softmax", call, "dim"),
  LogSoftmax: (g, call) => alongAxis(g, "LogSoftmax", call, "axis"),
  Cumsum: (g, call) => cumulativeSum(g, call),
  Cumprod: (g, call) => cumulativeProduct(g, call),
  TopK: (g, call) => {
    const x = input(call, 0);
    const [values, indices] = g.addAll(
      "TopK",
      [x, g.integers([numberOf(call, "k")])],
      [
        { type: x.type, shape: shapeOf(call) },
        { type: "int64", shape: shapeOf(call) },
      ],
    ) as [Operand, Operand];
    return [values, cast(g, indices, "int32")];
  },
};

function reduction(operator: Reduction): Lowering {
  return (g, call) => cast(g, reduce(g, operator, number(g, input(call, 0)), ...axesOf(call)), typeOf(call));
}

/** Of long rows by their blocks. */
function largest(which: "Max" | "Min"): Lowering {
  return (g, call) => {
    const x = number(g, input(call, 0));
    const [axes, keepDimensions] = axesOf(call);
    const ofRows = axes.length === 1 && axes[0] === x.shape.length - 1 && !keepDimensions;
    const found = ofRows ? extremeOfRows(g, x, which) : null;
    const result =
      found === null ? reduce(g, `Reduce${which}`, x, axes, keepDimensions) : reshape(g, found, shapeOf(call));
    return cast(g, result, typeOf(call));
  };
}

function axesOf(call: KernelCall): [axes: readonly number[], keepDimensions: boolean] {
  const shape = [...input(call, 0).shape];
  // tfjs calls the axes of Max otherwise.
  const name = ["axis", "reductionIndices"].find((setting) => call.attributes[setting] !== undefined);
  const axes = name === undefined ? shape.map((_, at) => at) : numbersOf(call, name);
  return [tf.util.parseAxisParam([...axes], shape), call.attributes["keepDims"] === true];
}

function alongAxis(g: OnnxBuilder, operator: string, call: KernelCall, name: string): Operand {
  const x = cast(g, input(call, 0), "float32");
  const axis = positiveAxis((call.attributes[name] as number | undefined) ?? -1, x.shape.length);
  return g.add(operator, [x], x, { axis: BigInt(axis) });
}

/** Along the last axis of several, where ONNX Runtime goes number by number, by rows of the transposed: a third of the time. */
function cumulativeSum(g: OnnxBuilder, call: KernelCall): Operand {
  const x = number(g, input(call, 0));
  const rank = x.shape.length;
  const axis = positiveAxis(numberOf(call, "axis"), rank);
  const flag = (name: string): bigint => (call.attributes[name] === true ? 1n : 0n);
  const settings = { exclusive: flag("exclusive"), reverse: flag("reverse") };
  const along = (from: Operand, place: number): Operand =>
    g.add("CumSum", [from, g.scalar(place, "int32")], from, settings);
  if (rank < 2 || axis !== rank - 1) return along(x, axis);
  const others = [...x.shape.keys()].slice(0, -1);
  const sums = along(transpose(g, x, [axis, ...others]), 0);
  return transpose(g, sums, [...others.map((other) => other + 1), 0]);
}

/** ONNX has none: each number times the product of the 1, 2, 4, … before it, by turns. */
function cumulativeProduct(g: OnnxBuilder, call: KernelCall): Operand {
  const x = number(g, input(call, 0));
  const axis = positiveAxis(numberOf(call, "axis"), x.shape.length);
  const length = x.shape[axis] as number;
  const reverse = call.attributes["reverse"] === true;
  const shifted = (from: Operand, by: number): Operand => {
    const shape = from.shape.map((own, at) => (at === axis ? own - by : own));
    const begin = from.shape.map((_, at) => (at === axis && reverse ? by : 0));
    const kept = slice(
      g,
      from,
      begin,
      begin.map((first, at) => first + (shape[at] as number)),
      shape,
    );
    const ones = g.splat(
      1,
      from.type,
      from.shape.map((own, at) => (at === axis ? by : own)),
    );
    return concat(g, reverse ? [kept, ones] : [ones, kept], axis);
  };
  let product = call.attributes["exclusive"] === true && length > 0 ? shifted(x, 1) : x;
  for (let by = 1; by < length; by *= 2) product = binary(g, "Mul", product, shifted(product, by));
  return product;
}
