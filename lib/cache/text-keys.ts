import { KEY_WORDS } from "./keys.js";
import { DIGESTS, MESSAGES, sha256Module } from "./sha256-module.js";

/** Longer texts are as fast one by one. */
const MOST_BLOCKS = 4;
const BLOCK_BYTES = 64;
/** What ends a message: a bit, and the number of its bits. */
const ENDING_BYTES = 9;
const LANES = 4;
const QUOTE = 34;
/** Texts that JSON only puts between quotes, a byte a character. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** What is used of WebAssembly; without the browser's types, TypeScript does not know the global. */
interface Wasm {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}
interface Sha256 {
  readonly memory: { readonly buffer: ArrayBuffer };
  digest(at0: number, at1: number, at2: number, at3: number, blocks: number): void;
}

/** Messages of as many blocks, until there are four. */
interface Group {
  readonly blocks: number;
  /** Where the messages lie. */
  readonly at: readonly [number, number, number, number];
  /** Whose they are. */
  readonly positions: number[];
}

/** Keys of short texts, equal to `itemKey`, four at a time: a third of the time. */
export class TextKeys {
  readonly #sha256: Sha256;
  readonly #bytes: Buffer;
  readonly #digests: Int32Array;
  readonly #groups: readonly Group[];

  constructor() {
    const { WebAssembly: wasm } = globalThis as unknown as { readonly WebAssembly: Wasm };
    this.#sha256 = new wasm.Instance(new wasm.Module(sha256Module())).exports as Sha256;
    const { buffer } = this.#sha256.memory;
    this.#bytes = Buffer.from(buffer);
    this.#digests = new Int32Array(buffer, DIGESTS, KEY_WORDS * LANES);
    let place = MESSAGES;
    const next = (bytes: number): number => (place += bytes) - bytes;
    this.#groups = Array.from({ length: MOST_BLOCKS }, (_, at) => {
      const bytes = (at + 1) * BLOCK_BYTES;
      return { blocks: at + 1, at: [next(bytes), next(bytes), next(bytes), next(bytes)], positions: [] };
    });
  }

  /** Puts the key of a text at a position, now or in `finish`. @returns false, and does nothing, when it is long. */
  add(text: string, keys: Int32Array, position: number): boolean {
    const plain = text.length <= MOST_BLOCKS * BLOCK_BYTES && PLAIN.test(text);
    const json = plain ? text : JSON.stringify(text);
    const length = plain ? text.length + 2 : Buffer.byteLength(json);
    const group = this.#groups[Math.ceil((length + ENDING_BYTES) / BLOCK_BYTES) - 1];
    if (group === undefined) return false;
    const bytes = this.#bytes;
    const start = group.at[group.positions.length] as number;
    if (plain) {
      bytes[start] = bytes[start + length - 1] = QUOTE;
      bytes.write(text, start + 1, "latin1");
    } else bytes.write(json, start, "utf8");
    const end = start + group.blocks * BLOCK_BYTES;
    bytes[start + length] = 0x80;
    for (let at = start + length + 1; at < end - 2; at += 1) bytes[at] = 0;
    bytes[end - 2] = length >> 5;
    bytes[end - 1] = (length << 3) & 255;
    if (group.positions.push(position) === LANES) this.#digest(group, keys);
    return true;
  }

  /** Puts the keys that are still to come. */
  finish(keys: Int32Array): void {
    for (const group of this.#groups) if (group.positions.length > 0) this.#digest(group, keys);
  }

  #digest({ at, blocks, positions }: Group, keys: Int32Array): void {
    this.#sha256.digest(at[0], at[1], at[2], at[3], blocks);
    for (let lane = 0; lane < positions.length; lane += 1) {
      const start = (positions[lane] as number) * KEY_WORDS;
      for (let word = 0; word < KEY_WORDS; word += 1) {
        keys[start + word] = this.#digests[word * LANES + lane] as number;
      }
    }
    positions.length = 0;
  }
}
