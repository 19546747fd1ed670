import * as tf from "../../../tensor/tf.js";
import type { GraphType } from "../graph.js";
import { numbersOf, recordKernel, type KernelCall } from "../kernel.js";
import { traceBackend, traceBackendName } from "../trace-backend.js";

/** Kernels that make numbers from nothing but their options. */
export function recordCreation(): void {
  recordKernel("Fill", [], (call) => [typeOf(call), numbersOf(call, "shape")]);
  recordKernel("Range", [], (call) => {
    const { start, stop, step } = call.attributes as { start: number; stop: number; step: number };
    // Downwards the step may be left at its default.
    const none = start === stop || (start < stop && step < 0) || (stop < start && step > 1);
    return [typeOf(call), [none ? 0 : Math.abs(Math.ceil((stop - start) / step))]];
  });
  // Not a node: a copy is another tensor of the same value.
  tf.registerKernel({
    kernelName: "Identity",
    backendName: traceBackendName,
    kernelFunc: ({ inputs }) => traceBackend().share(inputs["x"] as tf.TensorInfo),
  });
  recordKernel("LinSpace", [], (call) => ["float32", [call.attributes["num"] as number]]);
}

function typeOf({ attributes }: KernelCall): GraphType {
  const { dtype, value } = attributes;
  return (dtype as GraphType | undefined) ?? (tf.util.inferDtype(value as number) as GraphType);
}
