import * as tf from "../../../tensor/tf.js";
import type { GraphValue } from "../graph.js";
import { numbersOf, recordKernel, type KernelCall, type OutputType } from "../kernel.js";

const first = ({ list }: KernelCall): GraphValue => list[0] as GraphValue;

/** Kernels that move numbers without changing them. */
export function recordShape(): void {
  const like =
    (shape: (call: KernelCall) => readonly number[]) =>
    (call: KernelCall): OutputType => [first(call).dtype, shape(call)];
  recordKernel(
    "Reshape",
    ["x"],
    like((call) =>
      tf.util.inferFromImplicitShape([...numbersOf(call, "shape")], tf.util.sizeFromShape([...first(call).shape])),
    ),
  );
  recordKernel(
    "ExpandDims",
    ["input"],
    like((call) => {
      const shape = [...first(call).shape];
      const [dimension = 0] = numbersOf(call, "dim");
      shape.splice(dimension < 0 ? shape.length + 1 + dimension : dimension, 0, 1);
      return shape;
    }),
  );
  recordKernel(
    "Transpose",
    ["x"],
    like((call) => numbersOf(call, "perm").map((axis) => first(call).shape[axis] ?? 1)),
  );
  recordKernel(
    "Tile",
    ["x"],
    like((call) => first(call).shape.map((length, at) => length * (numbersOf(call, "reps")[at] ?? 1))),
  );
  recordKernel(
    "BroadcastTo",
    ["x"],
    like((call) => numbersOf(call, "shape")),
  );
  recordKernel(
    "Reverse",
    ["x"],
    like((call) => first(call).shape),
  );
  recordKernel("PadV2", ["x"], like(padded));
  recordKernel("MirrorPad", ["x"], like(padded));
  recordKernel(
    "Slice",
    ["x"],
    like((call) => {
      const x = { shape: [...first(call).shape] } as tf.Tensor;
      const { begin, size } = call.attributes as { begin: number | number[]; size?: number | number[] };
      const [from, lengths] = tf.slice_util.parseSliceParams(x, begin, size);
      tf.slice_util.assertParamsValid(x, from as number[], lengths as number[]);
      return lengths as number[];
    }),
  );
  recordKernel("StridedSlice", ["x"], stridedSlice);
  recordKernel("Concat", "list", ({ list, attributes }) => {
    const shapes = list.map(({ shape }) => [...shape]);
    const axis = tf.util.parseAxisParam(attributes["axis"] as number, shapes[0] ?? [])[0] ?? 0;
    return [list[0]?.dtype ?? "float32", tf.backend_util.computeOutShape(shapes, axis)];
  });
  recordKernel("Pack", "list", (call) => {
    const shape = [...first(call).shape];
    const axis = call.attributes["axis"] as number;
    shape.splice(axis < 0 ? axis + shape.length + 1 : axis, 0, call.list.length);
    return [first(call).dtype, shape];
  });
  recordKernel("Unpack", ["value"], (call) => {
    const { dtype, shape } = first(call);
    const axis = at(call.attributes["axis"] as number, shape.length);
    const rest = shape.filter((_, dimension) => dimension !== axis);
    return { outputs: Array.from({ length: shape[axis] ?? 0 }, () => [dtype, rest] as const) };
  });
  recordKernel("SplitV", ["x"], (call) => {
    const { dtype, shape } = first(call);
    const axis = at(call.attributes["axis"] as number, shape.length);
    const value = { shape: [...shape] } as tf.Tensor;
    const sizes = tf.backend_util.prepareSplitSize(
      value,
      call.attributes["numOrSizeSplits"] as number | number[],
      axis,
    );
    return {
      outputs: sizes.map(
        (size) => [dtype, shape.map((length, dimension) => (dimension === axis ? size : length))] as const,
      ),
    };
  });
}

function padded(call: KernelCall): readonly number[] {
  const paddings = call.attributes["paddings"] as readonly (readonly [number, number])[];
  return first(call).shape.map(
    (length, dimension) => length + (paddings[dimension]?.[0] ?? 0) + (paddings[dimension]?.[1] ?? 0),
  );
}

function stridedSlice(call: KernelCall): OutputType {
  const mask = (name: string): number => call.attributes[name] as number;
  const { finalShape } = tf.slice_util.sliceInfo(
    [...first(call).shape],
    [...numbersOf(call, "begin")],
    [...numbersOf(call, "end")],
    [...numbersOf(call, "strides")],
    ...([
      mask("beginMask"),
      mask("endMask"),
      mask("ellipsisMask"),
      mask("newAxisMask"),
      mask("shrinkAxisMask"),
    ] as const),
  );
  return [first(call).dtype, finalShape];
}

function at(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}
