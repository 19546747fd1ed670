import { EngineError } from "../errors.js";
import * as tf from "./tf.js";
import type { BackendName } from "./engine-variable.js";
import { repairWasm } from "./wasm-repairs.js";
import { explainReading, registerWebgpu } from "./webgpu-backend.js";

/** A tfjs backend that may or may not load here. */
export interface BackendCandidate {
  readonly name: BackendName;
  /** Loads it and makes it the current backend; gives a description for people. Throws when it cannot. */
  readonly open: () => Promise<string>;
  /** Never tried unless it is asked for by name. */
  readonly onlyWhenAsked?: true;
}

/** Every backend, fastest first, then those that nobody gets unasked. */
export const candidates: readonly BackendCandidate[] = [
  { name: "tfjs-node-gpu", open: () => openNative("@tensorflow/tfjs-node-gpu") },
  { name: "tfjs-node", open: () => openNative("@tensorflow/tfjs-node") },
  { name: "wasm", open: openWasm },
  { name: "cpu", open: openCpu },
  { name: "webgpu", open: openWebgpu, onlyWhenAsked: true },
];

/** The native packages register themselves as "tensorflow". They need not be installed, so their types are not known here. */
async function openNative(packageName: string): Promise<string> {
  const native = (await import(packageName)) as {
    readonly Tensor?: unknown;
    readonly default?: { readonly Tensor?: unknown };
  };
  if ((native.Tensor ?? native.default?.Tensor) !== tf.Tensor) {
    throw new EngineError(
      `${packageName} brings its own copy of @tensorflow/tfjs-core; install the version that matches ${tf.version_core}, so that both share one`,
    );
  }
  await makeCurrent("tensorflow");
  const { isGPUPackage, isUsingGpuDevice } = tf.backend() as {
    readonly isGPUPackage?: boolean;
    readonly isUsingGpuDevice?: boolean;
  };
  const name = packageName.replace("@tensorflow/", "");
  if (isGPUPackage === true)
    return isUsingGpuDevice === true ? `${name} (CUDA)` : `${name} (no CUDA device, on the processor)`;
  return name;
}

async function openWasm(): Promise<string> {
  await import("@tensorflow/tfjs-backend-wasm");
  repairWasm();
  await withoutNewListeners(() => makeCurrent("wasm"));
  return (await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT")) === true ? "wasm (SIMD)" : "wasm";
}

async function openCpu(): Promise<string> {
  await import("@tensorflow/tfjs-backend-cpu");
  // Its advice to install tfjs-node is for those who have not tried: it stands before this one in the list.
  (tf.findBackend("cpu") as { firstUse?: boolean }).firstUse = false;
  await makeCurrent("cpu");
  return "cpu (plain JavaScript)";
}

async function openWebgpu(): Promise<string> {
  const adapter = await registerWebgpu();
  await makeCurrent("webgpu");
  explainReading();
  return `webgpu (${adapter})`;
}

async function makeCurrent(backend: string): Promise<void> {
  if (!(await tf.setBackend(backend))) throw new EngineError(`tfjs backend "${backend}" failed to start`);
  // A backend can load and still be unable to compute: tfjs-node 4.22 calls Node functions that Node 23 removed.
  const product = tf.tidy(() => tf.matMul(tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.tensor2d([1, 0, 2, 1], [2, 2])));
  const numbers = await product.data();
  product.dispose();
  if (numbers.join() !== "5,2,11,4")
    throw new EngineError(`tfjs backend "${backend}" computes wrong numbers: ${numbers.join()}`);
}

/**
 * The wasm module makes itself the process's handler of uncaught exceptions and unhandled rejections when it starts, which is not for
 * a library to do; errors then print 60 kB of its source.
 */
async function withoutNewListeners(start: () => Promise<void>): Promise<void> {
  const events = ["uncaughtException", "unhandledRejection"];
  const before = new Map(events.map((event) => [event, new Set(process.listeners(event as "uncaughtException"))]));
  await start();
  for (const event of events) {
    for (const listener of process.listeners(event as "uncaughtException")) {
      if (before.get(event)?.has(listener) !== true) process.removeListener(event, listener);
    }
  }
}
