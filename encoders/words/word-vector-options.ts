import { above, flag, oneOf, unknownOptions, type Problem } from "../../lib/contracts/options.js";
import { WORD_POOLINGS, type WordPooling } from "./word-pooling.js";
import type { WordVectorFormat } from "./word-vectors-file.js";

/** What is done with words that have no vector. */
export type UnknownWords = "skip" | "zero" | "error";

/** Smooth inverse frequency: rare words weigh more in a mean. */
export interface SifOptions {
  /** Frequent words weigh `a / (a + p)` where `p` is the share of the word among all words. Default 1e-3. */
  readonly a?: number;
  /**
   * How often each word occurs in some large collection; words that are not named weigh 1. Default: by position in the file, `p` of the
   * `r`-th word being `1 / (r · (1 + 1/2 + … + 1/total))`, Zipf's law; right for files that are sorted by frequency, as published ones are.
   */
  readonly counts?: Readonly<Record<string, number>>;
  /** Take out the direction that the texts of the train set have in common; the encoder is then fitted before it is used. Default false. */
  readonly commonComponent?: boolean;
}

/** Options of `WordVectorEncoder.load`. */
export interface WordVectorOptions {
  /** "text": GloVe, fastText and word2vec in lines; "binary": word2vec's binary form. Default by the name: binary for `.bin`. */
  readonly format?: WordVectorFormat;
  /** Words that are kept, such as those of the data. Default all. */
  readonly words?: Iterable<string>;
  /** Words that are read from the beginning of the file. Default all. */
  readonly limit?: number;
  /** How the vectors of words become one; several are written one after the other. Default "mean". */
  readonly pooling?: WordPooling | readonly WordPooling[];
  /**
   * The case of letters does not count: "Grün" and "grün" are one word, whose vector is that of the word in lower case if the file has it,
   * otherwise that of its first form in the file. Default true.
   */
  readonly lowercase?: boolean;
  /** Words without a vector are left out, count as zeros, or are an error. Default "skip". */
  readonly unknown?: UnknownWords;
  /** Weigh words by their frequency; needs pooling "mean". Default false. */
  readonly sif?: boolean | SifOptions;
  /** Divide each vector by its length. Default false. */
  readonly normalize?: boolean;
  /** "weights": vectors are saved with the model; "reference": only the path of the file and its checksum. Default "weights". */
  readonly store?: "weights" | "reference";
}

const KEYS = ["format", "words", "limit", "pooling", "lowercase", "unknown", "sif", "normalize", "store"];

/** What is wrong with the options of `load`. */
export function wordVectorProblems(options: WordVectorOptions): Problem[] {
  const { pooling = "mean", sif = false } = options;
  const poolings: readonly unknown[] = Array.isArray(pooling) ? pooling : [pooling];
  const given = typeof sif === "object" && sif !== null ? sif : null;
  const limit = options.limit ?? 1;
  return [
    ...unknownOptions(options, KEYS),
    oneOf("format", options.format ?? "text", ["text", "binary"]),
    Number.isInteger(limit) && limit >= 1 ? null : `limit: expected a whole number of at least 1, got ${limit}`,
    poolings.length === 0 ? "pooling: expected one or more of mean, min, max" : null,
    new Set(poolings).size < poolings.length ? "pooling: named twice" : null,
    ...poolings.map((one) => oneOf("pooling", one, WORD_POOLINGS)),
    flag("lowercase", options.lowercase ?? true),
    oneOf("unknown", options.unknown ?? "skip", ["skip", "zero", "error"]),
    flag("normalize", options.normalize ?? false),
    oneOf("store", options.store ?? "weights", ["weights", "reference"]),
    ...(given === null ? [flag("sif", sif)] : sifProblems(given)),
    sif !== false && !poolings.includes("mean") ? 'sif: weighs words in a mean; pooling has no "mean"' : null,
  ];
}

function sifProblems({ a = 1e-3, counts = {}, commonComponent = false, ...rest }: SifOptions): Problem[] {
  const wrong = Object.entries(counts).find(([, count]) => !(Number.isFinite(count) && count >= 0));
  return [
    ...unknownOptions(rest, ["a", "counts", "commonComponent"]).map((problem) => `sif.${problem}`),
    above("sif.a", a, 0),
    flag("sif.commonComponent", commonComponent),
    wrong === undefined ? null : `sif.counts: ${wrong[0]} occurs ${wrong[1]} times, expected a number of at least 0`,
  ];
}
