import * as tf from "../../tensor/tf.js";
import type { GraphType, GraphValue } from "./graph.js";
import { Recorder } from "./recorder.js";
import { TraceError } from "./trace-error.js";

/** Name under which the recording backend and its kernels are registered. */
export const traceBackendName = "likewise-trace";

interface Entry {
  readonly value: GraphValue;
  references: number;
}

/**
 * A tfjs backend that computes nothing: a tensor of it is a value of the graph under record. It counts references as real backends
 * do, because tfjs shares data between tensors (`clone`, `reshape`) and disposes each.
 */
export class TraceBackend extends tf.KernelBackend {
  readonly #entries = new Map<object, Entry>();
  /** Tensors of other backends that the step reads, by their data, so that each is one constant. */
  readonly #captured = new Map<object, GraphValue>();
  #recorder = new Recorder();

  /** Starts a new graph; tensors of the last are forgotten. */
  begin(recorder: Recorder): void {
    this.#recorder = recorder;
    this.#entries.clear();
    this.#captured.clear();
  }

  get recorder(): Recorder {
    return this.#recorder;
  }

  /** A tensor for a value of the graph. */
  info(value: GraphValue): tf.TensorInfo {
    const dataId = {};
    this.#entries.set(dataId, { value, references: 1 });
    return { dataId, shape: [...value.shape], dtype: value.dtype };
  }

  /** The value behind a tensor; a tensor made on another backend becomes a constant. */
  graphValue({ dataId, dtype, shape }: tf.TensorInfo): GraphValue {
    const entry = this.#entries.get(dataId);
    if (entry !== undefined) {
      const { value } = entry;
      // Shared data under another shape (a reshape that shares): the kernels see the tensor's own.
      return sameShape(value.shape, shape) ? value : this.#reshaped(value, shape);
    }
    const known = this.#captured.get(dataId);
    if (known !== undefined) return sameShape(known.shape, shape) ? known : this.#reshaped(known, shape);
    const owner = (
      tf.engine().state as unknown as { readonly tensorInfo: WeakMap<object, { readonly backend: tf.KernelBackend }> }
    ).tensorInfo.get(dataId);
    if (owner === undefined) throw new TraceError("a tensor that was disposed is used in the step");
    const captured = this.#constant(owner.backend.readSync(dataId), dtype, shape);
    this.#captured.set(dataId, captured);
    return captured;
  }

  override write(values: tf.BackendValues | null, shape: number[], dtype: tf.DataType): object {
    if (values === null) throw new TraceError("a tensor without numbers is made in the step");
    return this.info(this.#constant(values, dtype, shape)).dataId;
  }

  override readSync(): never {
    throw new TraceError(
      "the step reads numbers of a tensor (dataSync, arraySync or a JS branch on a value); use masks and tf.where instead",
    );
  }

  override read(): never {
    throw new TraceError(
      "the step reads numbers of a tensor (data, array or print); report them as a term of the loss, or log them in processResults",
    );
  }

  override refCount(dataId: object): number {
    return this.#entries.get(dataId)?.references ?? 0;
  }

  override incRef(dataId: object): void {
    const entry = this.#entries.get(dataId);
    if (entry !== undefined) entry.references += 1;
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

  #reshaped(value: GraphValue, shape: readonly number[]): GraphValue {
    return this.#recorder.node("Reshape", [value], { shape: [...shape] }, [[value.dtype, shape]])[0] as GraphValue;
  }

  #constant(values: tf.BackendValues, dtype: tf.DataType, shape: readonly number[]): GraphValue {
    if (dtype === "string" || dtype === "complex64")
      throw new TraceError(`${dtype} tensors cannot be part of a compiled step`);
    const data = toArray(values as ArrayLike<number>, dtype);
    return this.#recorder.constant(data, dtype, shape);
  }
}

/** The one recording backend; registered on first use. */
export function traceBackend(): TraceBackend {
  single ??= register();
  return single;
}

let single: TraceBackend | null = null;

function register(): TraceBackend {
  const backend = new TraceBackend();
  tf.registerBackend(traceBackendName, () => backend, 0);
  return backend;
}

function toArray(values: ArrayLike<number>, dtype: GraphType): Float32Array | Int32Array | Uint8Array {
  if (dtype === "float32") return Float32Array.from(values);
  return dtype === "int32" ? Int32Array.from(values) : Uint8Array.from(values);
}

function sameShape(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((length, at) => length === right[at]);
}
