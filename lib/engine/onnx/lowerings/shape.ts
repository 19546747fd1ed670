import { input, numberOf, numbersOf, positiveAxis, shapeOf, type KernelCall, type Lowerings } from "../lowering.js";
import { concat, expand, reshape, transpose } from "../operations.js";

/** Kernels that arrange whole tensors. */
export const shapeLowerings: Lowerings = {
  Reshape: (g, call) => reshape(g, input(call, 0), shapeOf(call)),
  ExpandDims: (g, call) => reshape(g, input(call, 0), shapeOf(call)),
  Transpose: (g, call) => transpose(g, input(call, 0), numbersOf(call, "perm")),
  BroadcastTo: (g, call) => expand(g, input(call, 0), shapeOf(call)),
  Tile: (g, call) => {
    const x = input(call, 0);
    const repeats = numbersOf(call, "reps");
    // Repeating an axis of length 1 is broadcasting.
    if (x.shape.every((length, at) => length === 1 || repeats[at] === 1)) return expand(g, x, shapeOf(call));
    return g.add("Tile", [x, g.integers(repeats)], { type: x.type, shape: shapeOf(call) });
  },
  Concat: (g, call) => concat(g, call.inputs, axisOf(call)),
  Pack: (g, call) => {
    const axis = axisOf(call);
    const shape = shapeOf(call).map((length, at) => (at === axis ? 1 : length));
    return concat(
      g,
      call.inputs.map((x) => reshape(g, x, shape)),
      axis,
    );
  },
  Unpack: (g, call) => {
    const x = input(call, 0);
    const axis = BigInt(positiveAxis(numberOf(call, "axis"), x.shape.length));
    return call.outputs.map(({ shape }, at) =>
      g.add("Gather", [x, g.scalar(at, "int64")], { type: x.type, shape }, { axis }),
    );
  },
  SplitV: (g, call) => {
    const x = input(call, 0);
    if (call.outputs.length === 1) return x;
    const axis = axisOf(call);
    const sizes = g.integers(call.outputs.map(({ shape }) => shape[axis] as number));
    const results = call.outputs.map(({ shape }) => ({ type: x.type, shape }));
    return g.addAll("Split", [x, sizes], results, { axis: BigInt(axis) });
  },
};

/** The setting `axis`, counted from the start in the shape of the output. */
function axisOf(call: KernelCall): number {
  return positiveAxis((call.attributes["axis"] as number | undefined) ?? 0, shapeOf(call).length);
}
