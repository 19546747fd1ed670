import { ConfigError } from "../../lib/errors.js";
import type { Random } from "../../lib/random.js";
import type { BatchSettings } from "../compositions/composition.js";
import { show } from "../show.js";

/** Changes an item; all randomness has to come from `random`. */
export type Augment<Item> = (item: Item, random: Random) => Item | Promise<Item>;

/** Options of every loader. */
export interface LoaderOptions<Item> {
  /** Samples a batch. Default 64. */
  readonly batchSize?: number;
  /** New order each training epoch. Default true; validation keeps the order of the source. */
  readonly shuffle?: boolean;
  /** Leave out training batches smaller than `batchSize`. Default false. */
  readonly dropLast?: boolean;
  /** Make the next batch while the current one is used. Default true, but false for arrays, where nothing is waited for. */
  readonly prefetch?: boolean;
  /** Changes items in training, differently each epoch: noise, crops, dropped words. Vectors of such items are not cached. */
  readonly augment?: Augment<Item>;
  /** Samples held to shuffle a source of unknown length. Default 10,000. */
  readonly shuffleBuffer?: number;
}

/** Options with their defaults. */
export interface LoaderSettings<Item> extends BatchSettings {
  /** Null: for sources that have to be waited for. */
  readonly prefetch: boolean | null;
  readonly augment: Augment<Item> | null;
}

const KINDS = {
  batchSize: "count",
  shuffle: "boolean",
  dropLast: "boolean",
  prefetch: "boolean",
  augment: "function",
  shuffleBuffer: "count",
} as const;

/** The problems of the options that all loaders have, and of names that neither they nor this one (`more`) know. */
export function optionProblems(options: object, more: readonly string[] = []): string[] {
  const known = [...Object.keys(KINDS), ...more];
  const given = options as Readonly<Record<string, unknown>>;
  const problems = Object.keys(given)
    .filter((name) => !known.includes(name))
    .map((name) => `${name}: unknown option; known: ${known.join(", ")}`);
  for (const [name, kind] of Object.entries(KINDS)) {
    const value = given[name];
    if (value === undefined) continue;
    if (kind === "count" && !isCount(value)) {
      problems.push(`${name}: expected a whole number from 1, got ${show(value)}`);
    }
    if (kind !== "count" && typeof value !== kind) problems.push(`${name}: expected a ${kind}, got ${show(value)}`);
  }
  const { batchSize = 64, shuffleBuffer } = given;
  if (isCount(batchSize) && isCount(shuffleBuffer) && shuffleBuffer < batchSize) {
    problems.push(`shuffleBuffer: expected at least batchSize (${batchSize}), got ${shuffleBuffer}`);
  }
  return problems;
}

/** True for 1, 2, 3 … */
export function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1;
}

/** @throws ConfigError with all problems. */
export function settleOptions<Item>(
  who: string,
  options: LoaderOptions<Item>,
  problems: readonly string[],
): LoaderSettings<Item> {
  if (problems.length > 0) throw new ConfigError(who, problems);
  const { batchSize = 64, shuffle = true, dropLast = false, prefetch = null, augment = null } = options;
  const { shuffleBuffer = Math.max(10_000, batchSize) } = options;
  return Object.freeze({ batchSize, shuffle, dropLast, prefetch, augment, shuffleBuffer });
}
