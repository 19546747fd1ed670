import type { Runs } from "./nearest-rows.js";

/** What is in one of two, or in both. */
export function unionOfRuns(one: Runs, other: Runs): Runs {
  if (one.length === 0) return other;
  if (other.length === 0) return one;
  const joined: number[] = [];
  let [left, right] = [0, 0];
  while (left < one.length || right < other.length) {
    const fromOne = right >= other.length || (left < one.length && one[left]! <= other[right]!);
    const [from, to] = fromOne ? [one[left]!, one[left + 1]!] : [other[right]!, other[right + 1]!];
    if (fromOne) left += 2;
    else right += 2;
    const end = joined.at(-1);
    if (end !== undefined && from <= end) joined[joined.length - 1] = Math.max(end, to);
    else joined.push(from, to);
  }
  return Int32Array.from(joined);
}

/** What is in the first and not in the second. */
export function withoutRuns(whole: Runs, taken: Runs): Runs {
  if (whole.length === 0 || taken.length === 0) return whole;
  const left: number[] = [];
  let next = 0;
  for (let at = 0; at < whole.length; at += 2) {
    const to = whole[at + 1]!;
    let from = whole[at]!;
    while (next < taken.length && taken[next + 1]! <= from) next += 2;
    for (let cut = next; cut < taken.length && taken[cut]! < to; cut += 2) {
      if (taken[cut]! > from) left.push(from, taken[cut]!);
      from = Math.max(from, taken[cut + 1]!);
    }
    if (from < to) left.push(from, to);
  }
  return Int32Array.from(left);
}
