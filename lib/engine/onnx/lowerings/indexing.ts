import type { OnnxBuilder, Operand } from "../builder.js";
import { input, numberOf, positiveAxis, shapeOf, typeOf, type KernelCall, type Lowerings } from "../lowering.js";
import { binary, cast, reduce, reshape, sizeOf, stridesOf, transpose, where } from "../operations.js";
import { addRows } from "./scatter.js";

/** Kernels that look numbers up by position, or put them there. */
export const indexingLowerings: Lowerings = {
  GatherV2: (g, call) => {
    const [x, indices] = [input(call, 0), cast(g, input(call, 1), "int32")];
    const axis = positiveAxis(numberOf(call, "axis"), x.shape.length);
    const batch = positiveAxis((call.attributes["batchDims"] as number | undefined) ?? 0, indices.shape.length);
    if (batch > 0) return gatherInBatches(g, call, axis, batch);
    g.setChecked(indices, x.shape[axis] as number);
    if (sizeOf(x.shape) === x.shape[axis]) return reshape(g, takeNumbers(g, x, indices), shapeOf(call));
    return g.add("Gather", [x, indices], { type: x.type, shape: shapeOf(call) }, { axis: BigInt(axis) });
  },
  GatherNd: (g, call) => {
    const [x, indices] = [input(call, 0), cast(g, input(call, 1), "int32")];
    const depth = indices.shape.at(-1) ?? 1;
    const size = sizeOf(x.shape);
    if (depth === x.shape.length && size < 2 ** 31)
      return reshape(g, takeNumbers(g, x, flatPositions(g, indices, x.shape)), shapeOf(call));
    return g.add("GatherND", [x, cast(g, indices, "int64")], { type: x.type, shape: shapeOf(call) });
  },
  ScatterNd: (g, call) => {
    const [indices, updates] = [input(call, 0), input(call, 1)];
    const shape = shapeOf(call);
    const depth = indices.shape.at(-1) ?? 1;
    const rows = flatPositions(g, cast(g, indices, "int32"), shape.slice(0, depth));
    return reshape(g, addRows(g, rows, updates, sizeOf(shape.slice(0, depth)), sizeOf(shape.slice(depth))), shape);
  },
  TensorScatterUpdate: (g, call) => {
    const [x, indices, updates] = [input(call, 0), input(call, 1), input(call, 2)];
    return g.add("ScatterND", [x, cast(g, indices, "int64"), cast(g, updates, x.type)], x);
  },
  UnsortedSegmentSum: (g, call) => {
    const [x, given] = [input(call, 0), cast(g, input(call, 1), "int32")];
    const segments = numberOf(call, "numSegments");
    const ids = reshape(g, given, [sizeOf(given.shape)]);
    const width = sizeOf(shapeOf(call).slice(1));
    const rows = reshape(g, x, [sizeOf(given.shape), width]);
    // The gradient of a lookup: what is out of range has been refused there.
    const kept = g.isChecked(given, segments) ? { ids, rows } : inRange(g, ids, rows, segments);
    return reshape(g, addRows(g, kept.ids, kept.rows, segments, width), shapeOf(call));
  },
  OneHot: (g, call) => {
    const indices = cast(g, input(call, 0), "int32");
    const depth = numberOf(call, "depth");
    const places = g.constant(
      Int32Array.from({ length: depth }, (_, at) => at),
      "int32",
      [depth],
    );
    const hot = binary(g, "Equal", reshape(g, indices, [...indices.shape, 1]), places, "bool");
    const [on, off] = [numberOf(call, "onValue"), numberOf(call, "offValue")];
    const type = typeOf(call);
    return on === 1 && off === 0 ? cast(g, hot, type) : where(g, hot, g.scalar(on, type), g.scalar(off, type));
  },
};

/** Single numbers, which `GatherElements` takes nine times as fast as `Gather`. Flat. */
function takeNumbers(g: OnnxBuilder, x: Operand, indices: Operand): Operand {
  const count = sizeOf(indices.shape);
  const operands = [reshape(g, x, [sizeOf(x.shape)]), reshape(g, indices, [count])];
  return g.add("GatherElements", operands, { type: x.type, shape: [count] }, { axis: 0n });
}

/** Positions `[..., depth]` in a tensor of this shape as positions in its flat form. */
function flatPositions(g: OnnxBuilder, indices: Operand, shape: readonly number[]): Operand {
  const count = sizeOf(indices.shape.slice(0, -1));
  const steps = g.constant(Int32Array.from(stridesOf(shape)), "int32", [shape.length]);
  const scaled = shape.length === 1 ? indices : binary(g, "Mul", indices, steps);
  return reshape(g, reduce(g, "ReduceSum", scaled, [indices.shape.length - 1], false), [count]);
}

/**
 * The leading `batch` axes of both tensors belong together: with these and what lies before `axis` in one axis each, an index within
 * its batch becomes an index over all batches.
 */
function gatherInBatches(g: OnnxBuilder, call: KernelCall, axis: number, batch: number): Operand {
  const [x, indices] = [input(call, 0), cast(g, input(call, 1), "int32")];
  const batches = sizeOf(x.shape.slice(0, batch));
  const outer = sizeOf(x.shape.slice(batch, axis));
  const length = x.shape[axis] as number;
  const inner = sizeOf(x.shape.slice(axis + 1));
  const wanted = sizeOf(indices.shape.slice(batch));
  const rows = reshape(g, transpose(g, reshape(g, x, [batches, outer, length, inner]), [0, 2, 1, 3]), [
    batches * length,
    outer * inner,
  ]);
  const starts = g.constant(
    Int32Array.from({ length: batches }, (_, at) => at * length),
    "int32",
    [batches, 1],
  );
  const places = binary(g, "Add", reshape(g, indices, [batches, wanted]), starts);
  const result = { type: x.type, shape: [batches, wanted, outer * inner] };
  const taken =
    outer * inner === 1 ? takeNumbers(g, rows, places) : g.add("Gather", [rows, places], result, { axis: 0n });
  const arranged = transpose(g, reshape(g, taken, [batches, wanted, outer, inner]), [0, 2, 1, 3]);
  return reshape(g, arranged, shapeOf(call));
}

/** tfjs leaves out what belongs to no segment; here it is added to the first as zeros. */
function inRange(
  g: OnnxBuilder,
  ids: Operand,
  rows: Operand,
  segments: number,
): { readonly ids: Operand; readonly rows: Operand } {
  const notBelow = binary(g, "GreaterOrEqual", ids, g.scalar(0, "int32"), "bool");
  const notAbove = binary(g, "Less", ids, g.scalar(segments, "int32"), "bool");
  const inside = binary(g, "And", notBelow, notAbove, "bool");
  const column = reshape(g, inside, [...inside.shape, 1]);
  return {
    ids: where(g, inside, ids, g.scalar(0, "int32")),
    rows: where(g, column, rows, g.scalar(0, rows.type)),
  };
}
