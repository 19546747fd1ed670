import type { OnnxBuilder, Operand } from "../builder.js";
import { input, numbersOf, positiveAxis, shapeOf, type Lowering } from "../lowering.js";
import { binary, cast, reduce, reshape, sizeOf } from "../operations.js";
import { number } from "./unary.js";

/** Rows shorter than this are searched at once. */
const LONG = 256;

/** Position of the largest or smallest number along an axis, the first of equals. */
export function extreme(which: "Max" | "Min"): Lowering {
  return (g, call) => {
    const x = number(g, input(call, 0));
    const axis = positiveAxis(numbersOf(call, "axis")[0] ?? 0, x.shape.length);
    const shape = shapeOf(call);
    // Whether a row has a divisor is another question at every size.
    const inRows = axis === x.shape.length - 1 && x.type === "float32" && !g.portable && !g.anySize;
    const width = inRows ? blockWidth(x.shape) : 0;
    const found = width > 0 ? inBlocks(g, x, width, which) : search(g, x, axis, which, shape);
    return cast(g, reshape(g, found, shape), "int32");
  };
}

/** Of how many numbers a block of a long row is, about the square root; 0 when the row has no such divisor or is short. */
function blockWidth(shape: readonly number[]): number {
  const length = shape.at(-1) as number;
  if (length < LONG || sizeOf(shape) === 0) return 0;
  for (let width = Math.floor(Math.sqrt(length)); width >= 8; width -= 1)
    if (length % width === 0) return length / width;
  return 0;
}

/**
 * ONNX Runtime finds the largest number of a row several times faster than its position. So first the block it is in is found by the
 * blocks' largest numbers, and its position only within that block.
 */
function inBlocks(g: OnnxBuilder, x: Operand, width: number, which: "Max" | "Min"): Operand {
  const length = x.shape.at(-1) as number;
  const rows = sizeOf(x.shape) / length;
  const blocks = length / width;
  const best = reduce(g, `Reduce${which}`, reshape(g, x, [rows, blocks, width]), [2], false);
  const block = search(g, best, 1, which, [rows]);
  const starts = g.constant(
    BigInt64Array.from({ length: rows }, (_, row) => BigInt(row * blocks)),
    "int64",
    [rows],
  );
  const place = binary(g, "Add", block, starts);
  const result = { type: "float32", shape: [rows, width] } as const;
  const chosen = g.add("Gather", [reshape(g, x, [rows * blocks, width]), place], result, { axis: 0n });
  const within = search(g, chosen, 1, which, [rows]);
  return binary(g, "Add", binary(g, "Mul", block, g.scalar(width, "int64")), within);
}

function search(g: OnnxBuilder, x: Operand, axis: number, which: "Max" | "Min", shape: readonly number[]): Operand {
  return g.add(`Arg${which}`, [x], { type: "int64", shape }, { axis: BigInt(axis), keepdims: 0n });
}
