import * as tf from "../../../tensor/tf.js";
import type { OnnxBuilder, Operand } from "../builder.js";
import { input, numberOf, numbersOf, positiveAxis, shapeOf, type KernelCall, type Lowerings } from "../lowering.js";
import { reshape, slice } from "../operations.js";

/** Before the first element, as ONNX writes the end of a slice that runs backwards. */
const BEFORE_START = Number.MIN_SAFE_INTEGER;

/** Kernels that take parts of a tensor, or put something round it. */
export const slicingLowerings: Lowerings = {
  Slice: (g, call) => {
    const x = input(call, 0);
    const given = numbersOf(call, "begin");
    const begin = x.shape.map((_, at) => given[at] ?? 0);
    const shape = shapeOf(call);
    return slice(
      g,
      x,
      begin,
      begin.map((first, at) => first + (shape[at] as number)),
      shape,
    );
  },
  StridedSlice: (g, call) => {
    const x = input(call, 0);
    const { begin, end, strides } = stridedSlice(call);
    const ends = end.map((last, at) => ((strides[at] as number) < 0 && last < 0 ? BEFORE_START : last));
    const shape = begin.map((first, at) =>
      Math.max(0, Math.ceil(((end[at] as number) - first) / (strides[at] as number))),
    );
    return reshape(g, slice(g, x, begin, ends, shape, strides), shapeOf(call));
  },
  Reverse: (g, call) => {
    const x = input(call, 0);
    const all = call.attributes["dims"] === undefined;
    const axes = all ? [...x.shape.keys()] : numbersOf(call, "dims").map((axis) => positiveAxis(axis, x.shape.length));
    const along = (turned: (length: number) => number, kept: (length: number) => number): number[] =>
      x.shape.map((length, at) => (axes.includes(at) ? turned(length) : kept(length)));
    const begin = along(
      (length) => length - 1,
      () => 0,
    );
    const end = along(
      () => BEFORE_START,
      (length) => length,
    );
    const steps = along(
      () => -1,
      () => 1,
    );
    return slice(g, x, begin, end, x.shape, steps);
  },
  PadV2: (g, call) => {
    const x = input(call, 0);
    const paddings = paddingsOf(call);
    const pads = g.integers([...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)]);
    const value = g.scalar(numberOf(call, "constantValue"), x.type);
    return g.add("Pad", [x, pads, value], { type: x.type, shape: shapeOf(call) });
  },
  MirrorPad: (g, call) => {
    const edge = call.attributes["mode"] === "reflect" ? 1 : 0;
    return paddingsOf(call).reduce((x, padding, axis) => mirrored(g, x, axis, padding, edge), input(call, 0));
  },
};

/** tfjs's own reading of the masks. */
function stridedSlice(call: KernelCall): ReturnType<typeof tf.slice_util.sliceInfo> {
  const lists = ["begin", "end", "strides"].map((name) => [...numbersOf(call, name)]) as [number[], number[], number[]];
  const masks = ["beginMask", "endMask", "ellipsisMask", "newAxisMask", "shrinkAxisMask"].map((name) =>
    numberOf(call, name),
  ) as [number, number, number, number, number];
  return tf.slice_util.sliceInfo([...input(call, 0).shape], ...lists, ...masks);
}

function paddingsOf(call: KernelCall): readonly (readonly [before: number, after: number])[] {
  return call.attributes["paddings"] as readonly (readonly [number, number])[];
}

/** Repeats what lies at both ends of an axis in reverse; `edge` 1 leaves the outermost out. */
function mirrored(
  g: OnnxBuilder,
  x: Operand,
  axis: number,
  [before, after]: readonly [number, number],
  edge: 0 | 1,
): Operand {
  if (before === 0 && after === 0) return x;
  const length = x.shape[axis] as number;
  const rows = [
    ...Array.from({ length: before }, (_, at) => before - 1 - at + edge),
    ...Array.from({ length }, (_, at) => at),
    ...Array.from({ length: after }, (_, at) => length - 1 - at - edge),
  ];
  const shape = x.shape.map((own, at) => (at === axis ? rows.length : own));
  return g.add("Gather", [x, g.integers(rows)], { type: x.type, shape }, { axis: BigInt(axis) });
}
