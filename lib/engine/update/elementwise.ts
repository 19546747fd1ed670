import type { GraphNode } from "../trace/graph.js";
import type { LaneCode } from "./lane-code.js";

/** Puts the instructions of a kernel behind those that put its inputs on the stack; `attributes` are the kernel's. */
type Emit = (code: LaneCode, inputs: Locals, attributes: Readonly<Record<string, unknown>>) => void;

/** Where the inputs of a kernel are; each reads as many as it has. */
type Locals = readonly [first: number, second: number, third: number, ...others: number[]];

const binary =
  (operation: Parameters<LaneCode["operate"]>[0]): Emit =>
  (code, [left, right]) => {
    code.get(left).get(right).operate(operation);
  };

const unary =
  (operation: Parameters<LaneCode["operate"]>[0]): Emit =>
  (code, [input]) => {
    code.get(input).operate(operation);
  };

/** Kernels that work number by number, as instructions for four numbers at once. Comparisons give lanes of ones or zeros. */
const KERNELS: Readonly<Record<string, Emit>> = {
  Add: binary("add"),
  Sub: binary("sub"),
  Multiply: binary("mul"),
  RealDiv: binary("div"),
  Maximum: binary("max"),
  Minimum: binary("min"),
  Greater: binary("gt"),
  GreaterEqual: binary("ge"),
  Less: binary("lt"),
  LessEqual: binary("le"),
  Equal: binary("eq"),
  NotEqual: binary("ne"),
  LogicalAnd: binary("and"),
  LogicalOr: binary("or"),
  LogicalNot: unary("not"),
  Sqrt: unary("sqrt"),
  Neg: unary("neg"),
  Abs: unary("abs"),
  AddN: (code, [first, ...rest]) => {
    code.get(first);
    for (const input of rest) code.get(input).operate("add");
  },
  Square: (code, [input]) => {
    code.get(input).get(input).operate("mul");
  },
  SquaredDifference: (code, [left, right]) => {
    const difference = code.get(left).get(right).operate("sub").keep();
    code.get(difference).get(difference).operate("mul");
  },
  Rsqrt: (code, [input]) => {
    code.constant(1).get(input).operate("sqrt").operate("div");
  },
  Reciprocal: (code, [input]) => {
    code.constant(1).get(input).operate("div");
  },
  Relu: (code, [input]) => {
    code.get(input).constant(0).operate("max");
  },
  Sign: (code, [input]) => {
    code.get(input).constant(0).operate("gt").constant(1).operate("and");
    code.get(input).constant(0).operate("lt").constant(1).operate("and").operate("sub");
  },
  Step: (code, [input]) => {
    code.get(input).constant(0).operate("gt").constant(1).operate("and");
  },
  ClipByValue: (code, [input], { clipValueMin, clipValueMax }) => {
    code
      .get(input)
      .constant(clipValueMin as number)
      .operate("max");
    code.constant(clipValueMax as number).operate("min");
  },
  Select: (code, [condition, chosen, other]) => {
    code.get(chosen).get(other).get(condition).operate("bitselect");
  },
  ZerosLike: (code) => {
    code.constant(0);
  },
  OnesLike: (code) => {
    code.constant(1);
  },
  Fill: (code, _inputs, { value }) => {
    code.constant(value as number);
  },
  Identity: (code, [input]) => {
    code.get(input);
  },
};

const GIVES_BOOLEANS = new Set([
  "Greater",
  "GreaterEqual",
  "Less",
  "LessEqual",
  "Equal",
  "NotEqual",
  "LogicalAnd",
  "LogicalOr",
  "LogicalNot",
]);
const TAKES_BOOLEANS = new Set(["LogicalAnd", "LogicalOr", "LogicalNot"]);

/** Whether a node can be computed number by number in a loop over as many numbers as its output has. */
export function isElementwise(node: GraphNode): boolean {
  const { kernel, inputs, outputs, attributes } = node;
  const [output] = outputs;
  if (output === undefined || outputs.length > 1 || !Object.hasOwn(KERNELS, kernel)) return false;
  if (output.dtype !== (GIVES_BOOLEANS.has(kernel) ? "bool" : "float32")) return false;
  if (kernel === "Step" && (attributes["alpha"] ?? 0) !== 0) return false;
  return inputs.every(({ dtype, shape }, place) => {
    const boolean = TAKES_BOOLEANS.has(kernel) || (kernel === "Select" && place === 0);
    if (dtype !== (boolean ? "bool" : "float32")) return false;
    const isNumber = shape.every((length) => length === 1) && shape.length <= output.shape.length;
    return shape.join() === output.shape.join() || (isNumber && !boolean);
  });
}

/** Puts the value of an elementwise node, for four numbers, on the stack. */
export function emit(code: LaneCode, { kernel, attributes }: GraphNode, inputs: readonly number[]): void {
  (KERNELS[kernel] as Emit)(code, inputs as unknown as Locals, attributes);
}
