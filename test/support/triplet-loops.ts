/** Matrices of pairs, row by row; see `foundByPositives`. */
export interface PairsInLoops {
  readonly n: number;
  readonly m: number;
  readonly bounds: Float32Array;
  readonly distances: Float32Array;
  readonly positives: Float32Array;
  readonly negatives: Float32Array;
}

/** What `tripletCounts` gives. */
export function countedByLoops({ n, m, bounds, distances, positives, negatives }: PairsInLoops): Float32Array {
  const counts = new Float32Array(n * m);
  for (let row = 0; row < n * m; row += m)
    for (let p = row; p < row + m; p += 1)
      for (let q = row; q < row + m; q += 1) {
        if (positives[p] === 0 || negatives[q] === 0 || !((distances[q] as number) < (bounds[p] as number))) continue;
        counts[p]! += 1;
        counts[q]! -= 1;
      }
  return counts;
}

/** What `semiHardNegatives` gives; at other places than those of positives, and in rows without a negative, 0. */
export function semiHardByLoops({ n, m, bounds, distances, positives, negatives }: PairsInLoops): Float32Array {
  const columns = new Float32Array(n * m);
  for (let row = 0; row < n * m; row += m)
    for (let p = row; p < row + m; p += 1) {
      if (positives[p] === 0) continue;
      let [nearest, farthest] = [-1, -1];
      for (let q = row; q < row + m; q += 1) {
        if (negatives[q] === 0) continue;
        const distance = distances[q] as number;
        if (farthest < 0 || distance > (distances[farthest] as number)) farthest = q;
        if (distance > (bounds[p] as number) && (nearest < 0 || distance < (distances[nearest] as number))) nearest = q;
      }
      const found = nearest < 0 ? farthest : nearest;
      columns[p] = found < 0 ? 0 : found - row;
    }
  return columns;
}
