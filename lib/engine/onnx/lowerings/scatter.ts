import type { OnnxBuilder, Operand } from "../builder.js";
import { binary, cast, reshape } from "../operations.js";

/**
 * `[count, width]` zeros with `updates` `[n, width]` added at `rows` `[n]`, whole numbers within the range.
 *
 * Rows go by `ScatterND` on one thread. On several, ONNX Runtime 1.30 lets each add some rows, and what two add to the same place at
 * the same time is lost; there it goes by `ScatterElements`, which takes three times as long and is right. Single numbers it adds faster.
 */
export function addRows(g: OnnxBuilder, rows: Operand, updates: Operand, count: number, width: number): Operand {
  const type = updates.type === "bool" ? "int32" : updates.type;
  const added = rows.shape[0] as number;
  const shape = [count, width];
  if (added === 0 || width === 0) return g.splat(0, type, shape);
  const values = cast(g, updates, type);
  if (g.oneThread && width > 1) {
    const places = cast(g, reshape(g, rows, [added, 1]), "int64");
    const operands = [g.splat(0, type, shape), places, reshape(g, values, [added, width])];
    return g.add("ScatterND", operands, { type, shape }, { reduction: "add" });
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
