import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { ShapeError } from "../errors.js";
import * as tf from "./tf.js";
import { heap, replaceKernel, shaped, wasmKernel, type Kernel, type KernelCall } from "./wasm-kernels.js";

type Attributes = Pick<tf.BatchMatMulAttrs, "transposeA" | "transposeB">;
type Product = Kernel<"a" | "b", Attributes>;
type ProductCall = KernelCall<"a" | "b", Attributes>;

/** Multiplications of one matrix pair from which a call of its own on the fast path beats the slow path for batches. */
const WORTH_A_CALL = 100_000;

/**
 * The wasm backend multiplies matrices fast only when there is one pair of them and neither is transposed; every gradient of a
 * product transposes one. Here transposes are made explicit (they cost little), a batch against one matrix becomes one product of
 * taller matrices, a batch of large ones a product each, and batch dimensions are broadcast as they should be.
 *
 * It also mends wrong numbers: the fast path keeps a packed copy of the right matrix by its memory alone, so that the same numbers
 * reshaped, as the right factor of a second product, gave nonsense.
 */
export function repairMatMul(): void {
  const transpose = wasmKernel<"x", tf.TransposeAttrs>(tf.Transpose);
  const tile = wasmKernel<"x", tf.TileAttrs>(tf.Tile);
  replaceKernel<"a" | "b", Attributes>(
    tf.BatchMatMul,
    (original) => (call) => upright(call, transpose, (plain) => multiply(plain, original, tile)),
  );
  replaceKernel<"a" | "b", Attributes>(
    tf._FusedMatMul,
    (original) => (call) => upright(call, transpose, (plain) => withOwnPacking(plain, original)),
  );
}

/** Transposes what is to be transposed, then multiplies. */
function upright(call: ProductCall, transpose: Kernel<"x", tf.TransposeAttrs>, product: Product): tf.TensorInfo {
  const { inputs, attrs, backend } = call;
  const { transposeA, transposeB } = attrs;
  if (!transposeA && !transposeB) return product(call);
  const turn = (x: tf.TensorInfo): tf.TensorInfo => {
    const rank = x.shape.length;
    const perm = [...Array(rank - 2).keys(), rank - 1, rank - 2];
    return transpose({ inputs: { x }, attrs: { perm }, backend });
  };
  const a = transposeA ? turn(inputs.a) : inputs.a;
  const b = transposeB ? turn(inputs.b) : inputs.b;
  try {
    return product({ inputs: { ...inputs, a, b }, attrs: { ...attrs, transposeA: false, transposeB: false }, backend });
  } finally {
    if (transposeA) backend.disposeData(a.dataId);
    if (transposeB) backend.disposeData(b.dataId);
  }
}

/** `[..., n, k] × [..., k, m] -> [..., n, m]`, neither transposed. */
function multiply(
  { inputs: { a, b }, attrs, backend }: ProductCall,
  original: Product,
  tile: Kernel<"x", tf.TileAttrs>,
): tf.TensorInfo {
  const [rows, inner] = a.shape.slice(-2) as [number, number];
  const columns = b.shape[b.shape.length - 1] as number;
  if (b.shape[b.shape.length - 2] !== inner) {
    throw new ShapeError(
      "matMul",
      `a right factor with ${inner} rows, as the left [${a.shape.join(", ")}] needs`,
      b.shape,
    );
  }
  const [batchA, batchB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(batchA, batchB);
  const count = tf.util.sizeFromShape(batch);
  const shape = [...batch, rows, columns];
  if (count * rows * columns * inner === 0) return zeros(backend, shape);
  if (tf.util.sizeFromShape(batchB) === 1 && tf.util.sizeFromShape(batchA) === count) {
    const tall = { a: shaped(a, [1, count * rows, inner]), b: shaped(b, [1, inner, columns]) };
    return shaped(withOwnPacking({ inputs: tall, attrs, backend }, original), shape);
  }
  const left = spread(a, batch, backend, tile);
  const right = spread(b, batch, backend, tile);
  const pairs = { a: shaped(left, [count, rows, inner]), b: shaped(right, [count, inner, columns]) };
  const method = rows * columns * inner >= WORTH_A_CALL ? oneByOne : original;
  const result = method({ inputs: pairs, attrs, backend }, original);
  if (left !== a) backend.disposeData(left.dataId);
  if (right !== b) backend.disposeData(right.dataId);
  return shaped(result, shape);
}

/** The shape under which the backend has packed a right factor, by its memory. */
const packed = new WeakMap<object, string>();

function withOwnPacking(call: ProductCall, original: Product): tf.TensorInfo {
  const { inputs, backend } = call;
  const { b } = inputs;
  const shape = b.shape.join("x");
  const present = packed.get(b.dataId);
  if (present === undefined || present === shape) {
    packed.set(b.dataId, shape);
    return original(call);
  }
  const copy = backend.makeOutput(b.shape, b.dtype);
  heap(backend, copy).set(heap(backend, b));
  const result = original({ ...call, inputs: { ...inputs, b: copy } });
  backend.disposeData(copy.dataId);
  return result;
}

/** `[count, n, k] × [count, k, m] -> [count, n, m]`, each pair on the fast path. */
function oneByOne({ inputs: { a, b }, attrs, backend }: ProductCall, original: Product): tf.TensorInfo {
  const [count, rows] = a.shape as [number, number, number];
  const columns = b.shape[2] as number;
  const result = backend.makeOutput([count, rows, columns], "float32");
  for (let i = 0; i < count; i += 1) {
    const left = part(a, i, backend);
    const right = part(b, i, backend);
    const product = original({ inputs: { a: left, b: right }, attrs, backend });
    heap(backend, result).set(heap(backend, product), i * rows * columns);
    for (const { dataId } of [left, right, product]) backend.disposeData(dataId);
  }
  return result;
}

/** One matrix of a batch, in memory of its own. */
function part(batch: tf.TensorInfo, index: number, backend: BackendWasm): tf.TensorInfo {
  const copy = backend.makeOutput([1, ...batch.shape.slice(1)], "float32");
  const size = tf.util.sizeFromShape(copy.shape);
  heap(backend, copy).set(heap(backend, batch).subarray(index * size, (index + 1) * size));
  return copy;
}

/** Repeats a tensor along the batch dimensions in which it has length 1. */
function spread(
  x: tf.TensorInfo,
  batch: readonly number[],
  backend: BackendWasm,
  tile: Kernel<"x", tf.TileAttrs>,
): tf.TensorInfo {
  const own = x.shape.slice(0, -2);
  const full = [...Array<number>(batch.length - own.length).fill(1), ...own];
  const reps = [...batch.map((length, axis) => (full[axis] === length ? 1 : length)), 1, 1];
  if (reps.every((times) => times === 1)) return x;
  return tile({ inputs: { x: shaped(x, [...full, ...x.shape.slice(-2)]) }, attrs: { reps }, backend });
}

function zeros(backend: BackendWasm, shape: number[]): tf.TensorInfo {
  const result = backend.makeOutput(shape, "float32");
  heap(backend, result).fill(0);
  return result;
}
