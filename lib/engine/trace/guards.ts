import * as tf from "../../tensor/tf.js";
import type { TraceBackend } from "./trace-backend.js";

/** Frames that a stack may have while a step is recorded, so that the user's line is among them. */
const STACK = 60;

/**
 * Runs a step with everything refused that a recording would miss, or that would harm tensors of other backends: JS random numbers,
 * assigned variables, tensors from outside that are disposed.
 */
export function guarded(backend: TraceBackend, step: () => void): void {
  const tensor = tf.Tensor.prototype;
  const variable = tf.Variable.prototype;
  const kept = {
    random: Math.random,
    // Put back as they are, not called.
    /* eslint-disable @typescript-eslint/unbound-method */
    disposeTensor: tensor.dispose,
    disposeVariable: variable.dispose,
    assign: variable.assign,
    /* eslint-enable @typescript-eslint/unbound-method */
    limit: Error.stackTraceLimit,
  };
  try {
    Error.stackTraceLimit = STACK;
    Math.random = () =>
      backend.refuse(
        "the step draws random numbers of JS (Math.random, or a tf function without a seed), which a compiled step would never draw " +
          "again; draw them from mode.noise",
      );
    variable.assign = function assign(): void {
      backend.refuse(
        `the step assigns the tf.Variable "${this.name}"; what changes from step to step is a parameter or state of a part, and a ` +
          "program returns it",
      );
    };
    variable.dispose = function dispose(): void {
      backend.refuse(`the step disposes of the tf.Variable "${this.name}" from outside`);
    };
    tensor.dispose = function dispose(): void {
      if (!this.isDisposed && !backend.owns(this))
        backend.refuse("the step disposes of a tensor from outside; what a program is given is borrowed");
      kept.disposeTensor.call(this);
    };
    step();
  } finally {
    Math.random = kept.random;
    tensor.dispose = kept.disposeTensor;
    variable.dispose = kept.disposeVariable;
    variable.assign = kept.assign;
    Error.stackTraceLimit = kept.limit;
  }
}
