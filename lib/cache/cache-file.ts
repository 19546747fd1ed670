import { constants } from "node:fs";
import { access, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { FileFormatError, UsageError } from "../errors.js";
import { readSafetensors, writeSafetensors } from "../store/safetensors.js";
import { hostTensor } from "../tensor/host.js";

const format = "likewise-cache";
const version = "1";
/** Item keys have 22 characters; a whole number of 32-bit words holds them. */
const KEY_WORDS = 6;
const KEY_BYTES = KEY_WORDS * Int32Array.BYTES_PER_ELEMENT;

/** The vectors of one encoder in a folder, as a safetensors file named after the encoder's fingerprint. */
export class CacheFile {
  readonly path: string;

  constructor(
    readonly folder: string,
    readonly fingerprint: string,
    readonly size: number,
  ) {
    this.path = join(folder, `${fingerprint}.safetensors`);
  }

  /** Makes sure, before anything is computed, that it can be written. @throws UsageError when it cannot. */
  async prepare(): Promise<void> {
    try {
      await mkdir(this.folder, { recursive: true });
      await access(this.folder, constants.W_OK);
    } catch (cause) {
      throw new UsageError(
        `CacheConfig.saveDir "${this.folder}" cannot be written to; choose another folder or leave saveDir out`,
        {
          cause,
        },
      );
    }
  }

  /** Rows by item key; none when there is no file yet. @throws FileFormatError when the file is damaged or foreign. */
  async read(): Promise<ReadonlyMap<string, Float32Array>> {
    const rows = new Map<string, Float32Array>();
    const there = await access(this.path).then(
      () => true,
      () => false,
    );
    if (!there) return rows;
    const { tensors, metadata } = await readSafetensors(this.path);
    const { keys, rows: values } = tensors;
    const count = keys?.shape[0] ?? -1;
    const fits =
      metadata["format"] === format &&
      metadata["version"] === version &&
      metadata["fingerprint"] === this.fingerprint &&
      keys?.shape.join() === `${count},${KEY_WORDS}` &&
      values?.shape.join() === `${count},${this.size}` &&
      values.data instanceof Float32Array;
    if (!fits) throw new FileFormatError(this.path, `is not a cache of this encoder (version ${version})`);
    const bytes = Buffer.from(keys.data.buffer, keys.data.byteOffset, keys.data.byteLength);
    for (let row = 0; row < count; row += 1) {
      const key = bytes.toString("latin1", row * KEY_BYTES, (row + 1) * KEY_BYTES).trimEnd();
      rows.set(key, (values.data as Float32Array).slice(row * this.size, (row + 1) * this.size));
    }
    return rows;
  }

  /** Replaces the file. */
  async write(rows: ReadonlyMap<string, Float32Array>): Promise<void> {
    const keys = Buffer.alloc(rows.size * KEY_BYTES, " ");
    const values = new Float32Array(rows.size * this.size);
    let row = 0;
    for (const [key, vector] of rows) {
      keys.write(key, row * KEY_BYTES, "latin1");
      values.set(vector, row * this.size);
      row += 1;
    }
    const words = new Int32Array(keys.buffer, keys.byteOffset, rows.size * KEY_WORDS);
    const tensors = {
      keys: hostTensor(words, [rows.size, KEY_WORDS]),
      rows: hostTensor(values, [rows.size, this.size]),
    };
    await writeSafetensors(this.path, tensors, { format, version, fingerprint: this.fingerprint });
  }
}
