import { FileFormatError } from "../../lib/errors.js";
import { hashText } from "../../lib/hash.js";
import type { HostTensors } from "../../lib/tensor/host.js";
import { bytesAsWeights, weightsAsBytes } from "../byte-weights.js";

/** What decides which values have a row of their own. */
export interface VocabularyOptions {
  /** Most values with a row of their own: the most frequent ones. 0: none, which needs no fitting. Default 1000. */
  readonly values?: number;
  /** A value that occurs less often among the train items has no row of its own. Default 2. */
  readonly minCount?: number;
  /** Rows that the other values share, by their hash: rare ones and those never seen in training. Default 1. */
  readonly hashBuckets?: number;
}

/** Distinct values counted at least, whatever is kept of them. */
const COUNTED = 65_536;

/**
 * Which row of a table a value has: row 0 is for a missing value, then come the shared rows, then those of frequent values. Learns the
 * values in bounded memory: with more than 65,536 distinct ones (and four times `values`) counts may be too low by the number of items
 * divided by that (Misra and Gries, Science of Computer Programming 1982).
 */
export class Vocabulary {
  readonly #options: Required<VocabularyOptions>;
  #rows: ReadonlyMap<string, number> | null = null;

  constructor(options: Required<VocabularyOptions>) {
    this.#options = options;
  }

  get fitted(): boolean {
    return this.#options.values === 0 || this.#rows !== null;
  }

  /** Rows of the table. */
  get size(): number {
    return 1 + this.#options.hashBuckets + this.#options.values;
  }

  /** Rows that may never be trained: the missing value and, when it is the only one, the shared row. */
  get doubtful(): number {
    return this.#options.hashBuckets === 1 ? 2 : 1;
  }

  rowOf(value: string): number {
    const own = this.#rows?.get(value);
    const { hashBuckets } = this.#options;
    return own ?? 1 + Math.floor((hashText(value) / 2 ** 32) * hashBuckets);
  }

  get weights(): HostTensors {
    if (this.#rows === null) return {};
    return { values: bytesAsWeights(new TextEncoder().encode(JSON.stringify([...this.#rows.keys()]))) };
  }

  /** @throws FileFormatError for weights that do not hold distinct texts, at most as many as there are rows. */
  restore({ values }: HostTensors): void {
    if (this.#options.values === 0) return;
    const known = parsed(new TextDecoder().decode(weightsAsBytes(values, "vocabulary")));
    const right = Array.isArray(known) && known.every((value) => typeof value === "string");
    if (!right || new Set(known).size !== known.length || known.length > this.#options.values) {
      throw new FileFormatError("vocabulary", `expected at most ${this.#options.values} different texts`);
    }
    this.#keep(known);
  }

  learn(): { add(value: string): void; finish(): void } {
    const { values, minCount } = this.#options;
    const limit = Math.max(COUNTED, 4 * values);
    const counts = new Map<string, number>();
    return {
      add: (value) => {
        if (values === 0) return;
        counts.set(value, (counts.get(value) ?? 0) + 1);
        if (counts.size >= 2 * limit) lower(counts, limit);
      },
      finish: () => {
        if (values === 0) return;
        const frequent = [...counts].filter(([, count]) => count >= minCount);
        frequent.sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1));
        this.#keep(frequent.slice(0, values).map(([value]) => value));
      },
    };
  }

  #keep(values: readonly string[]): void {
    const first = 1 + this.#options.hashBuckets;
    this.#rows = new Map(values.map((value, i) => [value, first + i]));
  }
}

/** Null for what is not JSON. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

/** Takes the count of the first value beyond the limit from all counts, and forgets those that have none left. */
function lower(counts: Map<string, number>, limit: number): void {
  const sorted = Float64Array.from(counts.values()).sort();
  const by = sorted[sorted.length - 1 - limit]!; // there are twice as many
  for (const [value, count] of counts) {
    if (count > by) counts.set(value, count - by);
    else counts.delete(value);
  }
}
