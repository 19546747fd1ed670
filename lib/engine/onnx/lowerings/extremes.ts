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
    const width = axis === x.shape.length - 1 ? blockWidth(g, x) : 0;
    const found = width > 0 ? inBlocks(g, x, width, which) : search(g, x, axis, which, shape);
    return cast(g, reshape(g, found, shape), "int32");
  };
}

/**
 * The largest or smallest number of each long row, by those of its blocks, which the runtime then computes once for the position as well;
 * null for other rows.
 */
export function extremeOfRows(g: OnnxBuilder, x: Operand, which: "Max" | "Min"): Operand | null {
  const width = blockWidth(g, x);
  return width === 0 ? null : reduce(g, `Reduce${which}`, bestOfBlocks(g, x, width, which), [1], false);
}

/** Where the largest or smallest number of each row is, the first of equals, and which it is. */
export function positionInRows(
  g: OnnxBuilder,
  x: Operand,
  which: "Max" | "Min",
): { readonly position: Operand; readonly value: Operand } {
  const width = blockWidth(g, x);
  const rows = x.shape.slice(0, -1);
  const position = width > 0 ? inBlocks(g, x, width, which) : search(g, x, x.shape.length - 1, which, rows);
  const value = extremeOfRows(g, x, which) ?? reduce(g, `Reduce${which}`, x, [x.shape.length - 1], false);
  return { position, value };
}

/** Of how many numbers a block of a long row is, about the square root; 0 when the row has no such divisor or is short. */
function blockWidth({ portable, anySize }: OnnxBuilder, { type, shape }: Operand): number {
  // Whether a row has a divisor is another question at every size.
  if (portable || anySize || type !== "float32") return 0;
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
  const best = bestOfBlocks(g, x, width, which);
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

/** `[rows, blocks]` */
function bestOfBlocks(g: OnnxBuilder, x: Operand, width: number, which: "Max" | "Min"): Operand {
  const length = x.shape.at(-1) as number;
  const blocks = reshape(g, x, [sizeOf(x.shape) / length, length / width, width]);
  return reduce(g, `Reduce${which}`, blocks, [2], false);
}

function search(g: OnnxBuilder, x: Operand, axis: number, which: "Max" | "Min", shape: readonly number[]): Operand {
  return g.add(`Arg${which}`, [x], { type: "int64", shape }, { axis: BigInt(axis), keepdims: 0n });
}
