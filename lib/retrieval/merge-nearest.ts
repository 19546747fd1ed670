import type { Nearest } from "../tensor/nearest-top.js";

/** The nearest of two searches of the same queries; of equally distant ones those of the first come first. */
export function mergeNearest(first: Nearest, second: Nearest, queries: number, k: number): Nearest {
  const count = Math.min(k, first.count + second.count);
  const rows = new Int32Array(queries * count);
  const distances = new Float32Array(queries * count);
  for (let query = 0; query < queries; query += 1) {
    let one = query * first.count;
    let other = query * second.count;
    for (let at = query * count; at < (query + 1) * count; at += 1) {
      const useFirst =
        other === (query + 1) * second.count ||
        (one < (query + 1) * first.count && first.distances[one]! <= second.distances[other]!);
      const source = useFirst ? first : second;
      const place = useFirst ? one++ : other++;
      rows[at] = source.rows[place]!;
      distances[at] = source.distances[place]!;
    }
  }
  return { count, rows, distances };
}
