/** Pearson's correlation of two lists; NaN when one of them does not vary, or for fewer than two values. */
export function pearson(left: ArrayLike<number>, right: ArrayLike<number>): number {
  const { length } = left;
  let leftMean = 0;
  let rightMean = 0;
  for (let at = 0; at < length; at += 1) {
    leftMean += left[at]! / length;
    rightMean += right[at]! / length;
  }
  let both = 0;
  let leftSquares = 0;
  let rightSquares = 0;
  for (let at = 0; at < length; at += 1) {
    const x = left[at]! - leftMean;
    const y = right[at]! - rightMean;
    both += x * y;
    leftSquares += x * x;
    rightSquares += y * y;
  }
  const scale = Math.sqrt(leftSquares) * Math.sqrt(rightSquares);
  return scale === 0 ? NaN : Math.max(-1, Math.min(1, both / scale));
}

/** Spearman's rank correlation; equal values share the mean of their ranks. NaN when one list does not vary or holds a NaN. */
export function spearman(left: ArrayLike<number>, right: ArrayLike<number>): number {
  return pearson(ranksOf(left), ranksOf(right));
}

/** Ranks from 1, lowest first; equal values share the mean of theirs. NaN has rank NaN. */
export function ranksOf(values: ArrayLike<number>): Float64Array {
  const order = Uint32Array.from({ length: values.length }, (_, at) => at);
  order.sort((left, right) => compare(values[left]!, values[right]!));
  const ranks = new Float64Array(values.length);
  for (let start = 0; start < order.length;) {
    const value = values[order[start]!]!;
    let end = start + 1;
    while (end < order.length && values[order[end]!] === value) end += 1;
    const rank = Number.isNaN(value) ? NaN : (start + 1 + end) / 2;
    for (let place = start; place < end; place += 1) ranks[order[place]!] = rank;
    start = end;
  }
  return ranks;
}

/** NaN last, so that the order is one. */
function compare(left: number, right: number): number {
  if (Number.isNaN(left) || Number.isNaN(right)) return Number(Number.isNaN(left)) - Number(Number.isNaN(right));
  return left < right ? -1 : left > right ? 1 : 0;
}
