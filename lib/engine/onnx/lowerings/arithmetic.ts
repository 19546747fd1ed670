import { TraceError } from "../../trace/trace-error.js";
import type { OnnxBuilder, Operand } from "../builder.js";
import { input, typeOf, type KernelCall, type Lowering, type Lowerings } from "../lowering.js";
import { binary, broadcastShape, cast, sameShape, unary, where } from "../operations.js";
import { number } from "./unary.js";

/** Kernels that work on each number of two or more tensors. */
export const arithmeticLowerings: Lowerings = {
  Add: arithmetic("Add"),
  Sub: arithmetic("Sub"),
  Multiply: arithmetic("Mul"),
  RealDiv: (g, call) => {
    const [a, b] = numbers(g, call);
    return cast(g, binary(g, "Div", cast(g, a, "float32"), cast(g, b, "float32")), typeOf(call));
  },
  Maximum: arithmetic("Max"),
  Minimum: arithmetic("Min"),
  Pow: (g, call) => power(g, ...numbers(g, call)),
  FloorDiv: (g, call) => floorDivide(g, ...numbers(g, call)),
  Mod: (g, call) => modulo(g, ...numbers(g, call)),
  SquaredDifference: (g, call) => {
    const [a, b] = numbers(g, call);
    const difference = binary(g, "Sub", a, b);
    return binary(g, "Mul", difference, difference);
  },
  Atan2: (g, call) => {
    const [a, b] = numbers(g, call).map((x) => cast(g, x, "float32")) as [Operand, Operand];
    return cast(g, atan2(g, a, b), typeOf(call));
  },
  AddN: (g, call) => {
    const [first, ...rest] = call.inputs.map((x) => number(g, x)) as [Operand, ...Operand[]];
    if (rest.length === 0) return first;
    if (first.type === "float32") return g.add("Sum", [first, ...rest], first);
    return rest.reduce((sum, x) => binary(g, "Add", sum, x), first);
  },
  Prelu: (g, call) => {
    const [x, alpha] = [cast(g, input(call, 0), "float32"), cast(g, input(call, 1), "float32")];
    if (sameShape(broadcastShape(x.shape, alpha.shape), x.shape)) return g.add("PRelu", [x, alpha], x);
    const positive = binary(g, "Greater", x, g.scalar(0), "bool");
    return where(g, positive, x, binary(g, "Mul", alpha, x));
  },
  EluGrad: (g, call) => {
    const slope = binary(g, "Add", binary(g, "Min", input(call, 1), g.scalar(0)), g.scalar(1));
    return binary(g, "Mul", input(call, 0), slope);
  },
  Select: (g, call) => {
    const [condition, t, e] = call.inputs as [Operand, Operand, Operand];
    return where(g, cast(g, condition, "bool"), cast(g, t, typeOf(call)), cast(g, e, typeOf(call)));
  },
  Equal: comparison("Equal"),
  NotEqual: (g, call) => unary(g, "Not", compare(g, "Equal", call)),
  Greater: comparison("Greater"),
  GreaterEqual: comparison("GreaterOrEqual"),
  Less: comparison("Less"),
  LessEqual: comparison("LessOrEqual"),
  LogicalAnd: logical("And"),
  LogicalOr: logical("Or"),
};

function arithmetic(operator: string): Lowering {
  return (g, call) => {
    const [a, b] = numbers(g, call);
    if (typeOf(call) === "bool" && (operator === "Add" || operator === "Sub"))
      throw new TraceError(`kernel ${call.kernel} of booleans has no sense; cast them to int32 or float32`, null);
    return cast(g, binary(g, operator, a, b), typeOf(call));
  };
}

/** Both inputs as numbers of one type. */
function numbers(g: OnnxBuilder, call: KernelCall): readonly [Operand, Operand] {
  const [a, b] = [number(g, input(call, 0)), number(g, input(call, 1))];
  const type = a.type === "float32" || b.type === "float32" ? "float32" : "int32";
  return [cast(g, a, type), cast(g, b, type)];
}

function comparison(operator: string): Lowering {
  return (g, call) => compare(g, operator, call);
}

function compare(g: OnnxBuilder, operator: string, call: KernelCall): Operand {
  return binary(g, operator, ...numbers(g, call), "bool");
}

function logical(operator: string): Lowering {
  return (g, call) => binary(g, operator, cast(g, input(call, 0), "bool"), cast(g, input(call, 1), "bool"));
}

/** Small fixed exponents are what gradients are made of, and many times faster without `Pow`. */
function power(g: OnnxBuilder, base: Operand, exponent: Operand): Operand {
  const fixed = g.numbers(g.smaller(exponent));
  const keepsShape = sameShape(broadcastShape(base.shape, exponent.shape), base.shape);
  if (fixed?.length === 1 && keepsShape) {
    if (fixed[0] === 1) return base;
    if (fixed[0] === 2) return binary(g, "Mul", base, base);
    if (fixed[0] === 3) return binary(g, "Mul", base, binary(g, "Mul", base, base));
    if (fixed[0] === 0.5 && base.type === "float32") return unary(g, "Sqrt", base);
    if (fixed[0] === -1 && base.type === "float32") return unary(g, "Reciprocal", base);
  }
  return binary(g, "Pow", base, exponent);
}

/** Rounded towards minus infinity. Whole numbers go by float64, which is exact for them and knows division by zero. */
function floorDivide(g: OnnxBuilder, a: Operand, b: Operand): Operand {
  if (a.type === "float32") return unary(g, "Floor", binary(g, "Div", a, b));
  const quotient = unary(g, "Floor", binary(g, "Div", cast(g, a, "float64"), cast(g, b, "float64")));
  return unlessZero(g, b, cast(g, quotient, "int32"));
}

/** With the sign of the divisor. */
function modulo(g: OnnxBuilder, a: Operand, b: Operand): Operand {
  if (a.type === "int32") {
    const fixed = g.numbers(g.smaller(b));
    if (fixed !== null && !fixed.some((value) => Number(value) === 0)) return binary(g, "Mod", a, b);
    const zero = binary(g, "Equal", b, g.scalar(0, "int32"), "bool");
    return unlessZero(g, b, binary(g, "Mod", a, where(g, zero, g.scalar(1, "int32"), b)));
  }
  const negative = (x: Operand): Operand => binary(g, "Less", x, g.scalar(0), "bool");
  const remainder = (x: Operand): Operand => {
    const shape = broadcastShape(x.shape, b.shape);
    return g.add("Mod", [x, b], { type: "float32", shape }, { fmod: 1n });
  };
  const plain = remainder(a);
  const sameSign = binary(g, "Equal", negative(a), negative(b), "bool");
  return where(g, sameSign, plain, remainder(binary(g, "Add", plain, b)));
}

/** 0 where the divisor is 0, as tfjs has it for whole numbers. */
function unlessZero(g: OnnxBuilder, divisor: Operand, quotient: Operand): Operand {
  const fixed = g.numbers(g.smaller(divisor));
  if (fixed !== null && !fixed.some((value) => Number(value) === 0)) return quotient;
  const zero = g.scalar(0, "int32");
  return where(g, binary(g, "Equal", divisor, zero, "bool"), zero, quotient);
}

/** Angle of the point (b, a): the arc tangent of `a / b`, by half a turn off where b is negative. */
function atan2(g: OnnxBuilder, a: Operand, b: Operand): Operand {
  const zero = g.scalar(0);
  const is = (operator: string, x: Operand): Operand => binary(g, operator, x, zero, "bool");
  // 0 / 0 is no number, but the angle is 0; -0 would turn the sign.
  const bothZero = binary(g, "And", is("Equal", a), is("Equal", b), "bool");
  const divisor = where(g, bothZero, g.scalar(1), where(g, is("Equal", b), zero, b));
  const angle = unary(g, "Atan", binary(g, "Div", a, divisor));
  const halfTurn = where(g, is("Less", a), g.scalar(-Math.PI), g.scalar(Math.PI));
  return where(g, is("Less", b), binary(g, "Add", angle, halfTurn), angle);
}
