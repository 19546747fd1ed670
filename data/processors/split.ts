import { contentText } from "../../lib/content.js";
import { callback, optionProblems, refuse, share, type Check } from "../../lib/contracts/options.js";
import { DataError } from "../../lib/errors.js";
import { contentKey, hashText } from "../../lib/hash.js";
import { show } from "../../lib/show.js";
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
  requireFractions(options, { key: callback });
  refuse("split", [
    Array.isArray(rows) ? null : `rows: expected an array, got ${show(rows)}; read others first: await rows.toArray()`,
  ]);
  const { key = contentKeyOf, ...fractions } = options;
  const places = { train: [] as number[], validation: [] as number[], test: [] as number[] };
  rows.forEach((row, position) => {
    const value: unknown = key(row, position);
    if ((typeof value !== "string" && typeof value !== "number") || value === "" || Number.isNaN(value)) {
      throw new DataError(
        `split: the key of row ${position} is ${show(value)}; expected a text that is not empty, or a number`,
      );
    }
    places[sideAt(value, fractions)].push(position);
  });
  const pick = (positions: readonly number[]): readonly T[] => {
    const part = positions.map((position) => rows[position]!);
    carryOrigins(rows, part, positions);
    return part;
  };
  return { train: pick(places.train), validation: pick(places.validation), test: pick(places.test) };
}

/**
 * On which side of a split a key is, for rows that are read one by one.
 *
 * @throws ConfigError for fractions that are no fractions.
 */
export function sideOf(key: string | number, fractions: SplitFractions = {}): keyof Split<unknown> {
  requireFractions(fractions);
  return sideAt(key, fractions);
}

function sideAt(
  key: string | number,
  { validation = 0.1, test = 0.1, seed = 0 }: SplitFractions,
): keyof Split<unknown> {
  const place = hashText(String(key), seed) / 2 ** 32;
  if (place < validation) return "validation";
  return place < validation + test ? "test" : "train";
}

const FRACTION_CHECKS: Readonly<Record<keyof SplitFractions, Check>> = {
  validation: share,
  test: share,
  seed: (name, value) => (Number.isInteger(value) ? null : `${name}: expected a whole number, got ${show(value)}`),
};

function requireFractions(options: SplitFractions, more: Readonly<Record<string, Check>> = {}): void {
  const { validation = 0.1, test = 0.1 } = options;
  refuse("split", [
    ...optionProblems(options, { ...FRACTION_CHECKS, ...more }),
    validation < 1 && test < 1 && validation + test >= 1
      ? `validation and test: ${validation} and ${test} leave nothing to train on`
      : null,
  ]);
}

function contentKeyOf(row: unknown, position: number): string {
  return contentKey(
    contentText(
      row,
      (what) => new DataError(`split: row ${position} holds ${what}; give key: (row) => … to tell rows apart`),
    ),
  );
}
