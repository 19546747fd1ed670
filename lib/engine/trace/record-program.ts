import type { Program } from "../../contracts/engine.js";
import type { Noise } from "../../contracts/part.js";
import { PartError } from "../../errors.js";
import { completeGradients } from "../../tensor/gradients.js";
import type { HostTensor, HostTensors } from "../../tensor/host.js";
import * as tf from "../../tensor/tf.js";
import { mapEntries, type Tensors } from "../../tensor/tree.js";
import { whileActive } from "./active-backend.js";
import { ORDERED, type Graph, type GraphValue } from "./graph.js";
import { guarded } from "./guards.js";
import { recordConvolution } from "./kernels/convolution.js";
import { recordCreation } from "./kernels/creation.js";
import { recordElementwise } from "./kernels/elementwise.js";
import { recordFewPositives } from "./kernels/few-positives.js";
import { recordHardestRows } from "./kernels/hardest-rows.js";
import { recordImages } from "./kernels/image.js";
import { recordTriplets } from "./kernels/triplets.js";
import { recordIndexing } from "./kernels/index-kernels.js";
import { recordMatrix } from "./kernels/matrix.js";
import { recordReductions } from "./kernels/reduce.js";
import { recordShape } from "./kernels/shape.js";
import { Recorder } from "./recorder.js";
import { settleSurvivors } from "./survivors.js";
import { traceBackend, traceBackendName, type TraceBackend } from "./trace-backend.js";
import { TraceError, userLine } from "./trace-error.js";

/** How a program is recorded. */
export interface RecordOptions {
  /** Note the user's line at every node; costs a stack trace each. Default false. */
  readonly lines?: boolean;
}

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
  recordImages();
  recordTriplets();
  recordHardestRows();
  recordFewPositives();
}

/**
 * Runs a program once on the recording backend: of the host tensors only types and shapes count. Inputs of the graph are called
 * `carried/…`, `input/…` and `noise/<n>`, outputs `carried/…` (those the program changed) and `reported/…`. Whatever happens, the
 * backend that was active is active again and no tensor of the recording is left.
 *
 * @throws TraceError when something in the step cannot be recorded.
 */
export function recordProgram(
  program: Program,
  carried: HostTensors,
  inputs: HostTensors,
  { lines = false }: RecordOptions = {},
): Graph {
  completeGradients();
  const backend = traceBackend();
  registerKernels();
  const recorder = new Recorder(lines);
  backend.begin(recorder);
  try {
    const outputs = whileActive(traceBackendName, backend, () => run(program, carried, inputs, recorder, backend));
    const graph = recorder.finish(outputs);
    settleSurvivors(backend, graph);
    return graph;
  } catch (error) {
    throw backend.failure ?? explain(error);
  } finally {
    backend.end();
  }
}

/** @returns what comes out, by name. */
function run(
  program: Program,
  carried: HostTensors,
  inputs: HostTensors,
  recorder: Recorder,
  backend: TraceBackend,
): ReadonlyMap<string, GraphValue> {
  const outputs = new Map<string, GraphValue>();
  const variables = new Set(Object.keys(tf.engine().state.registeredVariables));
  const input = (name: string, dtype: "float32" | "int32", shape: readonly number[]): tf.Tensor =>
    tf.engine().makeTensorFromTensorInfo(backend.info(recorder.input(name, dtype, shape)));
  const enter = (prefix: string, tensors: HostTensors): Tensors =>
    mapEntries(tensors, ({ data, shape }: HostTensor, name) =>
      input(`${prefix}/${name}`, data instanceof Int32Array ? "int32" : "float32", shape),
    );
  let drawn = 0;
  const noise: Noise = {
    uniform(shape) {
      drawn += 1;
      return input(`noise/${drawn - 1}`, "float32", shape);
    },
  };
  try {
    tf.tidy(() => {
      guarded(backend, () => {
        const given = enter("carried", carried);
        const result = program(given, enter("input", inputs), noise);
        if (result instanceof Promise) {
          result.catch(() => undefined);
          backend.refuse("the program is asynchronous; programs are pure functions of tensors");
        }
        if (tf.getBackend() !== traceBackendName) backend.refuse("the step changes the tfjs backend");
        for (const [name, tensor] of Object.entries(result.carried ?? {})) {
          const value = backend.graphValue(tensor);
          const before = recorder.inputs.get(`carried/${name}`);
          if (before === undefined) backend.refuse(`the program returns "${name}", which is not carried`);
          if (before.dtype !== value.dtype || !tf.util.arraysEqual([...before.shape], [...value.shape])) {
            backend.refuse(
              `carried tensor "${name}" is ${before.dtype} [${before.shape.join(", ")}], and the program returns ` +
                `${value.dtype} [${value.shape.join(", ")}]`,
            );
          }
          if (value !== before) outputs.set(`carried/${name}`, value);
        }
        for (const [name, tensor] of Object.entries(result.reported)) {
          outputs.set(`reported/${name}`, backend.graphValue(tensor));
        }
        for (const [name, tensor] of Object.entries(result.ordered ?? {})) {
          outputs.set(`${ORDERED}${name}`, backend.graphValue(tensor));
        }
      });
    });
  } finally {
    for (const [name, variable] of Object.entries(tf.engine().state.registeredVariables)) {
      if (!variables.has(name)) tf.engine().disposeVariable(variable);
    }
  }
  if (backend.failure !== null) throw backend.failure;
  return outputs;
}

/** tfjs says "Kernel 'X' not registered for backend 'Y'"; the user needs to know what to do. */
function explain(error: unknown): unknown {
  // The line says which part it is in.
  const thrown = error instanceof PartError ? error.cause : error;
  if (!(thrown instanceof Error) || thrown instanceof TraceError) return error;
  const kernel = /[Kk]ernel '(\w+)' not registered/u.exec(thrown.message)?.[1];
  if (kernel === undefined) return error;
  return new TraceError(`kernel ${kernel} cannot be compiled`, userLine(thrown.stack), { cause: thrown });
}
