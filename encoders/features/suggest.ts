import { DataError } from "../../lib/errors.js";
import { bag } from "./bag.js";
import { categorical } from "./categorical.js";
import { date } from "./date.js";
import type { Feature } from "./feature.js";
import { numeric } from "./numeric.js";
import { text } from "./text.js";

/** Features for the fields of records; fields that tell nothing are left out. */
export type SuggestedFeatures<Row> = { readonly [Name in keyof Row & string]: Feature<Row[Name]> };

const DATE = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d.*)?$/u;
/** Marks between the values of a list that is written as one text. */
const SEPARATORS = ["|", ";"];
/** Texts that stand for a missing value in many files. */
const MISSING: ReadonlySet<unknown> = new Set([null, undefined, "", "?", "NA", "N/A", "null", "NULL", "NaN", "nan"]);

/**
 * Features to start from, guessed from sample records such as the first thousand rows of a CSV file: numbers, dates, lists (also written as one text with | or ; between the values), texts of
 * several words, and else categories. Left out are fields with one value, and texts and whole numbers that are different in every
 * record, such as numbers of rows. Look at what it says before training on it: a number that is a code is better `categorical`.
 *
 * @throws DataError when there is no record.
 */
export function suggestFeatures<Row extends object>(records: readonly Row[]): SuggestedFeatures<Row> {
  if (records.length === 0) throw new DataError("suggestFeatures: there are no records");
  const names = [...new Set(records.flatMap((record) => Object.keys(record)))];
  const found = names.flatMap((name) => {
    const values = records.map((record) => (record as Readonly<Record<string, unknown>>)[name]);
    const feature = featureOf(values.filter((value) => !MISSING.has(value)));
    return feature === null ? [] : [[name, feature] as const];
  });
  return Object.fromEntries(found) as unknown as SuggestedFeatures<Row>;
}

function featureOf(values: readonly unknown[]): Feature | null {
  const distinct = new Set(values.map((value) => (typeof value === "object" ? value : String(value)))).size;
  if (distinct < 2) return null;
  const all = (test: (value: unknown) => boolean): boolean => values.every(test);
  const different = distinct === values.length && values.length >= 100;
  if (all((value) => Array.isArray(value))) return bag();
  if (all((value) => value instanceof Date || (typeof value === "string" && DATE.test(value)))) return date();
  if (all((value) => (typeof value === "number" || typeof value === "string") && Number.isFinite(Number(value))))
    return different && all((value) => Number.isInteger(Number(value))) ? null : numeric();
  const separator = SEPARATORS.find(
    (mark) => values.filter((value) => String(value).includes(mark)).length > distinct / 4,
  );
  if (all((value) => typeof value === "string") && separator !== undefined) return bag({ separator });
  if (all((value) => typeof value === "string" && !/\s/u.test(value)) && different) return null;
  if (all((value) => typeof value === "string") && distinct > values.length / 2 && wordsOf(values) >= 3) return text();
  return all((value) => ["string", "number", "boolean"].includes(typeof value)) ? categorical() : null;
}

/** Mean number of words. */
function wordsOf(texts: readonly unknown[]): number {
  return texts.reduce<number>((sum, one) => sum + String(one).trim().split(/\s+/u).length, 0) / texts.length;
}
