import { expect } from "chai";
import type * as tf from "likewise/tf";
import { recordProgram } from "../../../lib/engine/trace/trace-program.js";
import { Random } from "../../../lib/random.js";
import { sizeOf } from "../../../lib/engine/onnx/operations.js";
import type { HostTensor, HostTensors } from "../../../lib/tensor/host.js";
import { onnxRuntime, type Runtime } from "../../support/onnx-runtime.js";
import { expectSame, runEagerly, runNatively, type Nearness } from "./both-ways.js";

type Inputs = Readonly<Record<string, tf.Tensor>>;

/** A computation that calls a kernel. */
export interface KernelCase {
  readonly kernel: string;
  /** What is special here. */
  readonly of?: string;
  readonly inputs: HostTensors;
  readonly compute: (inputs: Inputs) => tf.Tensor | readonly tf.Tensor[];
  readonly nearness?: Nearness;
  /** Where the plain JavaScript backend lacks the kernel. */
  readonly backend?: "wasm";
  /** Threads for which the kernel is written. Default 1. */
  readonly threads?: number;
}

/** One test for each case: the kernel is recorded, and natively gives what tfjs gives. */
export function describeKernels(title: string, cases: readonly KernelCase[]): void {
  describe(title, () => {
    let runtime: Runtime;
    before(async function () {
      runtime = await onnxRuntime(this);
    });
    for (const { kernel, of, inputs, compute, nearness, backend, threads } of cases) {
      it(`${kernel}${of === undefined ? "" : ` of ${of}`}`, async () => {
        const program = (_carried: Inputs, given: Inputs) => {
          const made = compute(given);
          const list = Array.isArray(made) ? (made as readonly tf.Tensor[]) : [made as tf.Tensor];
          return { reported: Object.fromEntries(list.map((tensor, at) => [String(at), tensor])) };
        };
        const recorded = recordProgram(program, {}, inputs).nodes.map((node) => node.kernel);
        expect(recorded, "recorded kernels").to.include(kernel);
        const wanted = await runEagerly(program, { inputs }, backend);
        expectSame(await runNatively(runtime, program, { inputs }, threads), wanted, kernel, nearness);
      });
    }
  });
}

/** Uniform numbers between two bounds, the same every time. */
export function floats(shape: readonly number[], from = -2, to = 2, seed: number | string = "floats"): HostTensor {
  const random = new Random(seed);
  const data = Float32Array.from({ length: sizeOf(shape) }, () => from + (to - from) * random.uniform());
  return { data, shape };
}

/** Whole numbers from `from` to below `to`. */
export function integers(shape: readonly number[], from = -9, to = 10, seed: number | string = "integers"): HostTensor {
  const random = new Random(seed);
  return { data: Int32Array.from({ length: sizeOf(shape) }, () => from + random.integer(to - from)), shape };
}

/** These numbers in a row. */
export function row(...values: readonly number[]): HostTensor {
  return { data: Float32Array.from(values), shape: [values.length] };
}

/** These whole numbers in a row. */
export function wholeRow(...values: readonly number[]): HostTensor {
  return { data: Int32Array.from(values), shape: [values.length] };
}
