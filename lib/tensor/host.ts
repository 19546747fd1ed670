import * as tf from "./tf.js";
import { ShapeError } from "../errors.js";

/** Numbers outside any backend: `Float32Array` is float32, `Int32Array` is int32. */
export interface HostTensor {
  /** In row-major order. */
  readonly data: Float32Array | Int32Array;
  /** Length of each dimension; empty for one number. */
  readonly shape: readonly number[];
  /** Of numbers that change in place: what has changed since, so that a copy made earlier needs only that. */
  readonly edits?: Edits;
}

/** Where numbers were written over, in the order of the writes. */
export interface Edits {
  /** How many writes there have been. */
  readonly count: number;
  /** Ranges `[start, end)` written since `count` was this; null when that is no longer known and everything must be copied. */
  since(count: number): readonly (readonly [start: number, end: number])[] | null;
}

/** Named host tensors; names of nested things are joined by "/". */
export type HostTensors = Readonly<Record<string, HostTensor>>;

/** Rows of equal width, row after row: `data.length === rows * size`. */
export interface HostMatrix {
  /** The rows one after the other. */
  readonly data: Float32Array;
  /** How many rows there are. */
  readonly rows: number;
  /** Width of a row. */
  readonly size: number;
}

/** @throws ShapeError when the number of values does not fit the shape. */
export function hostTensor(data: Float32Array | Int32Array, shape: readonly number[]): HostTensor {
  const count = shape.reduce((product, length) => product * length, 1);
  if (count !== data.length) throw new ShapeError("hostTensor", `${data.length} values`, shape);
  return { data, shape };
}

/** One float32 number. */
export function hostScalar(value: number): HostTensor {
  return { data: Float32Array.of(value), shape: [] };
}

export function zerosLike({ data, shape }: HostTensor): HostTensor {
  return { data: data instanceof Int32Array ? new Int32Array(data.length) : new Float32Array(data.length), shape };
}

/** Copies onto the current tfjs backend. The caller owns the tensor. */
export function upload({ data, shape }: HostTensor): tf.Tensor {
  return tf.tensor(data, [...shape], data instanceof Int32Array ? "int32" : "float32");
}

/** Copies from the backend; booleans become int32. */
export async function download(tensor: tf.Tensor): Promise<HostTensor> {
  return fromData(await tensor.data(), tensor.shape);
}

/** Like `download`, at once; never inside a training step. */
export function downloadSync(tensor: tf.Tensor): HostTensor {
  return fromData(tensor.dataSync(), tensor.shape);
}

function fromData(data: Float32Array | Int32Array | Uint8Array, shape: readonly number[]): HostTensor {
  return { data: data instanceof Uint8Array ? Int32Array.from(data) : data.slice(), shape: [...shape] };
}
