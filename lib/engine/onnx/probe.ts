import { encodeModel } from "./model.js";
import type { NativeRuntime } from "./session.js";

/** Runs the smallest of graphs on an execution provider. @throws what the runtime says when the provider does not work here. */
export async function probe(runtime: NativeRuntime, provider: string): Promise<void> {
  const type = "float32";
  const bytes = encodeModel({
    name: "probe",
    nodes: [{ operator: "Add", domain: "", inputs: ["x", "x"], outputs: ["sum"], attributes: {} }],
    initializers: [],
    inputs: [{ name: "x", type, shape: [2] }],
    outputs: [{ name: "sum", type, shape: [2] }],
    metadata: {},
  });
  const graph = await runtime.load(bytes, 1, provider);
  try {
    await graph.run({ x: runtime.tensor(type, Float32Array.of(1, 2), [2]) }, { sum: null });
  } finally {
    await graph.release();
  }
}
