import * as tokenizers from "@huggingface/tokenizers";
import { DataError, FileFormatError } from "../lib/errors.js";
import { show } from "../lib/show.js";

/** What is used of a tokenizer; the package's own types cannot be resolved by Node's rules. */
interface Tokenizer {
  encode(
    text: string,
    options?: { readonly add_special_tokens: boolean },
  ): { readonly ids: readonly (number | undefined)[] };
  token_to_id(token: string): number | undefined;
}

const { Tokenizer: TextTokenizer } = tokenizers as unknown as {
  readonly Tokenizer: new (tokenizer: object, config: object) => Tokenizer;
};

/** Texts as token ids, by a `tokenizer.json`. */
export class TextTokens {
  readonly #tokenizer: Tokenizer;
  readonly #maxLength: number;
  /** What fills up short texts. */
  readonly padding: number;
  /** What stands for words that the vocabulary lacks; null: they are left out. */
  readonly #unknown: number | null;

  /** @throws FileFormatError when the bytes are not a tokenizer.json. */
  constructor(bytes: Uint8Array, maxLength: number) {
    this.#maxLength = maxLength;
    try {
      const json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as object;
      this.#tokenizer = new TextTokenizer(json, {});
      this.padding =
        paddingOf(json) ?? this.#tokenizer.token_to_id("[PAD]") ?? this.#tokenizer.token_to_id("<pad>") ?? 0;
      this.#unknown = this.#tokenizer.token_to_id(unknownOf(json)) ?? null;
    } catch (cause) {
      throw new FileFormatError("tokenizer.json", `not a tokenizer: ${(cause as Error).message}`);
    }
  }

  /**
   * Ids of one text, at most `maxLength`: the end of what is too long is cut, but special tokens after it stay.
   * @throws DataError naming the position of an item that is not a string.
   */
  ids(item: unknown, position: number): readonly number[] {
    if (typeof item !== "string") throw new DataError(`item ${position}: expected a text, got ${show(item)}`);
    const ids = this.#known(this.#tokenizer.encode(item).ids);
    if (ids.length <= this.#maxLength) return ids;
    const bare = this.#known(this.#tokenizer.encode(item, { add_special_tokens: false }).ids);
    const added = ids.length - bare.length;
    if (added === 0 || added >= this.#maxLength) return ids.slice(0, this.#maxLength);
    const before = bare.length === 0 ? added : Math.max(0, ids.indexOf(bare[0] as number));
    const tail = ids.slice(before + bare.length);
    return [...ids.slice(0, this.#maxLength - tail.length), ...tail];
  }

  /** The tokenizer gives no id for a word that its vocabulary lacks. */
  #known(ids: readonly (number | undefined)[]): number[] {
    return ids.flatMap((id) => id ?? this.#unknown ?? []);
  }
}

function paddingOf(json: object): number | undefined {
  const { padding } = json as { readonly padding?: { readonly pad_id?: unknown } | null };
  return typeof padding?.pad_id === "number" ? padding.pad_id : undefined;
}

function unknownOf(json: object): string {
  const { model } = json as { readonly model?: { readonly unk_token?: unknown } };
  return typeof model?.unk_token === "string" ? model.unk_token : "[UNK]";
}
