import * as tf from "../../tensor/tf.js";
import { isPattern, isSplat } from "./constants.js";
import type { GraphType, GraphValue } from "./graph.js";
import type { Recorder } from "./recorder.js";
import { TraceError } from "./trace-error.js";

/** Name under which the kernels of the recording backend are registered. */
export const traceBackendName = "likewise-trace";

/** Largest number of elements that a constant without a pattern may have. */
const LARGEST_CONSTANT = 1000;

interface Entry {
  readonly value: GraphValue;
  references: number;
  /** Present when the recording is over and the tensor lives on. */
  numbers: tf.BackendValues | null;
}

/** A tensor that a recorded step keeps beyond its end. */
export interface Survivor {
  readonly dataId: object;
  readonly value: GraphValue;
}

/**
 * A tfjs backend that computes nothing: a tensor of it is a value of the graph under record. It counts references as real backends
 * do, because tfjs shares data between tensors (`clone`) and disposes each.
 */
export class TraceBackend extends tf.KernelBackend {
  readonly #entries = new Map<object, Entry>();
  /** Tensors of other backends that the step reads, by their data, so that each is one constant. */
  readonly #captured = new Map<object, GraphValue>();
  #recorder: Recorder | null = null;
  #failure: TraceError | null = null;

  /** Starts a new graph. */
  begin(recorder: Recorder): void {
    if (this.#recorder !== null) throw new TraceError("a step that is being recorded starts another recording");
    this.#recorder = recorder;
    this.#failure = null;
  }

  get recorder(): Recorder {
    if (this.#recorder === null) throw new TraceError("a tensor of a recorded step is used after the recording");
    return this.#recorder;
  }

  /** What the step did that cannot be recorded; a step that catches the error is not saved by it. */
  get failure(): TraceError | null {
    return this.#failure;
  }

  /** Stops the step. */
  refuse(problem: string, options?: ErrorOptions): never {
    const error = new TraceError(problem, undefined, options);
    this.#failure ??= error;
    throw error;
  }

  /** Tensors that are alive although the step is over. */
  survivors(): readonly Survivor[] {
    return [...this.#entries].map(([dataId, { value }]) => ({ dataId, value }));
  }

  /** Moves a survivor to the active backend, now that its numbers are known. */
  release(dataId: object, numbers: tf.BackendValues): void {
    const entry = this.#entries.get(dataId);
    if (entry === undefined) return;
    entry.numbers = numbers;
    tf.engine().moveData(tf.engine().backend, dataId);
  }

  /** Ends the recording and frees what is left of it. */
  end(): void {
    for (const [dataId, { value, references }] of [...this.#entries]) {
      const size = tf.util.sizeFromShape([...value.shape]);
      // As if each tensor that shares the data were disposed, so that the engine's counts are right again.
      for (let i = 0; i < references; i += 1)
        tf.engine().disposeTensor({ dataId, dtype: value.dtype, size } as tf.Tensor);
    }
    this.#entries.clear();
    this.#captured.clear();
    this.#recorder = null;
  }

  /** A tensor for a value of the graph. */
  info(value: GraphValue): tf.TensorInfo {
    const dataId = {};
    this.#entries.set(dataId, { value, references: 1, numbers: null });
    return { dataId, shape: [...value.shape], dtype: value.dtype };
  }

  /** Another tensor of the same data. */
  share(tensor: tf.TensorInfo): tf.TensorInfo {
    const entry = this.#entries.get(tensor.dataId);
    if (entry === undefined) return this.info(this.graphValue(tensor));
    entry.references += 1;
    return { dataId: tensor.dataId, shape: [...tensor.shape], dtype: tensor.dtype };
  }

  /** True when the tensor belongs to the recorded step. */
  owns({ dataId }: tf.TensorInfo): boolean {
    return this.#entries.has(dataId);
  }

  /** The value behind a tensor; a tensor made on another backend becomes a constant. */
  graphValue(tensor: tf.TensorInfo): GraphValue {
    const { dataId, shape } = tensor;
    const value = this.#entries.get(dataId)?.value ?? this.#captured.get(dataId) ?? this.#capture(tensor);
    if (tf.util.arraysEqual([...value.shape], shape)) return value;
    // Shared data under another shape: the kernels see the tensor's own.
    return this.recorder.node("Reshape", [value], { shape: [...shape] }, [[value.dtype, shape]])[0] as GraphValue;
  }

  override write(values: tf.BackendValues | null, shape: number[], dtype: tf.DataType): object {
    if (values === null) return this.refuse("a tensor without numbers is made in the step");
    const value = this.#constant(values, dtype, shape, () =>
      this.refuse(
        `a tensor [${shape.join(", ")}] of numbers without a pattern is made in the step; random numbers come from mode.noise, ` +
          `others are weights, parameters or state of a part, or an input`,
      ),
    );
    return this.info(value).dataId;
  }

  override readSync(dataId: object): tf.BackendValues {
    const numbers = this.#entries.get(dataId)?.numbers ?? null;
    if (numbers !== null) return numbers;
    return this.refuse(
      "the step reads numbers of a tensor (dataSync, arraySync, print or a JS branch on a value); use masks and tf.where " +
        "instead, and report what you want to see as a term of the loss",
    );
  }

  override read(): Promise<tf.BackendValues> {
    try {
      this.refuse(
        "the step reads numbers of a tensor (data or array); report what you want to see as a term of the loss, or look at it " +
          "in processResults",
      );
    } catch {
      // Noted as the failure of the recording. A rejection that nobody handles would end the process.
    }
    return new Promise(() => undefined);
  }

  override refCount(dataId: object): number {
    return this.#entries.get(dataId)?.references ?? 0;
  }

  /** tfjs calls this for variables alone; kernels `share`. */
  override incRef(dataId: object): void {
    const entry = this.#entries.get(dataId);
    if (entry !== undefined) entry.references += 1;
    this.refuse(
      "the step makes a tf.Variable; what changes from step to step is a parameter or state of a part, and a program returns it",
    );
  }

  override disposeData(dataId: object, force = false): boolean {
    const entry = this.#entries.get(dataId);
    if (entry === undefined) return true;
    entry.references -= 1;
    if (!force && entry.references > 0) return false;
    this.#entries.delete(dataId);
    return true;
  }

  override numDataIds(): number {
    return this.#entries.size;
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override timerAvailable(): boolean {
    return false;
  }

  override dispose(): void {
    this.#entries.clear();
  }

  #capture(tensor: tf.TensorInfo): GraphValue {
    const { dataId, dtype, shape } = tensor;
    if (tensor instanceof tf.Variable) {
      return this.refuse(
        `the step reads the tf.Variable "${tensor.name}", whose numbers would never change again; make them parameters or state ` +
          `of a part (LayersEncoder does so for tf.layers models)`,
      );
    }
    const owner = (
      tf.engine().state as unknown as { readonly tensorInfo: WeakMap<object, { readonly backend: tf.KernelBackend }> }
    ).tensorInfo.get(dataId);
    if (owner === undefined) return this.refuse("a tensor that was disposed is used in the step");
    const value = this.#constant(owner.backend.readSync(dataId), dtype, shape, () =>
      this.refuse(
        `the step uses a tensor [${shape.join(", ")}] from outside, which would be copied into the compiled step and never ` +
          `change again; above ${LARGEST_CONSTANT} numbers give it as weights, parameters or state of a part, or as an input`,
      ),
    );
    this.#captured.set(dataId, value);
    return value;
  }

  /** Numbers as a value of the graph; many equal ones are a `Fill`, which holds no data. */
  #constant(values: tf.BackendValues, dtype: tf.DataType, shape: readonly number[], tooLarge: () => never): GraphValue {
    if (dtype === "string" || dtype === "complex64")
      return this.refuse(`${dtype} tensors cannot be part of a compiled step`);
    const numbers = values as ArrayLike<number>;
    if (numbers.length > 1 && isSplat(numbers)) {
      const attributes = { shape: [...shape], value: Number(numbers[0]), dtype };
      return this.recorder.node("Fill", [], attributes, [[dtype, shape]])[0] as GraphValue;
    }
    if (numbers.length > LARGEST_CONSTANT && !isPattern(numbers, shape)) return tooLarge();
    return this.recorder.constant(copied(numbers, dtype), dtype, shape);
  }
}

/** The one recording backend. tfjs does not list it, so that it is never chosen when no other loads. */
export function traceBackend(): TraceBackend {
  single ??= new TraceBackend();
  return single;
}

let single: TraceBackend | null = null;

function copied(values: ArrayLike<number>, dtype: GraphType): Float32Array | Int32Array | Uint8Array {
  if (dtype === "float32") return Float32Array.from(values);
  return dtype === "int32" ? Int32Array.from(values) : Uint8Array.from(values);
}
