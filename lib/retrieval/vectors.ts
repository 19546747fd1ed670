import { DataError, ShapeError, UsageError } from "../errors.js";
import { show } from "../show.js";
import type { HostMatrix } from "../tensor/host.js";
import { firstNonFiniteRow } from "../tensor/nearest-rows.js";

/** Vectors as a matrix, which is what `SimilarityModel.encode` gives, or one by one. */
export type Vectors = HostMatrix | readonly Float32Array[];

/**
 * Vectors as a matrix of finite numbers.
 * @throws UsageError for what are no vectors; ShapeError, DataError naming the first wrong row.
 */
export function toMatrix(who: string, vectors: Vectors, size: number | null = null): HostMatrix {
  const matrix = isMatrix(who, vectors) ? vectors : joined(who, vectors, size);
  if (matrix.data.length !== matrix.rows * matrix.size || (size !== null && matrix.size !== size)) {
    throw new ShapeError(who, `${matrix.rows} rows of ${size ?? matrix.size} numbers`, [matrix.data.length]);
  }
  const wrong = firstNonFiniteRow(matrix);
  if (wrong !== null) throw new DataError(`${who}: row ${wrong} has a number that is not finite (NaN or infinity)`);
  return matrix;
}

/** For callers without a compiler. @throws UsageError for what is neither a matrix nor a list. */
function isMatrix(who: string, vectors: Vectors): vectors is HostMatrix {
  const given: unknown = vectors;
  if (Array.isArray(given)) return false;
  if (ArrayBuffer.isView(given))
    throw new UsageError(`${who}: expected a list of vectors, got a single one; wrap it in an array: [vector]`);
  if (typeof given === "object" && given !== null && "data" in given && ArrayBuffer.isView(given.data)) return true;
  throw new UsageError(
    `${who}: expected a list of Float32Array, or a matrix { data, rows, size } such as SimilarityModel.encode gives, got ${show(given)}`,
  );
}

function joined(who: string, vectors: readonly Float32Array[], expected: number | null): HostMatrix {
  const other = vectors.findIndex((vector: unknown) => !Array.isArray(vector) && !ArrayBuffer.isView(vector));
  if (other >= 0) {
    const advice = typeof vectors[other] === "number" ? "; a single vector is wrapped in an array: [vector]" : "";
    throw new UsageError(`${who}: expected a Float32Array as row ${other}, got ${show(vectors[other])}${advice}`);
  }
  const size = expected ?? vectors[0]?.length ?? 0;
  const data = new Float32Array(vectors.length * size);
  vectors.forEach((vector, row) => {
    if (vector.length !== size) throw new ShapeError(`${who}, row ${row}`, `${size} numbers`, [vector.length]);
    data.set(vector, row * size);
  });
  return { data, rows: vectors.length, size };
}
