import { oneOf, refuse } from "../contracts/options.js";
import type { PairSample, TupleSample } from "../contracts/samples.js";
import { ShapeError } from "../errors.js";

/** Items, which of them belong together, and the negatives that `mineHardNegatives` has found. */
export interface MinedNegatives<Item> {
  readonly queries: readonly Item[];
  readonly corpus: readonly Item[];
  /** For each query the rows of the corpus that are right. */
  readonly relevant: readonly (readonly number[])[];
  /** For each query the rows that are hard negatives. */
  readonly found: readonly (readonly number[])[];
}

/** What hard negatives are trained on as. */
export interface HardNegativeFormats<Item> {
  /** For a `TupleLoader`: a query, a right item and one negative; every combination. */
  readonly triplet: TupleSample<Item>;
  /** For a `TupleLoader`: a query, a right item and all negatives of the query. */
  readonly tuple: TupleSample<Item>;
  /** For a `PairLoader`: a query with each right item, score 1, and with each negative, score 0. */
  readonly pair: PairSample<Item>;
}

/**
 * Samples to train on, made of mined negatives. Queries for which none were found, or that have no right item, are in no sample.
 *
 * @throws ConfigError, ShapeError when there is not one list for each query.
 */
export function hardNegativeSamples<Item, Format extends keyof HardNegativeFormats<Item>>(
  mined: MinedNegatives<Item>,
  format: Format,
): HardNegativeFormats<Item>[Format][] {
  refuse("hardNegativeSamples", [oneOf("format", format, ["triplet", "tuple", "pair"])]);
  const { queries, corpus, relevant, found } = mined;
  for (const [name, { length }] of Object.entries({ relevant, found })) {
    if (length !== queries.length)
      throw new ShapeError(`hardNegativeSamples, ${name}`, `one list for each of ${queries.length} queries`, [length]);
  }
  const samples = queries.flatMap((query, at): HardNegativeFormats<Item>[keyof HardNegativeFormats<Item>][] => {
    const [right, wrong] = [relevant, found].map((rows) => rows[at]!.map((row) => corpus[row]!)) as [Item[], Item[]];
    if (right.length === 0 || wrong.length === 0) return [];
    switch (format) {
      case "pair":
        return [...right.map((b) => ({ a: query, b, score: 1 })), ...wrong.map((b) => ({ a: query, b, score: 0 }))];
      case "tuple":
        return right.map((positive) => ({ anchor: query, positives: [positive], negatives: wrong }));
      default:
        return right.flatMap((positive) =>
          wrong.map((negative) => ({ anchor: query, positives: [positive], negatives: [negative] })),
        );
    }
  });
  // The switch makes what the format says.
  return samples as HardNegativeFormats<Item>[Format][];
}
