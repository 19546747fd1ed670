import type { InferenceSession, Tensor } from "onnxruntime-node";

type Runtime = typeof import("onnxruntime-node");

let loading: Promise<Runtime | Error> | null = null;

/** The native runtime. Skips the running test or suite with a clear message where it does not load. */
export async function onnxRuntime(context: Mocha.Context): Promise<Runtime> {
  loading ??= import("onnxruntime-node").catch((error: unknown) => error as Error);
  const loaded = await loading;
  if (!(loaded instanceof Error)) return loaded;
  console.warn(`skipped "${context.test?.fullTitle() ?? "a test"}": onnxruntime-node does not load: ${loaded.message}`);
  return context.skip();
}

/** Loads a model on one thread; errors alone are printed. */
export async function openModel(
  runtime: Runtime,
  bytes: Uint8Array,
  options: InferenceSession.SessionOptions = {},
): Promise<InferenceSession> {
  return runtime.InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 3, ...options });
}

export type { InferenceSession, Runtime, Tensor };
