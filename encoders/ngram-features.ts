import { hashSlice } from "../lib/hash.js";

/** Which n-grams of a text are its features. */
export interface NgramRanges {
  /** Shortest and longest run of words; null for none. */
  readonly words: readonly [number, number] | null;
  /** Shortest and longest run of characters inside a word, its two borders counted as characters; null for none. */
  readonly characters: readonly [number, number] | null;
  readonly lowercase: boolean;
}

/** Tell features of different sorts apart; a character n-gram adds 1 when it starts a word and 2 when it ends one. */
const WORD_SEED = 1;
const CHARACTER_SEED = 4;

/**
 * Reads the n-grams of texts as 32-bit hashes, without making a string for each. Texts are brought to Unicode's NFKC form. Words are
 * runs of letters, digits and marks; an ideograph, a kana, an emoji or a currency sign is a word by itself. Character n-grams count
 * code points, never halves of one.
 */
export class NgramFeatures {
  /** The hashes of the text read last, each as often as it occurs; valid up to what `read` returned. */
  hashes: Uint32Array = new Uint32Array(256);
  readonly #ranges: NgramRanges;
  /** Where each code point of the current run starts, and where the last one ends. */
  #starts = new Int32Array(64);
  #wordHashes = new Uint32Array(64);
  #count = 0;
  #words = 0;

  constructor(ranges: NgramRanges) {
    this.#ranges = ranges;
  }

  /** Fills `hashes`; returns how many there are. */
  read(text: string): number {
    const normal = text.normalize("NFKC");
    const source = this.#ranges.lowercase ? normal.toLowerCase() : normal;
    const { length } = source;
    this.#count = 0;
    this.#words = 0;
    let at = 0;
    while (at < length) {
      const kind = kindAt(source, at);
      if (kind === WORD || kind === ALONE) at = this.#readRun(source, at);
      else at += widthAt(source, at);
    }
    if (this.#ranges.words !== null) this.#readWordRuns(this.#ranges.words);
    return this.#count;
  }

  /** Reads what stands between two separators; returns where it ends. */
  #readRun(source: string, start: number): number {
    const { words, characters } = this.#ranges;
    let points = 0;
    let wordStart = -1;
    let at = start;
    while (at < source.length) {
      const kind = kindAt(source, at);
      if (kind === SEPARATOR) break;
      if (points + 1 === this.#starts.length) this.#starts = grown(this.#starts);
      this.#starts[points++] = at;
      const next = at + widthAt(source, at);
      if (words !== null) {
        if (kind === WORD && wordStart < 0) wordStart = at;
        if (kind === ALONE) {
          if (wordStart >= 0) this.#addWord(source, wordStart, at);
          this.#addWord(source, at, next);
          wordStart = -1;
        }
      }
      at = next;
    }
    this.#starts[points] = at;
    if (wordStart >= 0) this.#addWord(source, wordStart, at);
    if (characters !== null) this.#readCharacters(source, points, characters);
    return at;
  }

  #readCharacters(source: string, points: number, [shortest, longest]: readonly [number, number]): void {
    const starts = this.#starts;
    for (let size = shortest; size <= longest; size += 1) {
      // Position -1 is the border before the word, position `points` the one after it.
      const border = size === 1 ? 0 : 1;
      const last = points + border - size;
      if (this.#count + last + 2 > this.hashes.length) this.#makeRoom(last + 2);
      for (let first = -border; first <= last; first += 1) {
        const starting = first < 0;
        const ending = first + size > points;
        const seed = CHARACTER_SEED + (starting ? 1 : 0) + (ending ? 2 : 0);
        const from = starts[starting ? 0 : first]!;
        const to = starts[ending ? points : first + size]!;
        this.hashes[this.#count++] = hashSlice(source, from, to, seed);
      }
    }
  }

  #addWord(source: string, from: number, to: number): void {
    if (this.#words === this.#wordHashes.length) this.#wordHashes = grown(this.#wordHashes);
    this.#wordHashes[this.#words++] = hashSlice(source, from, to, WORD_SEED);
  }

  #readWordRuns([shortest, longest]: readonly [number, number]): void {
    for (let first = 0; first < this.#words; first += 1) {
      if (this.#count + longest > this.hashes.length) this.#makeRoom(longest);
      let hash = 0;
      const end = Math.min(first + longest, this.#words);
      for (let word = first; word < end; word += 1) {
        // The first word keeps its hash; each next one is stirred in so that order counts.
        hash = word === first ? this.#wordHashes[word]! : (Math.imul(hash, 0x9e3779b1) ^ this.#wordHashes[word]!) >>> 0;
        if (word - first + 1 >= shortest) this.hashes[this.#count++] = hash;
      }
    }
  }

  #makeRoom(more: number): void {
    while (this.#count + more > this.hashes.length) this.hashes = grown(this.hashes);
  }
}

function grown<T extends Int32Array | Uint32Array>(array: T): T {
  const larger = new (array.constructor as new (length: number) => T)(array.length * 2);
  larger.set(array);
  return larger;
}

const SEPARATOR = 1;
/** Part of a word. */
const WORD = 2;
/** A word by itself. */
const ALONE = 3;
/** Belongs to the word before it, if there is one. */
const MARK = 4;

/** What each UTF-16 unit is; filled as units are met. Pairs of surrogates are looked at each time. */
const kinds = new Uint8Array(0x10000);

function kindAt(source: string, at: number): number {
  const unit = source.charCodeAt(at);
  if (unit >= 0xd800 && unit < 0xe000) return kindOf(String.fromCodePoint(source.codePointAt(at) as number));
  return (kinds[unit] ||= kindOf(String.fromCharCode(unit)));
}

function kindOf(character: string): number {
  if (/^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{So}\p{Sc}]$/u.test(character)) return ALONE;
  if (/^[\p{L}\p{N}_]$/u.test(character)) return WORD;
  return /^\p{M}$/u.test(character) ? MARK : SEPARATOR;
}

/** UTF-16 units of the code point; a lone surrogate has one. */
function widthAt(source: string, at: number): number {
  const unit = source.charCodeAt(at);
  if (unit < 0xd800 || unit >= 0xdc00 || at + 1 >= source.length) return 1;
  const next = source.charCodeAt(at + 1);
  return next >= 0xdc00 && next < 0xe000 ? 2 : 1;
}
