import { join } from "node:path";
import type { FrozenEncoder } from "../contracts/encoder.js";
import { DataError, FileFormatError, UsageError } from "../errors.js";
import { makeFolder, requireWritable } from "./cache-folder.js";
import { checkedRows } from "./checked-rows.js";
import type { EncoderKeys } from "./encoder-keys.js";
import { countKeys, keyBytes } from "./keys.js";
import { RowFile } from "./row-file.js";
import type { CacheStorage } from "./storage.js";

/** Rows of a stored cache that are computed again when it is first used. */
const SAMPLES = 32;
/** How far a row may be from what it was, as a share of its largest number, besides the rounding of its arithmetic. */
const STORAGE_STEP: Readonly<Record<CacheStorage, number>> = { float32: 0, float16: 1 / 1024, int8: 1 / 120 };

/** What stored rows are of. */
export interface StoredRowsOptions<Item> {
  readonly name: string;
  readonly folder: string;
  readonly encoder: FrozenEncoder<Item>;
  readonly keys: EncoderKeys<Item>;
  readonly storage: CacheStorage;
  readonly warn: (message: string) => void;
}

/**
 * The vectors of an encoder on disk: what earlier runs have left, not believed before some are confirmed, and what this run adds. Whatever is
 * wrong with the files is warned about once and costs computing again, nothing else.
 */
export class StoredRows<Item> {
  readonly #options: StoredRowsOptions<Item>;
  readonly #file: RowFile;
  /** False once writing has failed or another writer lives. */
  #keeps = true;
  #unconfirmed = SAMPLES;
  #told = false;
  /** Under way; requests wait for it, because what is stored may turn out wrong. */
  #checking: Promise<boolean> | null = null;

  /** @throws UsageError, before anything is computed, when the folder cannot be used. */
  constructor(options: StoredRowsOptions<Item>) {
    this.#options = options;
    const { folder, keys, storage, encoder, warn } = options;
    const { fingerprint } = keys;
    const path = join(folder, `${fingerprint}.${storage}`);
    this.#file = new RowFile({ path, fingerprint, storage, size: encoder.embeddingSize });
    try {
      makeFolder(folder);
    } catch (cause) {
      throw unusable(folder, cause);
    }
    try {
      const torn = this.#file.open();
      const { indexDamaged } = this.#file;
      const mended = torn > 0 || indexDamaged ? this.#mend() : true;
      const cut = mended ? "cut off" : "left out";
      if (torn > 0) warn(`a stored cache ends in ${torn} bytes of a torn row, which is ${cut}: ${path}.rows`);
      const again = mended ? "is made again" : "is left out";
      if (indexDamaged) warn(`the index of a stored cache is damaged and ${again}; no vector is lost: ${path}.index`);
    } catch (error) {
      if (!(error instanceof FileFormatError)) this.#giveUp("cannot be read", error);
      else {
        warn(`a stored cache is made again: ${error.message}`);
        this.#attempt(() => this.#file.clear());
      }
    }
    // Rows of this run need no confirmation.
    if (this.#file.count === 0) this.#unconfirmed = 0;
    this.#tellDamage();
    try {
      requireWritable(folder);
    } catch (cause) {
      if (this.#file.count === 0) throw unusable(folder, cause);
      this.#giveUp("can be read but not written", cause);
    }
  }

  /** Whether rows that are computed now are written. */
  get keeps(): boolean {
    return this.#keeps;
  }

  /** Rows on disk. */
  get count(): number {
    return this.#file.count;
  }

  /** Bytes on disk. */
  get bytes(): number {
    return this.#file.count === 0 ? 0 : this.#file.bytes;
  }

  has(keys: Int32Array, at: number): boolean {
    return this.#file.has(keyBytes(keys, at));
  }

  /** Puts a row at a place of `target`; false when there is none that is whole. */
  read(keys: Int32Array, at: number, target: Float32Array, place: number): boolean {
    try {
      const found = this.#file.read(keyBytes(keys, at), target, place);
      if (!found) this.#tellDamage();
      return found;
    } catch (error) {
      this.#giveUp("cannot be read", error);
      this.#file.close();
      return false;
    }
  }

  /**
   * Writes rows that were computed, one after the other.
   * @returns them as they will be read.
   * @throws DataError when the storage cannot hold their numbers.
   */
  add(keys: Int32Array, vectors: Float32Array): Float32Array {
    const { name, storage, encoder } = this.#options;
    const size = encoder.embeddingSize;
    const kept = vectors.slice();
    const rows = Array.from({ length: countKeys(keys) }, (_, row) => kept.subarray(row * size, (row + 1) * size));
    if (!rows.every((row) => this.#file.round(row))) {
      throw new DataError(`encoder "${name}" gives numbers too large for storage "${storage}"; choose "float32"`);
    }
    if (!this.#keeps) return kept;
    this.#attempt(() => {
      if (this.#file.startWriting()) {
        this.#file.append(
          rows.map((_row, at) => keyBytes(keys, at)),
          rows,
        );
      } else {
        this.#giveUp("is being written by another process or thread", null);
      }
    });
    return kept;
  }

  /** Waits until the disk has everything. */
  save(): void {
    this.#attempt(() => this.#file.sync());
  }

  close(): void {
    this.#file.close();
  }

  /**
   * Computes some of these items' stored rows again, until 32 are confirmed; when one differs, none is believed.
   * @returns false when everything stored was dropped.
   */
  async confirm(items: readonly Item[], keys: Int32Array): Promise<boolean> {
    while (this.#checking !== null) await this.#checking.catch(() => undefined);
    if (this.#unconfirmed === 0 || this.#file.count === 0) return true;
    this.#checking = this.#compare(items, keys);
    try {
      return await this.#checking;
    } finally {
      this.#checking = null;
    }
  }

  async #compare(items: readonly Item[], keys: Int32Array): Promise<boolean> {
    const { name, encoder, storage, warn } = this.#options;
    const size = encoder.embeddingSize;
    const known = items.flatMap((_item, position) => (this.has(keys, position) ? [position] : []));
    const count = Math.min(known.length, this.#unconfirmed);
    this.#unconfirmed -= count;
    const old = new Float32Array(size);
    const sample = Array.from({ length: count }, (_, i) => known[Math.floor((i * known.length) / count)] as number);
    if (sample.length === 0) return true;
    const chosen = sample.map((position) => items[position] as Item);
    const now = await checkedRows(name, encoder, chosen, sample);
    const differs = sample.some((position, i) => {
      if (!this.read(keys, position, old, 0)) return false;
      const row = now.subarray(i * size, (i + 1) * size);
      const step = STORAGE_STEP[storage] * row.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      return row.some((value, j) => Math.abs(value - (old[j] as number)) > 1e-4 + 1e-3 * Math.abs(value) + step);
    });
    if (!differs) return true;
    warn(`the stored vectors of encoder "${name}" are not what it gives now; they are computed again`);
    this.#unconfirmed = 0;
    this.#attempt(() => {
      if (!this.#file.clear()) this.#giveUp("is being written by another process or thread", null);
    });
    return false;
  }

  /** So that what was wrong is not found again by the next run. */
  #mend(): boolean {
    try {
      return this.#file.mend();
    } catch {
      this.#file.open(); // What cannot be written can be read all the same.
      return false;
    }
  }

  #attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#giveUp("cannot be written", error);
    }
  }

  #giveUp(what: string, cause: unknown): void {
    if (!this.#keeps) return;
    this.#keeps = false;
    const { name, folder, warn } = this.#options;
    const reason = cause === null ? "" : ` (${cause instanceof Error ? cause.message : JSON.stringify(cause)})`;
    warn(
      `the stored cache of encoder "${name}" in ${folder} ${what}${reason}; new vectors are kept in memory only, and nothing stored is lost`,
    );
  }

  #tellDamage(): void {
    if (this.#told || this.#file.damaged === 0) return;
    this.#told = true;
    this.#options.warn(`stored vectors of encoder "${this.#options.name}" are damaged; those are computed again`);
  }
}

function unusable(folder: string, cause: unknown): UsageError {
  return new UsageError(
    `CacheConfig.saveDir "${folder}" cannot be written to; choose another folder or leave saveDir out`,
    { cause },
  );
}
