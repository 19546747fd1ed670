import type { FrozenEncoder } from "../contracts/encoder.js";
import { FileFormatError } from "../errors.js";
import { CacheFile } from "./cache-file.js";
import { checkedRows } from "./checked-rows.js";
import type { EncoderKeys } from "./encoder-keys.js";
import type { RowCache } from "./row-cache.js";

/** Rows of a stored cache that are computed again when it is first used. */
const SAMPLES = 4;

/** The vectors of an encoder that an earlier run has left, brought into memory and not believed before a few are confirmed. */
export class StoredRows<Item> {
  readonly #rows: RowCache;
  readonly #keys: EncoderKeys<Item>;
  readonly #file: CacheFile;
  readonly #warn: (message: string) => void;
  /** Keys of rows that came from the file, until some are confirmed. */
  #unconfirmed: ReadonlySet<string>;

  private constructor(
    rows: RowCache,
    keys: EncoderKeys<Item>,
    file: CacheFile,
    warn: (message: string) => void,
    loaded: ReadonlySet<string>,
  ) {
    this.#rows = rows;
    this.#keys = keys;
    this.#file = file;
    this.#warn = warn;
    this.#unconfirmed = loaded;
  }

  /**
   * Loads what is stored, as far as there is room. A damaged file is warned about and ignored.
   * @throws UsageError when the folder cannot be written to.
   */
  static async load<Item>(
    folder: string,
    size: number,
    keys: EncoderKeys<Item>,
    rows: RowCache,
    warn: (message: string) => void,
  ): Promise<StoredRows<Item>> {
    const file = new CacheFile(folder, keys.fingerprint, size);
    await file.prepare();
    const loaded = new Set<string>();
    try {
      for (const [key, row] of await file.read()) {
        if (!rows.hasRoomFor(1, row.length)) break;
        rows.set(keys.prefix + key, row);
        loaded.add(keys.prefix + key);
      }
    } catch (error) {
      if (!(error instanceof FileFormatError)) throw error;
      warn(`a stored cache is made again: ${error.message}`);
    }
    return new StoredRows(rows, keys, file, warn, loaded);
  }

  /** Computes a few of these items' stored rows again; when one differs, none is believed. Does so once. */
  async confirm(
    name: string,
    encoder: FrozenEncoder<Item>,
    items: readonly Item[],
    keys: readonly string[],
  ): Promise<void> {
    const stored = this.#unconfirmed;
    const known = keys.flatMap((key, position) => (stored.has(key) && this.#rows.has(key) ? [position] : []));
    if (known.length === 0) return;
    this.#unconfirmed = new Set();
    const step = Math.ceil(known.length / SAMPLES);
    const sample = known.filter((_position, i) => i % step === 0);
    const chosen = sample.map((position) => items[position] as Item);
    const vectors = await checkedRows(name, encoder, chosen, sample);
    const differs = sample.some((position, row) => {
      const now = vectors.subarray(row * encoder.embeddingSize);
      return this.#rows.get(keys[position] as string)?.some((value, i) => !isClose(value, now[i] as number)) ?? false;
    });
    if (!differs) return;
    for (const key of stored) this.#rows.delete(key);
    this.#warn(`the stored vectors of encoder "${name}" are not what it gives now; they are computed again`);
  }

  /** Writes every row of this encoder that is in memory. */
  async save(): Promise<void> {
    const { prefix } = this.#keys;
    const rows = new Map<string, Float32Array>();
    for (const [key, row] of this.#rows.under(prefix)) rows.set(key.slice(prefix.length), row);
    await this.#file.write(rows);
  }
}

function isClose(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-4 + 1e-3 * Math.abs(b);
}
