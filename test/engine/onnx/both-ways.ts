import { expect } from "chai";
import * as tf from "likewise/tf";
import type { Program } from "../../../lib/contracts/engine.js";
import { toOnnx } from "../../../lib/engine/onnx/to-onnx.js";
import { seededNoise } from "../../../lib/engine/seeded-noise.js";
import { recordProgram } from "../../../lib/engine/trace/trace-program.js";
import { Random } from "../../../lib/random.js";
import { candidates } from "../../../lib/tensor/backend-candidates.js";
import { downloadSync, upload, type HostTensor, type HostTensors } from "../../../lib/tensor/host.js";
import { mapEntries } from "../../../lib/tensor/tree.js";
import { expectClose } from "../../support/close.js";
import { openModel, type Runtime } from "../../support/onnx-runtime.js";

/** What a program is given. */
export interface Given {
  readonly carried?: HostTensors;
  readonly inputs?: HostTensors;
}

/** How near is near enough. */
export interface Nearness {
  readonly relative?: number;
  readonly absolute?: number;
  /** Relative to the largest number of the same tensor: what sums of single-precision numbers that cancel are good for. */
  readonly ofLargest?: number;
}

/** Outputs by name (`carried/…`, `reported/…`) of a run on a tfjs backend. Noise is drawn from a fixed stream. */
export async function runEagerly(
  program: Program,
  { carried = {}, inputs = {} }: Given,
  backend: "cpu" | "wasm" = "cpu",
): Promise<Record<string, HostTensor>> {
  const before = tf.getBackend();
  await candidates.find(({ name }) => name === backend)?.open();
  const outputs: Record<string, HostTensor> = {};
  try {
    tf.tidy(() => {
      const given = mapEntries(carried, upload);
      const result = program(given, mapEntries(inputs, upload), seededNoise(new Random("noise")));
      for (const [name, tensor] of Object.entries(result.carried ?? {}))
        if (tensor !== given[name]) outputs[`carried/${name}`] = read(tensor);
      for (const [name, tensor] of Object.entries(result.reported)) outputs[`reported/${name}`] = read(tensor);
    });
  } finally {
    await tf.setBackend(before);
  }
  return outputs;
}

/** Backends may keep the numbers of a tensor in an array of another type. */
function read(tensor: tf.Tensor): HostTensor {
  const { data, shape } = downloadSync(tensor);
  return { data: tensor.dtype === "float32" ? Float32Array.from(data) : Int32Array.from(data), shape };
}

/** The same by recording the program and running its ONNX model. */
export async function runNatively(
  runtime: Runtime,
  program: Program,
  { carried = {}, inputs = {} }: Given,
  threads = 1,
): Promise<Record<string, HostTensor>> {
  const graph = recordProgram(program, carried, inputs);
  const model = toOnnx(graph, { threads });
  const session = await openModel(runtime, model.bytes, { intraOpNumThreads: threads });
  try {
    const random = new Random("noise");
    const noise: Record<string, HostTensor> = {};
    for (const [name, { shape }] of graph.inputs)
      if (name.startsWith("noise/")) {
        const drawn = seededNoise(random).uniform(shape);
        noise[name] = downloadSync(drawn);
        drawn.dispose();
      }
    const all: Record<string, HostTensor> = { ...noise };
    for (const [name, value] of Object.entries(carried)) all[`carried/${name}`] = value;
    for (const [name, value] of Object.entries(inputs)) all[`input/${name}`] = value;
    const feeds = Object.fromEntries(
      model.inputs.map((name) => {
        const { data, shape } = all[name] as HostTensor;
        return [
          name,
          new runtime.Tensor(data instanceof Int32Array ? "int32" : "float32", data as Float32Array, shape),
        ];
      }),
    );
    const results = await session.run(feeds);
    const names = [...graph.outputs.keys()];
    return Object.fromEntries(
      model.outputs.map((output, at) => {
        const { data, dims } = results[output] as { data: Float32Array; dims: readonly number[] };
        return [names[at] as string, { data, shape: dims }];
      }),
    );
  } finally {
    await session.release();
  }
}

/** Both ways give the same names, types, shapes and, nearly, numbers. */
export function expectSame(
  actual: Readonly<Record<string, HostTensor>>,
  expected: Readonly<Record<string, HostTensor>>,
  what: string,
  { relative = 1e-5, absolute = 1e-6, ofLargest = 0 }: Nearness = {},
): void {
  expect(Object.keys(actual).sort(), `${what}: outputs`).to.deep.equal(Object.keys(expected).sort());
  for (const [name, wanted] of Object.entries(expected)) {
    const got = actual[name] as HostTensor;
    const place = `${what}: ${name}`;
    expect(got.shape, `${place}: shape`).to.deep.equal(wanted.shape);
    expect(got.data.constructor.name, `${place}: type`).to.equal(wanted.data.constructor.name);
    let largest = 0;
    for (const value of wanted.data) if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
    expectClose(got.data, wanted.data, { relative, absolute: Math.max(absolute, ofLargest * largest), what: place });
  }
}
