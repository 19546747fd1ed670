import { DataError, ShapeError } from "../errors.js";
import type { HostMatrix } from "../tensor/host.js";
import { firstNonFiniteRow } from "../tensor/nearest-rows.js";

/** Vectors as a matrix, which is what `SimilarityModel.encode` gives, or one by one. */
export type Vectors = HostMatrix | readonly Float32Array[];

/**
 * Vectors as a matrix of finite numbers.
 * @throws ShapeError, DataError naming the first wrong row.
 */
export function toMatrix(who: string, vectors: Vectors, size: number | null = null): HostMatrix {
  const matrix = "data" in vectors ? vectors : joined(who, vectors, size ?? vectors[0]?.length ?? 0);
  if (matrix.data.length !== matrix.rows * matrix.size || (size !== null && matrix.size !== size)) {
    throw new ShapeError(who, `${matrix.rows} rows of ${size ?? matrix.size} numbers`, [matrix.data.length]);
  }
  const wrong = firstNonFiniteRow(matrix);
  if (wrong !== null) throw new DataError(`${who}: row ${wrong} has a number that is not finite (NaN or infinity)`);
  return matrix;
}

function joined(who: string, vectors: readonly Float32Array[], size: number): HostMatrix {
  const data = new Float32Array(vectors.length * size);
  vectors.forEach((vector, row) => {
    if (vector.length !== size) throw new ShapeError(`${who}, row ${row}`, `${size} numbers`, [vector.length]);
    data.set(vector, row * size);
  });
  return { data, rows: vectors.length, size };
}
