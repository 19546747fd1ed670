import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "./tf.js";

/** What a kernel is called with: tensors by name, and its settings. */
export interface KernelCall<Inputs extends string, Attributes> {
  readonly inputs: Readonly<Record<Inputs, tf.TensorInfo>>;
  readonly attrs: Attributes;
  readonly backend: BackendWasm;
}

export type Kernel<Inputs extends string, Attributes> = (call: KernelCall<Inputs, Attributes>) => tf.TensorInfo;

/** A kernel of the wasm backend as a function; what it returns is the caller's to dispose with `backend.disposeData`. */
export function wasmKernel<Inputs extends string, Attributes>(name: string): Kernel<Inputs, Attributes> {
  const config = tf.getKernel(name, "wasm") as tf.KernelConfig | null | undefined;
  if (!config) throw new Error(`internal: the wasm backend has no kernel ${name}`);
  return config.kernelFunc as unknown as Kernel<Inputs, Attributes>;
}

/** Adds a kernel that the wasm backend lacks; leaves one that is there. */
export function addKernel<Inputs extends string, Attributes>(name: string, kernel: Kernel<Inputs, Attributes>): void {
  if (tf.getKernel(name, "wasm") as tf.KernelConfig | null | undefined) return;
  tf.registerKernel({ kernelName: name, backendName: "wasm", kernelFunc: kernel as unknown as tf.KernelFunc });
}

/** Puts a kernel in the place of one that is there; the new one may call the old one. */
export function replaceKernel<Inputs extends string, Attributes>(
  name: string,
  make: (original: Kernel<Inputs, Attributes>) => Kernel<Inputs, Attributes>,
): void {
  const kernel = make(wasmKernel(name));
  const config = tf.getKernel(name, "wasm");
  tf.unregisterKernel(name, "wasm");
  tf.registerKernel({ ...config, kernelFunc: kernel as unknown as tf.KernelFunc });
}

/** The numbers of a tensor in place. The view dies with the next allocation, which may move the heap: allocate first, look then. */
export function heap(backend: BackendWasm, tensor: tf.TensorInfo): Float32Array | Int32Array | Uint8Array {
  return backend.typedArrayFromHeap(tensor) as Float32Array | Int32Array | Uint8Array;
}

/** The same numbers under another shape; owns nothing. */
export function shaped({ dataId, dtype }: tf.TensorInfo, shape: number[]): tf.TensorInfo {
  return { dataId, dtype, shape };
}
