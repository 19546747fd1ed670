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

/** Makes `gatherND` and `scatterND` refuse places that do not exist; the wasm backend reads and writes what lies there in its memory. */
export function refusePlacesOutside(): void {
  replaceKernel<"params" | "indices", object>(tf.GatherNd, (gather) => (call) => {
    const { params, indices } = call.inputs;
    requireInside(call, indices, params.shape);
    return gather(call);
  });
  replaceKernel<"indices" | "updates", tf.ScatterNdAttrs>(tf.ScatterNd, (scatter) => (call) => {
    requireInside(call, call.inputs.indices, call.attrs.shape);
    return scatter(call);
  });
}

function requireInside(
  { backend }: { readonly backend: Parameters<typeof heap>[0] },
  indices: tf.TensorInfo,
  shape: readonly number[],
): void {
  const places = heap(backend, indices);
  const depth = indices.shape.at(-1) ?? 1;
  for (let at = 0; at < places.length; at += 1) {
    const [place, length] = [places[at]!, shape[at % depth]!];
    if (place < 0 || place >= length)
      throw new Error(`Invalid indices: ${place} does not index into [${shape.join(", ")}]`);
  }
}
