import * as tf from "./tf.js";
import { addKernel, heap } from "./wasm-kernels.js";

/** Adds `UnsortedSegmentSum`, the gradient of every gather, to the wasm backend. */
export function addSegmentSum(): void {
  addKernel<"x" | "segmentIds", tf.UnsortedSegmentSumAttrs>(tf.UnsortedSegmentSum, ({ inputs, attrs, backend }) => {
    const { x, segmentIds } = inputs;
    const { numSegments } = attrs;
    const rest = x.shape.slice(segmentIds.shape.length);
    const width = tf.util.sizeFromShape(rest);
    const sums = backend.makeOutput([numSegments, ...rest], x.dtype === "float32" ? "float32" : "int32");
    const from = heap(backend, x);
    const ids = heap(backend, segmentIds);
    const to = heap(backend, sums);
    to.fill(0);
    for (let row = 0, source = 0; row < ids.length; row += 1, source += width) {
      const id = ids[row]!;
      // An id out of range belongs to no segment, as on the other backends.
      if (id < 0 || id >= numSegments) continue;
      const target = id * width;
      for (let i = 0; i < width; i += 1) to[target + i]! += from[source + i]!;
    }
    return sums;
  });
}
