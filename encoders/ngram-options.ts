import { flag, wholeNumber, type Problem } from "../lib/contracts/options.js";
import { show } from "../lib/show.js";
import type { NgramRanges } from "./ngram-features.js";

/** Which features of a text count, and how much. */
export interface NgramOptions {
  /** Shortest and longest run of words; null for none. Default [1, 1]. */
  readonly words?: readonly [number, number] | null;
  /** Shortest and longest run of characters within a word, whose two borders count as characters; null for none. Default [3, 3]. */
  readonly characters?: readonly [number, number] | null;
  /** Take capitals for small letters. Default true. */
  readonly lowercase?: boolean;
  /** A feature that occurs k times counts 1 + ln k, not k. Default true. */
  readonly sublinear?: boolean;
  /** Weigh by inverse document frequency, `ln((1 + texts) / (1 + texts with the feature)) + 1`, which needs fitting. Default true. */
  readonly idf?: boolean;
}

/** Options with their defaults. */
export interface NgramSettings extends NgramRanges {
  readonly sublinear: boolean;
  readonly idf: boolean;
}

export const NGRAM_KEYS = ["words", "characters", "lowercase", "sublinear", "idf"] as const;

export function ngramSettings({
  words = [1, 1],
  characters = [3, 3],
  lowercase = true,
  sublinear = true,
  idf = true,
}: NgramOptions): NgramSettings {
  return { words, characters, lowercase, sublinear, idf };
}

export function ngramProblems({ words, characters, lowercase, sublinear, idf }: NgramSettings): Problem[] {
  return [
    range("words", words, 8),
    range("characters", characters, 16),
    words === null && characters === null ? "words, characters: both are null, so a text would have no features" : null,
    flag("lowercase", lowercase),
    flag("sublinear", sublinear),
    flag("idf", idf),
  ];
}

/** More would only cost memory: there are 2^32 hashes. */
export function bucketsProblem(name: string, count: unknown): Problem {
  return wholeNumber(name, count, 1, 2 ** 24);
}

function range(name: string, value: unknown, most: number): Problem {
  if (value === null) return null;
  const fits =
    Array.isArray(value) &&
    value.length === 2 &&
    value.every((size) => Number.isInteger(size)) &&
    value[0] >= 1 &&
    value[0] <= value[1] &&
    value[1] <= most;
  return fits ? null : `${name}: expected null or [shortest, longest] from 1 to ${most}, got ${show(value)}`;
}
