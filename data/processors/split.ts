import { ConfigError, DataError } from "../../lib/errors.js";
import { contentKey, hashText } from "../../lib/hash.js";
import { carryOrigins } from "../parsers/origins.js";

/** How much goes where. */
export interface SplitFractions {
  /** Share of the keys for validation. Default 0.1. */
  readonly validation?: number;
  /** Share of the keys for the test. Default 0.1. */
  readonly test?: number;
  /** Another number gives another split. Default 0. */
  readonly seed?: number;
}

/** Options of `split`. */
export interface SplitOptions<T> extends SplitFractions {
  /** What must not be torn apart: rows of equal key are on the same side. Default the content of the row. */
  readonly key?: (row: T, position: number) => string | number;
}

/** The parts of a split, each in the order of the whole. */
export interface Split<T> {
  /** What to train on. */
  readonly train: readonly T[];
  /** What to choose settings and stop training by. */
  readonly validation: readonly T[];
  /** What to measure the result by, once. */
  readonly test: readonly T[];
}

/**
 * Divides rows into train, validation and test by the hash of a key, such as the user or the document a row belongs to. Where a key
 * goes depends on it and the seed alone: not on the order, the other rows or the machine, so that new rows of known users join the side
 * of the old ones.
 *
 * ```ts
 * const { train, validation, test } = split(rows, { key: (row) => row.user, validation: 0.1, test: 0.1 });
 * ```
 *
 * @throws ConfigError for fractions that are no fractions, DataError for a row without a key.
 */
export function split<T>(rows: readonly T[], options: SplitOptions<T> = {}): Split<T> {
  const { key = contentKey, ...fractions } = options;
  requireFractions(fractions);
  const places = { train: [] as number[], validation: [] as number[], test: [] as number[] };
  rows.forEach((row, position) => {
    const value: unknown = key(row, position);
    if ((typeof value !== "string" && typeof value !== "number") || value === "" || Number.isNaN(value)) {
      throw new DataError(
        `split: the key of row ${position} is ${JSON.stringify(value) ?? "undefined"}; expected a text or a number`,
      );
    }
    places[sideOf(value, fractions)].push(position);
  });
  const pick = (positions: readonly number[]): readonly T[] => {
    const part = positions.map((position) => rows[position]!);
    carryOrigins(rows, part, positions);
    return part;
  };
  return { train: pick(places.train), validation: pick(places.validation), test: pick(places.test) };
}

/** On which side of a split a key is, for rows that are read one by one. */
export function sideOf(key: string | number, fractions: SplitFractions = {}): keyof Split<unknown> {
  const { validation = 0.1, test = 0.1, seed = 0 } = fractions;
  const place = hashText(String(key), seed) / 2 ** 32;
  if (place < validation) return "validation";
  return place < validation + test ? "test" : "train";
}

function requireFractions({ validation = 0.1, test = 0.1, seed = 0 }: SplitFractions): void {
  const problems: string[] = [];
  for (const [name, value] of Object.entries({ validation, test })) {
    if (!(value >= 0 && value < 1)) problems.push(`${name}: expected a fraction from 0 and below 1, got ${value}`);
  }
  if (problems.length === 0 && validation + test >= 1) {
    problems.push(`validation and test: ${validation} and ${test} leave nothing to train on`);
  }
  if (!Number.isInteger(seed)) problems.push(`seed: expected a whole number, got ${seed}`);
  if (problems.length > 0) throw new ConfigError("split", problems);
}
