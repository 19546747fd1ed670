import { isFittable, type FrozenEncoder } from "../contracts/encoder.js";
import { UsageError } from "../errors.js";
import { contentKey } from "../hash.js";
import type { KeyExtractor } from "./cache-config.js";
import { itemKeys } from "./item-keys.js";
import { makeKeys, writeKey } from "./keys.js";

/** Names the vectors of one encoder: by the fingerprint of the encoder and the key of the item. */
export class EncoderKeys<in Item> {
  /** Of the encoder, as 22 characters. */
  readonly fingerprint: string;
  readonly #name: string;
  readonly #extract: KeyExtractor<Item> | null;

  /** @throws UsageError for an encoder that is still to be fitted, which would change its fingerprint. */
  constructor(name: string, encoder: FrozenEncoder<Item>, extract: KeyExtractor<Item> | null) {
    if (isFittable(encoder) && !encoder.fitted) {
      throw new UsageError(`encoder "${name}" (${encoder.type}) must be fitted before its vectors are cached`);
    }
    this.fingerprint = contentKey(encoder.fingerprint());
    this.#name = name;
    this.#extract = extract;
  }

  /** @throws UsageError for items that have no key. */
  of(items: readonly Item[]): Int32Array {
    if (this.#extract === null) return itemKeys(items);
    const keys = makeKeys(items.length);
    items.forEach((item, position) => writeKey(this.#extracted(item, position), keys, position));
    return keys;
  }

  #extracted(item: Item, position: number): string {
    const key: unknown = this.#extract?.(item);
    if ((typeof key === "string" && key !== "") || Number.isFinite(key))
      return contentKey(`extracted ${typeof key}: ${String(key)}`);
    throw new UsageError(
      `keyExtractors of encoder "${this.#name}" gave ${JSON.stringify(key)} for item ${position}; it must give a text or a number`,
    );
  }
}
