import type { OnnxBuilder, Operand } from "../builder.js";
import { binary, cast, reshape } from "../operations.js";

/**
 * Numbers that `ScatterND` adds on one thread: ONNX Runtime 1.30 gives it another for every 100,000 of them beyond 210,000. Two threads
 * would add some rows each, and what both add to the same place at the same time would be lost.
 */
const ON_ONE_THREAD = 200_000;
/** More operations than this one after the other would be slower than the other way. */
const MOST_PARTS = 64;

/**
 * `[count, width]` zeros with `updates` `[n, width]` added at `rows` `[n]`, whole numbers within the range.
 *
 * Rows go by `ScatterND`, so many at a time that one thread adds them; models that may run elsewhere, single numbers and float64 by
 * `ScatterElements`, which takes fifteen times as long for rows.
 */
export function addRows(g: OnnxBuilder, rows: Operand, updates: Operand, count: number, width: number): Operand {
  const type = updates.type === "bool" ? "int32" : updates.type;
  // CUDA in ONNX Runtime up to 1.30 takes int32 for float32 here, and loses numbers that are too small for it; float64 is itself.
  if (g.accelerator && (type === "int32" || type === "int64"))
    return cast(g, addRows(g, rows, cast(g, updates, "float64"), count, width), type);
  const added = rows.shape[0] as number;
  const shape = [count, width];
  if (added === 0 || width === 0) return g.splat(0, type, shape);
  const values = cast(g, updates, type);
  const together = g.oneThread ? added : Math.floor(ON_ONE_THREAD / width);
  if (width > 1 && !g.portable && type !== "float64" && together * MOST_PARTS >= added) {
    const places = cutIntoParts(g, cast(g, reshape(g, rows, [added, 1]), "int64"), together);
    const parts = cutIntoParts(g, reshape(g, values, [added, width]), together);
    return places.reduce(
      (sum, place, at) => g.add("ScatterND", [sum, place, parts[at] as Operand], { type, shape }, { reduction: "add" }),
      g.splat(0, type, shape),
    );
  }
  // One dimension is several times faster than two.
  const operands = [
    g.splat(0, type, [count * width]),
    flatPlaces(g, rows, count, width),
    reshape(g, values, [added * width]),
  ];
  const settings = { axis: 0n, reduction: "add" };
  return reshape(g, g.add("ScatterElements", operands, { type, shape: [count * width] }, settings), shape);
}

/** Where each number of these rows lies in the flat form of a matrix. */
function flatPlaces(g: OnnxBuilder, rows: Operand, count: number, width: number): Operand {
  if (width === 1) return rows;
  const type = count * width < 2 ** 31 ? "int32" : "int64";
  const column = cast(g, reshape(g, rows, [rows.shape[0] as number, 1]), type);
  const starts = binary(g, "Mul", column, g.scalar(width, type));
  const along = cast(
    g,
    g.constant(
      Int32Array.from({ length: width }, (_, at) => at),
      "int32",
      [width],
    ),
    type,
  );
  return reshape(g, binary(g, "Add", starts, along), [(rows.shape[0] as number) * width]);
}

/** Runs of so many rows, the last one shorter. */
function cutIntoParts(g: OnnxBuilder, x: Operand, together: number): readonly Operand[] {
  const [rows = 0, width = 1] = x.shape;
  if (rows <= together) return [x];
  const sizes = Array.from({ length: Math.ceil(rows / together) }, (_, part) =>
    Math.min(together, rows - part * together),
  );
  const lengths = g.constant(BigInt64Array.from(sizes, BigInt), "int64", [sizes.length]);
  return g.addAll(
    "Split",
    [x, lengths],
    sizes.map((size) => ({ type: x.type, shape: [size, width] })),
    { axis: 0n },
  );
}
