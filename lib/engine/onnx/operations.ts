import type { OnnxBuilder, Operand } from "./builder.js";
import type { OnnxType } from "./model.js";

/** What lowerings are written in: operations that know the shape they give, and leave out what changes nothing. */

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

export function sameShape(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((length, at) => length === right[at]);
}

/** Shape of an elementwise operation on tensors of these shapes. */
export function broadcastShape(...shapes: readonly (readonly number[])[]): readonly number[] {
  const rank = Math.max(...shapes.map(({ length }) => length));
  return Array.from({ length: rank }, (_, at) => {
    const lengths = shapes.map((shape) => shape[at - rank + shape.length] ?? 1);
    return lengths.find((length) => length !== 1) ?? 1;
  });
}

/** Row-major steps between neighbours along each axis. */
export function stridesOf(shape: readonly number[]): readonly number[] {
  return shape.map((_, at) => sizeOf(shape.slice(at + 1)));
}

export function cast(g: OnnxBuilder, x: Operand, type: OnnxType): Operand {
  if (x.type === type) return x;
  return g.add("Cast", [x], { type, shape: x.shape }, { to: castTargets[type] });
}

const castTargets: Readonly<Record<OnnxType, bigint>> = {
  ...{ float32: 1n, uint8: 2n, int8: 3n, int32: 6n, int64: 7n, bool: 9n, float64: 11n },
};

/** An operation on each number by itself that keeps the type. */
export function unary(g: OnnxBuilder, operator: string, x: Operand): Operand {
  return g.add(operator, [x], { type: x.type, shape: x.shape });
}

/** An operation on the numbers of two tensors; what is a repeated tensor comes as the tensor that is repeated, where that serves. */
export function binary(g: OnnxBuilder, operator: string, a: Operand, b: Operand, type: OnnxType = a.type): Operand {
  const [left, right] = withoutRepeats(g, [a, b]) as [Operand, Operand];
  return g.add(operator, [left, right], { type, shape: broadcastShape(a.shape, b.shape) });
}

/** `t` where the condition holds, else `e`. ONNX Runtime chooses between booleans only as numbers. */
export function where(g: OnnxBuilder, condition: Operand, t: Operand, e: Operand): Operand {
  if (t.type === "bool") return cast(g, where(g, condition, cast(g, t, "int32"), cast(g, e, "int32")), "bool");
  const shape = broadcastShape(condition.shape, t.shape, e.shape);
  return g.add("Where", withoutRepeats(g, [condition, t, e]), { type: t.type, shape });
}

/** Operands as small as they can be while together they still have the whole shape. */
function withoutRepeats(g: OnnxBuilder, operands: readonly Operand[]): readonly Operand[] {
  const whole = broadcastShape(...operands.map(({ shape }) => shape));
  const chosen = [...operands];
  operands.forEach((operand, at) => {
    const rest = chosen.map(({ shape }, other) => (other === at ? g.smaller(operand).shape : shape));
    if (sameShape(broadcastShape(...rest), whole)) chosen[at] = g.smaller(operand);
  });
  return chosen;
}

export function reshape(g: OnnxBuilder, x: Operand, shape: readonly number[]): Operand {
  if (sameShape(x.shape, shape)) return x;
  const attributes = shape.includes(0) ? { allowzero: 1n } : {};
  const reshaped = g.add("Reshape", [x, g.integers(shape)], { type: x.type, shape }, attributes);
  g.setSource(reshaped, x);
  return reshaped;
}

export function transpose(g: OnnxBuilder, x: Operand, permutation: readonly number[]): Operand {
  if (permutation.every((axis, at) => axis === at)) return x;
  const shape = permutation.map((axis) => x.shape[axis] as number);
  // Moving axes of length 1 moves no number.
  const moved = permutation.filter((axis) => x.shape[axis] !== 1);
  if (moved.every((axis, at) => at === 0 || axis > (moved[at - 1] as number))) return reshape(g, x, shape);
  return g.add("Transpose", [x], { type: x.type, shape }, { perm: permutation.map(BigInt) });
}

export function expand(g: OnnxBuilder, x: Operand, shape: readonly number[]): Operand {
  if (sameShape(x.shape, shape)) return x;
  const whole = g.add("Expand", [x, g.integers(shape)], { type: x.type, shape });
  g.setSmaller(whole, x);
  return whole;
}

/** From `begin` (inclusive) towards `end` (exclusive) on each axis; `steps` default to 1. The caller knows the shape. */
export function slice(
  g: OnnxBuilder,
  x: Operand,
  begin: readonly number[],
  end: readonly number[],
  shape: readonly number[],
  steps: readonly number[] = begin.map(() => 1),
): Operand {
  if (sameShape(x.shape, shape) && steps.every((step) => step === 1)) return x;
  const axes = begin
    .map((_, axis) => axis)
    .filter((axis) => steps[axis] !== 1 || begin[axis] !== 0 || end[axis] !== x.shape[axis]);
  const along = (values: readonly number[]): Operand => g.integers(axes.map((axis) => values[axis] as number));
  const strided = axes.some((axis) => steps[axis] !== 1);
  return g.add("Slice", [x, along(begin), along(end), g.integers(axes), ...(strided ? [along(steps)] : [])], {
    type: x.type,
    shape,
  });
}

export function concat(g: OnnxBuilder, operands: readonly Operand[], axis: number): Operand {
  const [first] = operands as [Operand];
  if (operands.length === 1) return first;
  const length = operands.reduce((sum, { shape }) => sum + (shape[axis] as number), 0);
  const shape = first.shape.map((own, at) => (at === axis ? length : own));
  return g.add("Concat", operands, { type: first.type, shape }, { axis: BigInt(axis) });
}

export type Reduction = "ReduceSum" | "ReduceMean" | "ReduceMax" | "ReduceMin" | "ReduceProd";

/** Takes axes away. */
export function reduce(
  g: OnnxBuilder,
  operator: Reduction,
  x: Operand,
  axes: readonly number[],
  keepDimensions: boolean,
): Operand {
  const shape = keepDimensions
    ? x.shape.map((length, at) => (axes.includes(at) ? 1 : length))
    : x.shape.filter((_, at) => !axes.includes(at));
  if (axes.every((axis) => x.shape[axis] === 1)) return reshape(g, x, shape);
  const keepdims = keepDimensions ? 1n : 0n;
  const result = { type: x.type, shape };
  // In this version of the operators only ReduceSum takes its axes as an input.
  if (operator === "ReduceSum") return g.add(operator, [x, g.integers(axes)], result, { keepdims });
  return g.add(operator, [x], result, { keepdims, axes: axes.map(BigInt) });
}
