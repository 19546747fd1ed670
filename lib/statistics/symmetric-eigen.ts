/** Eigenvalues of a symmetric matrix, largest first, each with its vector of length 1. */
export interface SymmetricEigen {
  /** `[size]` */
  readonly values: Float64Array;
  /** `[size, size]`, one vector a row; its number of largest magnitude is positive. */
  readonly vectors: Float64Array;
}

/**
 * Eigenvalues and eigenvectors of a symmetric `[size, size]` matrix, of which the lower triangle is read. In float64; about
 * `8 · size³` operations, a few seconds for 1,024.
 *
 * Householder reduction to three diagonals, then the implicit QL method: Bowdler, Martin, Reinsch, Wilkinson, "The QR and QL algorithms
 * for symmetric matrices", Numerische Mathematik 11, 1968.
 */
export function symmetricEigen(matrix: ArrayLike<number>, size: number): SymmetricEigen {
  const vectors = Float64Array.from(matrix);
  const diagonal = new Float64Array(size);
  const beside = new Float64Array(size);
  reduce(vectors, size, diagonal, beside);
  const rows = transposed(vectors, size);
  iterate(rows, size, diagonal, beside);
  return sorted(diagonal, rows, size);
}

/** To three diagonals; `v` becomes the orthogonal matrix that does it, its columns the new axes. */
function reduce(v: Float64Array, size: number, diagonal: Float64Array, beside: Float64Array): void {
  for (let i = size - 1; i > 0; i -= 1) {
    const own = v.subarray(i * size, i * size + i);
    let scale = 0;
    if (i > 1) for (const value of own) scale += Math.abs(value);
    if (scale === 0) {
      beside[i] = own[i - 1]!;
      diagonal[i] = 0;
      continue;
    }
    let h = 0;
    for (let k = 0; k < i; k += 1) {
      own[k]! /= scale;
      h += own[k]! * own[k]!;
    }
    const f = own[i - 1]!;
    const g = f >= 0 ? -Math.sqrt(h) : Math.sqrt(h);
    beside[i] = scale * g;
    h -= f * g;
    own[i - 1] = f - g;
    // A · u / h, of a symmetric A whose lower triangle alone is there.
    const p = beside.subarray(0, i).fill(0);
    for (let j = 0; j < i; j += 1) {
      const row = v.subarray(j * size, j * size + j + 1);
      const u = own[j]!;
      let sum = row[j]! * u;
      for (let k = 0; k < j; k += 1) {
        sum += row[k]! * own[k]!;
        p[k]! += row[k]! * u;
      }
      p[j]! += sum;
    }
    let along = 0;
    for (let j = 0; j < i; j += 1) {
      p[j]! /= h;
      along += p[j]! * own[j]!;
    }
    const half = along / (h + h);
    for (let j = 0; j < i; j += 1) p[j]! -= half * own[j]!;
    for (let j = 0; j < i; j += 1) {
      const row = v.subarray(j * size, j * size + j + 1);
      for (let k = 0; k <= j; k += 1) row[k]! -= own[j]! * p[k]! + p[j]! * own[k]!;
    }
    diagonal[i] = h;
  }
  accumulate(v, size, diagonal);
  beside[0] = 0;
}

/** Multiplies the reflections out; `diagonal` holds their scales, then what the reduced matrix has on its diagonal. */
function accumulate(v: Float64Array, size: number, diagonal: Float64Array): void {
  const sums = new Float64Array(size);
  diagonal[0] = 0;
  for (let i = 0; i < size; i += 1) {
    const own = v.subarray(i * size, (i + 1) * size);
    if (diagonal[i] !== 0) {
      sums.fill(0, 0, i);
      for (let k = 0; k < i; k += 1) {
        const row = v.subarray(k * size, k * size + i);
        const factor = own[k]!;
        for (let j = 0; j < i; j += 1) sums[j]! += factor * row[j]!;
      }
      for (let k = 0; k < i; k += 1) {
        const row = v.subarray(k * size, k * size + i);
        const factor = own[k]! / diagonal[i]!;
        for (let j = 0; j < i; j += 1) row[j]! -= factor * sums[j]!;
      }
    }
    diagonal[i] = own[i]!;
    own.fill(0, 0, i);
    own[i] = 1;
    for (let j = 0; j < i; j += 1) v[j * size + i] = 0;
  }
}

/** Implicit QL on the three diagonals; turns the `rows` with them. */
function iterate(rows: Float64Array, size: number, diagonal: Float64Array, beside: Float64Array): void {
  beside.copyWithin(0, 1);
  beside[size - 1] = 0;
  for (let l = 0; l < size; l += 1) {
    for (let round = 0; ; round += 1) {
      let m = l;
      for (; m < size - 1; m += 1) {
        const near = Math.abs(diagonal[m]!) + Math.abs(diagonal[m + 1]!);
        if (Math.abs(beside[m]!) <= Number.EPSILON * near) break;
      }
      if (m === l) break;
      if (round === ROUNDS) throw new RangeError("the eigenvalues of a matrix with NaN or infinities are not defined");
      let g = (diagonal[l + 1]! - diagonal[l]!) / (2 * beside[l]!);
      const r = Math.hypot(g, 1);
      g = diagonal[m]! - diagonal[l]! + beside[l]! / (g + (g >= 0 ? r : -r));
      step(rows, size, diagonal, beside, { l, m, g });
    }
  }
}

const ROUNDS = 60;

/** One sweep of rotations from `m` up to `l`. */
function step(
  rows: Float64Array,
  size: number,
  diagonal: Float64Array,
  beside: Float64Array,
  { l, m, g: first }: { readonly l: number; readonly m: number; readonly g: number },
): void {
  let [g, sine, cosine, p] = [first, 1, 1, 0];
  for (let i = m - 1; i >= l; i -= 1) {
    const f = sine * beside[i]!;
    const b = cosine * beside[i]!;
    const r = Math.hypot(f, g);
    beside[i + 1] = r;
    if (r === 0) {
      diagonal[i + 1]! -= p;
      beside[m] = 0;
      return;
    }
    sine = f / r;
    cosine = g / r;
    g = diagonal[i + 1]! - p;
    const turn = (diagonal[i]! - g) * sine + 2 * cosine * b;
    p = sine * turn;
    diagonal[i + 1] = g + p;
    g = cosine * turn - b;
    const [here, next] = [rows.subarray(i * size, (i + 1) * size), rows.subarray((i + 1) * size, (i + 2) * size)];
    for (let k = 0; k < size; k += 1) {
      const value = next[k]!;
      next[k] = sine * here[k]! + cosine * value;
      here[k] = cosine * here[k]! - sine * value;
    }
  }
  diagonal[l]! -= p;
  beside[l] = g;
  beside[m] = 0;
}

function transposed(matrix: Float64Array, size: number): Float64Array {
  const result = new Float64Array(matrix.length);
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) result[column * size + row] = matrix[row * size + column]!;
  }
  return result;
}

function sorted(diagonal: Float64Array, rows: Float64Array, size: number): SymmetricEigen {
  const order = [...diagonal.keys()].sort((a, b) => diagonal[b]! - diagonal[a]!);
  const values = Float64Array.from(order, (place) => diagonal[place]!);
  const vectors = new Float64Array(rows.length);
  order.forEach((place, at) => {
    const row = rows.subarray(place * size, (place + 1) * size);
    let largest = 0;
    for (const value of row) if (Math.abs(value) > Math.abs(largest)) largest = value;
    const sign = largest < 0 ? -1 : 1;
    for (let k = 0; k < size; k += 1) vectors[at * size + k] = sign * row[k]!;
  });
  return { values, vectors };
}
