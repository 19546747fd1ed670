import type { OnnxBuilder, Operand } from "../builder.js";
import { cast, expand, reshape } from "../operations.js";

/**
 * `[count, width]` zeros with `updates` `[n, width]` added at `rows` `[n]`. By `ScatterElements`, because ONNX Runtime's `ScatterND` adds
 * from several threads at once and loses what they add to the same place.
 */
export function addRows(g: OnnxBuilder, rows: Operand, updates: Operand, count: number, width: number): Operand {
  const shape = [count, width];
  const type = updates.type === "bool" ? "int32" : updates.type;
  const zeros = g.splat(0, type, shape);
  const added = rows.shape[0] as number;
  if (added === 0 || width === 0) return zeros;
  const places = expand(g, reshape(g, rows, [added, 1]), [added, width]);
  const values = reshape(g, cast(g, updates, type), [added, width]);
  return g.add("ScatterElements", [zeros, places, values], { type, shape }, { axis: 0n, reduction: "add" });
}
