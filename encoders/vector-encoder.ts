import { FrozenEncoder } from "../lib/contracts/encoder.js";
import { refuse, savedOptions, wholeNumber } from "../lib/contracts/options.js";
import type { JsonObject } from "../lib/json.js";
import { fingerprintOf } from "./fingerprint.js";
import { writeNumbers } from "./numeric-items.js";

/**
 * Items that are vectors already: computed by another model, read from a file. Checks their size and that every number is finite.
 * Pick the vector out of a record with `field("vector", new VectorEncoder(384))`.
 */
export class VectorEncoder extends FrozenEncoder<ArrayLike<number>> {
  /** Name it is saved by. */
  static readonly type = "VectorEncoder";
  readonly embeddingSize: number;

  constructor(size: number) {
    super();
    refuse("VectorEncoder", [wholeNumber("size", size, 1)]);
    this.embeddingSize = size;
  }

  /**
   * Makes the encoder again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): VectorEncoder {
    return new VectorEncoder(savedOptions<{ readonly size: number }>("VectorEncoder", config, ["size"]).size);
  }

  override get config(): JsonObject {
    return { size: this.embeddingSize };
  }

  /** @throws DataError naming the position of an item of another size, or with a NaN or an infinity. */
  override async embed(items: readonly ArrayLike<number>[]): Promise<Float32Array> {
    const size = this.embeddingSize;
    const rows = new Float32Array(items.length * size);
    items.forEach((item, row) => {
      writeNumbers(rows.subarray(row * size, (row + 1) * size), item, [size], `VectorEncoder: item ${row}`);
    });
    return rows;
  }

  override fingerprint(): string {
    return fingerprintOf(this, 1);
  }
}
