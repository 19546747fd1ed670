import * as tf from "./tf.js";
import { replaceKernel } from "./wasm-kernels.js";

/**
 * Lets a clone share the numbers of its tensor, as on the other backends, where the one of the wasm backend copies them. Clones are what
 * a gradient keeps of every operation on the way, most of the memory of a step. No kernel writes into what it was given.
 */
export function shareClones(): void {
  replaceKernel<"x", object>(tf.Identity, (copy) => (call) => {
    const { x } = call.inputs;
    if (x.dtype === "string") return copy(call);
    call.backend.incRef(x.dataId);
    return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
  });
}
