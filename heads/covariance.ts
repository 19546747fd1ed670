import type { VectorRows } from "../lib/contracts/head.js";
import { DataError, ShapeError } from "../lib/errors.js";
import { prepareBackend } from "../lib/tensor/backend.js";
import type { HostMatrix } from "../lib/tensor/host.js";
import * as tf from "../lib/tensor/tf.js";

/** Mean `[size]` and covariance `[size, size]` of rows. */
export interface Covariance {
  readonly mean: Float64Array;
  readonly covariance: Float64Array;
}

/**
 * Mean and covariance (over n) of rows that are read once, in memory of `size²` numbers. Products of some rows are made by the backend
 * in float32, round the mean of the first ones so that little cancels, and added up in float64.
 *
 * @throws DataError for fewer than two rows.
 */
export async function measureCovariance(
  rows: AsyncIterable<VectorRows>,
  size: number,
  who: string,
): Promise<Covariance> {
  await prepareBackend();
  const sums = new Float64Array(size);
  const products = new Float64Array(size * size);
  let centre: Float32Array | null = null;
  let count = 0;
  for await (const some of rows) {
    if (some.rows === 0) continue;
    if (some.size !== size) throw new ShapeError(who, `[n, ${size}]`, [some.rows, some.size]);
    centre ??= meanOf(some);
    const part = await productsOf(some, centre);
    for (let i = 0; i < size; i += 1) sums[i]! += part.sums[i]!;
    for (let i = 0; i < products.length; i += 1) products[i]! += part.products[i]!;
    count += some.rows;
  }
  if (centre === null || count < 2)
    throw new DataError(`${who} needs the vectors of at least 2 train items, got ${count}`);
  const beyond = sums.map((sum) => sum / count);
  const covariance = products.map(
    (product, at) => product / count - beyond[Math.floor(at / size)]! * beyond[at % size]!,
  );
  return { mean: beyond.map((value, i) => value + centre[i]!), covariance };
}

function meanOf({ data, rows, size }: HostMatrix): Float32Array {
  const sums = new Float64Array(size);
  for (let i = 0; i < rows * size; i += 1) sums[i % size]! += data[i]!;
  return Float32Array.from(sums, (sum) => sum / rows);
}

/** Sums of the centred rows `[size]`, and of their products `[size, size]`. */
async function productsOf(
  { data, rows, size }: HostMatrix,
  centre: Float32Array,
): Promise<{ readonly sums: Float32Array; readonly products: Float32Array }> {
  const [sums, products] = tf.tidy(() => {
    const centred = tf.sub(tf.tensor2d(data, [rows, size]), tf.tensor1d(centre));
    return [tf.sum(centred, 0), tf.matMul(centred, centred, true, false)];
  }) as [tf.Tensor, tf.Tensor];
  try {
    return { sums: await sums.data<"float32">(), products: await products.data<"float32">() };
  } finally {
    tf.dispose([sums, products]);
  }
}
