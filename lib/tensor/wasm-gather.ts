import * as tf from "./tf.js";
import { heap, replaceKernel } from "./wasm-kernels.js";

/**
 * Makes `gather` along the first axis copy whole rows; the wasm backend computes the place of every single number anew, which takes
 * twenty times as long for an embedding table.
 */
export function repairGather(): void {
  replaceKernel<"x" | "indices", tf.GatherV2Attrs>(tf.GatherV2, (original) => (call) => {
    const { inputs, attrs, backend } = call;
    const { x, indices } = inputs;
    if (attrs.axis !== 0 || attrs.batchDims !== 0 || x.dtype !== "float32" || indices.dtype !== "int32")
      return original(call);
    const [rows = 0, ...rest] = x.shape;
    const width = tf.util.sizeFromShape(rest);
    const result = backend.makeOutput([...indices.shape, ...rest], "float32");
    const from = heap(backend, x);
    const ids = heap(backend, indices);
    const to = heap(backend, result);
    for (let position = 0; position < ids.length; position += 1) {
      const id = ids[position]!;
      if (id < 0 || id >= rows) {
        backend.disposeData(result.dataId);
        throw new Error(`GatherV2: the index value ${id} is not in [0, ${rows - 1}]`);
      }
      // A view of a single number costs thirty times what the number does.
      if (width === 1) to[position] = from[id]!;
      else to.set(from.subarray(id * width, (id + 1) * width), position * width);
    }
    return result;
  });
}
