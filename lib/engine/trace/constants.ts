/** True when all numbers are the same, NaN too. */
export function isSplat(data: ArrayLike<number>): boolean {
  const first = data[0];
  for (let i = 1; i < data.length; i += 1) if (!Object.is(data[i], first)) return false;
  return true;
}

/**
 * True for numbers that a formula of their position gives: a range or linear space, or matrices (the last two dimensions) in which
 * every diagonal is constant, such as `eye`, bands and triangles. Random numbers are not.
 */
export function isPattern(data: ArrayLike<number>, shape: readonly number[]): boolean {
  return isProgression(data) || hasConstantDiagonals(data, shape);
}

function isProgression(data: ArrayLike<number>): boolean {
  const first = data[0] ?? 0;
  const step = ((data[data.length - 1] ?? 0) - first) / (data.length - 1);
  // What rounding to float32 at each place allows.
  const tolerance = 2 ** -22 * Math.max(Math.abs(first), Math.abs(first + step * data.length));
  for (let i = 0; i < data.length; i += 1) {
    if (!(Math.abs((data[i] as number) - first - step * i) <= tolerance)) return false;
  }
  return true;
}

function hasConstantDiagonals(data: ArrayLike<number>, shape: readonly number[]): boolean {
  const [rows = 1, columns = 1] = shape.slice(-2);
  if (shape.length < 2 || rows < 2 || columns < 2) return false;
  const size = rows * columns;
  for (let start = 0; start < data.length; start += size) {
    for (let i = start + columns + 1; i < start + size; i += 1) {
      if ((i - start) % columns !== 0 && !Object.is(data[i], data[i - columns - 1])) return false;
    }
  }
  return true;
}
