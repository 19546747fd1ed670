import type { SifOptions } from "./word-vector-options.js";
import type { WordTable } from "./word-table.js";

/**
 * `a / (a + p)` of each word, where counts of words with the same form are one: Arora, Liang, Ma, "A Simple but Tough-to-Beat Baseline for Sentence Embeddings", ICLR 2017.
 */
export function smoothInverseFrequencies(
  { words, ranks, total }: WordTable,
  { a = 1e-3, counts }: SifOptions,
  form: (word: string) => string,
): Float32Array {
  if (counts !== undefined) {
    const table = new Map<string, number>();
    let all = 0;
    for (const [word, count] of Object.entries(counts)) {
      table.set(form(word), (table.get(form(word)) ?? 0) + count);
      all += count;
    }
    return Float32Array.from(words, (word) => a / (a + (table.get(form(word)) ?? 0) / Math.max(all, 1)));
  }
  let harmonic = 0;
  for (let rank = 1; rank <= total; rank += 1) harmonic += 1 / rank;
  return Float32Array.from(ranks, (rank) => a / (a + 1 / (rank * harmonic)));
}
