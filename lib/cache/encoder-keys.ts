import { isFittable, type FrozenEncoder } from "../contracts/encoder.js";
import { UsageError } from "../errors.js";
import { contentKey } from "../hash.js";
import type { KeyExtractor } from "./cache-config.js";
import { itemKey } from "./item-key.js";

/** Memory for texts whose keys are remembered, and what one costs besides its characters. */
const TEXT_ROOM = 256 * 2 ** 20;
const TEXT_BYTES = 150;

/** Names the vectors of one encoder: `<fingerprint of the encoder>/<key of the item>`. */
export class EncoderKeys<in Item> {
  /** Of the encoder, as 22 characters. */
  readonly fingerprint: string;
  readonly prefix: string;
  readonly #name: string;
  readonly #extract: KeyExtractor<Item> | null;
  /** Keys of texts met before: finding a text is faster than hashing it. */
  readonly #texts = new Map<string, string>();
  #textRoom = TEXT_ROOM;

  /** @throws UsageError for an encoder that is still to be fitted, which would change its fingerprint. */
  constructor(name: string, encoder: FrozenEncoder<Item>, extract: KeyExtractor<Item> | null) {
    if (isFittable(encoder) && !encoder.fitted) {
      throw new UsageError(`encoder "${name}" (${encoder.type}) must be fitted before its vectors are cached`);
    }
    this.fingerprint = contentKey(encoder.fingerprint());
    this.prefix = `${this.fingerprint}/`;
    this.#name = name;
    this.#extract = extract;
  }

  /**
   * @param once true for items that are not asked for again, so that remembering their keys has no use.
   * @throws UsageError for items that have no key.
   */
  of(items: readonly Item[], once = false): string[] {
    if (this.#extract !== null) return items.map((item, position) => this.prefix + this.#extracted(item, position));
    return items.map((item) => (typeof item === "string" && !once ? this.#ofText(item) : this.prefix + itemKey(item)));
  }

  #ofText(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    const key = this.prefix + itemKey(text);
    const cost = 2 * text.length + TEXT_BYTES;
    if (cost > this.#textRoom) return key;
    this.#textRoom -= cost;
    this.#texts.set(text, key);
    return key;
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
