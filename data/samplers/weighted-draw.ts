import type { Random } from "../../lib/random.js";

/** Draws indices with probability proportional to whole-number weights that change; each draw and change takes log(n) steps. */
export class WeightedDraw {
  /** Fenwick tree: entry i (from 1) is the sum of the weights of the `i & -i` indices that end at i - 1. */
  readonly #sums: Float64Array;
  #total = 0;

  constructor(weights: ArrayLike<number>) {
    this.#sums = new Float64Array(weights.length + 1);
    for (let index = 0; index < weights.length; index += 1) this.add(index, weights[index]!);
  }

  get total(): number {
    return this.#total;
  }

  /** Changes the weight of an index. */
  add(index: number, change: number): void {
    this.#total += change;
    for (let i = index + 1; i < this.#sums.length; i += i & -i) this.#sums[i] = this.#sums[i]! + change;
  }

  /** Needs a positive total. */
  draw(random: Random): number {
    let target = random.integer(this.#total);
    let index = 0;
    for (let step = 2 ** Math.floor(Math.log2(this.#sums.length - 1)); step >= 1; step /= 2) {
      const next = index + step;
      if (next < this.#sums.length && this.#sums[next]! <= target) {
        target -= this.#sums[next]!;
        index = next;
      }
    }
    return index;
  }
}
