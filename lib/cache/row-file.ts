import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, rmSync } from "node:fs";
import { crc32 } from "node:zlib";
import { errorCode } from "../error-code.js";
import { FileFormatError } from "../errors.js";
import { KeyTable } from "./key-table.js";
import { scanRecords, writeWhole } from "./records-file.js";
import { rowCodec, type RowCodec } from "./row-codec.js";
import type { CacheStorage } from "./storage.js";
import { WriterLock } from "./lock-file.js";

const MAGIC = "likewise rows 2\n";
/** Whole file: this many bytes of text, then records. */
const HEADER_BYTES = 128;
const KEY_BYTES = 16;
/** Key and checksum before each row. */
const PREFIX_BYTES = KEY_BYTES + 4;
/** Key and its checksum. */
const INDEX_BYTES = KEY_BYTES + 4;

/** What a row file is of; another file is not read. */
export interface RowFileOptions {
  /** Without ending: ".rows", ".index" and ".lock" are added. */
  readonly path: string;
  readonly fingerprint: string;
  readonly size: number;
  readonly storage: CacheStorage;
}

/**
 * Rows that are appended and never changed: a header, then records of key (16 bytes), checksum of key and row (4), row. Beside it an index of
 * the keys (16 and 4 bytes of checksum each), so that opening does not read the rows. Only keys are in memory, 16 to 24 bytes a row;
 * rows are read where they lie, and one whose key or checksum differs is not there.
 */
export class RowFile {
  readonly #options: RowFileOptions;
  readonly #codec: RowCodec;
  readonly #recordBytes: number;
  readonly #header: Buffer;
  #rows: number | null = null;
  #lock: WriterLock | null = null;
  #index: number | null = null;
  #table = new KeyTable();
  #count = 0;
  /** Rows that failed their checksum. */
  #damaged = 0;
  /** True when the index was found damaged; the rows tell the keys as well. */
  indexDamaged = false;
  readonly #record: Buffer;
  /** Rows whose keys came from the index. */
  #listed = 0;

  constructor(options: RowFileOptions) {
    const { fingerprint, size, storage } = options;
    this.#options = options;
    this.#codec = rowCodec(storage, size);
    this.#recordBytes = PREFIX_BYTES + this.#codec.bytes;
    this.#header = Buffer.alloc(HEADER_BYTES, " ");
    this.#header.write(`${MAGIC}${fingerprint}\n${storage}\n${size}\n`, "latin1");
    this.#record = Buffer.allocUnsafe(this.#recordBytes);
  }

  /** Records in the file, those that were written again included. */
  get count(): number {
    return this.#count;
  }

  get damaged(): number {
    return this.#damaged;
  }

  /** Memory that the keys take. */
  get indexBytes(): number {
    return this.#table.bytes;
  }

  /** Bytes of the rows on disk. */
  get bytes(): number {
    return HEADER_BYTES + this.#count * this.#recordBytes;
  }

  /**
   * Lists the keys of what is there; nothing is when there is no file.
   * @returns the bytes of a torn record at the end.
   * @throws FileFormatError for a file of another encoder, version or program.
   */
  open(): number {
    this.close();
    let file: number;
    try {
      file = openSync(this.#path("rows"), "r");
    } catch (error) {
      if (errorCode(error) === "ENOENT") return 0;
      throw error;
    }
    this.#rows = file;
    try {
      this.#requireHeader(file);
    } catch (error) {
      this.close();
      throw error;
    }
    const whole = fstatSync(file).size - HEADER_BYTES;
    this.#count = Math.floor(whole / this.#recordBytes);
    this.#listKeys();
    return whole % this.#recordBytes;
  }

  /** May name a row that turns out not to be readable. */
  has(key: Buffer): boolean {
    return this.#table.get(key) >= 0;
  }

  /** Puts the row at a place of `target`; false when it is not there or damaged. */
  read(key: Buffer, target: Float32Array, at: number): boolean {
    const row = this.#table.get(key);
    if (row < 0 || this.#rows === null) return false;
    const record = this.#record;
    const read = readSync(this.#rows, record, 0, this.#recordBytes, HEADER_BYTES + row * this.#recordBytes);
    if (
      read < this.#recordBytes ||
      crc32(record.subarray(PREFIX_BYTES), crc32(record.subarray(0, KEY_BYTES))) !== record.readUInt32LE(KEY_BYTES)
    ) {
      this.#damaged += 1;
      return false;
    }
    if (record.compare(key, 0, KEY_BYTES, 0, KEY_BYTES) !== 0) return false;
    this.#codec.decode(record, PREFIX_BYTES, target, at);
    return true;
  }

  /** The numbers as they will be read; false when the storage cannot hold them. */
  round(row: Float32Array): boolean {
    if (!this.#codec.encode(row, this.#record, 0)) return false;
    this.#codec.decode(this.#record, 0, row, 0);
    return true;
  }

  /**
   * Takes the writer's lock, cuts off what a crash has left at the end, completes the index.
   * @returns false when another process or thread writes.
   * @throws what the file system says; then nothing is held.
   */
  startWriting(): boolean {
    if (this.#lock !== null) return true;
    const lock = WriterLock.take(this.#path("lock"));
    if (lock === null) return false;
    try {
      if (this.#rows !== null) closeSync(this.#rows);
      this.#rows = null;
      this.#rows = openSync(this.#path("rows"), "a+");
      this.#index = openSync(this.#path("index"), "a+");
      const size = fstatSync(this.#rows).size;
      if (size < HEADER_BYTES) {
        ftruncateSync(this.#rows);
        ftruncateSync(this.#index);
        writeWhole(this.#rows, this.#header);
      } else {
        this.#requireHeader(this.#rows);
        // Another process may have written since this one opened the file.
        this.#count = Math.floor((size - HEADER_BYTES) / this.#recordBytes);
        ftruncateSync(this.#rows, this.bytes);
        this.#listKeys();
        this.#repairIndex();
      }
      this.#lock = lock;
      return true;
    } catch (error) {
      lock.release();
      this.close();
      throw error;
    }
  }

  /** Cuts off and completes what `open` found wrong, like `startWriting`, and lets others write again. */
  mend(): boolean {
    if (!this.startWriting()) return false;
    this.sync();
    this.#stopWriting();
    return true;
  }

  /** Appends rows; when that fails nothing of them remains. @throws what the file system says. */
  append(keys: readonly Buffer[], rows: readonly Float32Array[]): void {
    if (this.#rows === null || this.#index === null) throw new Error("not open for writing");
    const records = Buffer.allocUnsafe(keys.length * this.#recordBytes);
    const entries = Buffer.allocUnsafe(keys.length * INDEX_BYTES);
    keys.forEach((key, i) => {
      const start = i * this.#recordBytes;
      key.copy(records, start, 0, KEY_BYTES);
      this.#codec.encode(rows[i] as Float32Array, records, start + PREFIX_BYTES);
      const row = records.subarray(start + PREFIX_BYTES, start + this.#recordBytes);
      const keySum = crc32(key.subarray(0, KEY_BYTES));
      records.writeUInt32LE(crc32(row, keySum), start + KEY_BYTES);
      key.copy(entries, i * INDEX_BYTES, 0, KEY_BYTES);
      entries.writeUInt32LE(keySum, i * INDEX_BYTES + KEY_BYTES);
    });
    try {
      writeWhole(this.#rows, records);
      writeWhole(this.#index, entries);
    } catch (error) {
      ftruncateSync(this.#rows, this.bytes);
      ftruncateSync(this.#index, this.#count * INDEX_BYTES);
      throw error;
    }
    for (const key of keys) {
      this.#table.set(key, this.#count);
      this.#count += 1;
    }
  }

  /** Waits until the disk has everything. */
  sync(): void {
    if (this.#lock === null || this.#rows === null || this.#index === null) return;
    fsyncSync(this.#rows);
    fsyncSync(this.#index);
  }

  /** Removes what is stored; readers of other processes keep what they have open. False when another process or thread writes. */
  clear(): boolean {
    const lock = this.#lock ?? WriterLock.take(this.#path("lock"));
    if (lock !== null)
      for (const ending of ["rows", "index"]) rmSync(this.#path(ending), { force: true, recursive: true });
    this.close();
    lock?.release();
    return lock !== null;
  }

  /** Closes the files and gives up the lock. Nothing is there any more. */
  close(): void {
    this.#stopWriting();
    if (this.#rows !== null) closeSync(this.#rows);
    this.#rows = null;
    this.#table = new KeyTable();
    this.#count = 0;
  }

  #stopWriting(): void {
    if (this.#index !== null) closeSync(this.#index);
    this.#index = null;
    this.#lock?.release();
    this.#lock = null;
  }

  #path(ending: string): string {
    return `${this.#options.path}.${ending}`;
  }

  /** From the index, as far as it goes; from the records where it is short, and everything when it is damaged. */
  #listKeys(): void {
    let listed = 0;
    this.#table = new KeyTable(this.#count);
    try {
      const file = this.#index ?? openSync(this.#path("index"), "r");
      try {
        const entries = Math.min(this.#count, Math.floor(fstatSync(file).size / INDEX_BYTES));
        listed = scanRecords({ file, start: 0, width: INDEX_BYTES }, 0, entries, (chunk, offset, row) => {
          if (crc32(chunk.subarray(offset, offset + KEY_BYTES)) !== chunk.readUInt32LE(offset + KEY_BYTES))
            return false;
          this.#table.set(chunk, row, offset);
          return true;
        });
        this.indexDamaged = listed < entries;
      } finally {
        if (file !== this.#index) closeSync(file);
      }
    } catch {
      // Without an index the records tell.
    }
    this.#listed = listed;
    if (this.#rows === null) return;
    const records = { file: this.#rows, start: HEADER_BYTES, width: this.#recordBytes };
    scanRecords(records, listed, this.#count, (chunk, offset, row) => {
      this.#table.set(chunk, row, offset);
      return true;
    });
  }

  /** Makes the index as long as the rows, from the first entry that is not whole. */
  #repairIndex(): void {
    const [rows, index] = [this.#rows as number, this.#index as number];
    ftruncateSync(index, this.#listed * INDEX_BYTES);
    const entry = Buffer.alloc(INDEX_BYTES);
    const records = { file: rows, start: HEADER_BYTES, width: this.#recordBytes };
    scanRecords(records, this.#listed, this.#count, (chunk, offset) => {
      chunk.copy(entry, 0, offset, offset + KEY_BYTES);
      entry.writeUInt32LE(crc32(entry.subarray(0, KEY_BYTES)), KEY_BYTES);
      writeWhole(index, entry);
      return true;
    });
  }

  #requireHeader(file: number): void {
    const header = Buffer.alloc(HEADER_BYTES);
    if (fstatSync(file).isFile() && readSync(file, header, 0, HEADER_BYTES, 0) === HEADER_BYTES)
      if (header.equals(this.#header)) return;
    throw new FileFormatError(this.#path("rows"), "is not a cache of this encoder, storage and version");
  }
}
