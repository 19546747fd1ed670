import type { Program } from "../../contracts/engine.js";
import type { Noise } from "../../contracts/part.js";
import type { HostTensor, HostTensors } from "../../tensor/host.js";
import * as tf from "../../tensor/tf.js";
import { mapEntries, type Tensors } from "../../tensor/tree.js";
import type { Graph, GraphValue } from "./graph.js";
import { recordConvolution } from "./kernels/convolution.js";
import { recordCreation } from "./kernels/creation.js";
import { recordElementwise } from "./kernels/elementwise.js";
import { recordIndexing } from "./kernels/index-kernels.js";
import { recordMatrix } from "./kernels/matrix.js";
import { recordReductions } from "./kernels/reduce.js";
import { recordShape } from "./kernels/shape.js";
import { Recorder } from "./recorder.js";
import { traceBackend, traceBackendName } from "./trace-backend.js";
import { TraceError, userLine } from "./trace-error.js";

let registered = false;

/** Registers every kernel the recording backend knows, once. */
function registerKernels(): void {
  if (registered) return;
  registered = true;
  recordElementwise();
  recordReductions();
  recordMatrix();
  recordShape();
  recordIndexing();
  recordCreation();
  recordConvolution();
}

/**
 * Runs a program once on the recording backend: of the host tensors only types and shapes count. Inputs of the graph are called
 * `carried/…`, `input/…` and `noise/<n>`, outputs `carried/…` (those the program changed) and `reported/…`.
 *
 * @throws TraceError when something in the step cannot be recorded.
 */
export function recordProgram(program: Program, carried: HostTensors, inputs: HostTensors): Graph {
  const backend = traceBackend();
  registerKernels();
  const recorder = new Recorder();
  const before = tf.getBackend();
  backend.begin(recorder);
  const outputs = new Map<string, GraphValue>();
  try {
    switchTo(traceBackendName);
    tf.tidy(() => {
      const enter = (prefix: string, tensors: HostTensors): Tensors =>
        mapEntries(tensors, ({ data, shape }: HostTensor, name) => {
          const value = recorder.input(`${prefix}/${name}`, data instanceof Int32Array ? "int32" : "float32", shape);
          return tf.engine().makeTensorFromTensorInfo(backend.info(value));
        });
      let drawn = 0;
      const noise: Noise = {
        uniform: (shape) => {
          const value = recorder.input(`noise/${drawn}`, "float32", shape);
          drawn += 1;
          return tf.engine().makeTensorFromTensorInfo(backend.info(value));
        },
      };
      const given = enter("carried", carried);
      const result = program(given, enter("input", inputs), noise);
      for (const [name, tensor] of Object.entries(result.carried ?? {})) {
        if (tensor !== given[name]) outputs.set(`carried/${name}`, backend.graphValue(tensor));
      }
      for (const [name, tensor] of Object.entries(result.reported))
        outputs.set(`reported/${name}`, backend.graphValue(tensor));
    });
  } catch (error) {
    throw explain(error);
  } finally {
    switchTo(before);
  }
  return recorder.finish(outputs);
}

/** `tf.setBackend` is asynchronous in form only: for a backend that is ready it has done its work when it returns. */
function switchTo(name: string): void {
  void tf.setBackend(name);
  if (tf.getBackend() !== name) throw new TraceError(`internal: tfjs did not switch to ${name}`);
}

/** tfjs says "Kernel 'X' not registered for backend 'Y'"; the user needs to know what to do. */
function explain(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof TraceError) return error;
  const kernel = /[Kk]ernel '(\w+)' not registered/u.exec(error.message)?.[1];
  if (kernel === undefined) return error;
  return new TraceError(`kernel ${kernel} cannot be compiled`, userLine(error.stack), { cause: error });
}
