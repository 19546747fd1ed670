import { FrozenEncoder } from "../../lib/contracts/encoder.js";
import type { JsonObject } from "../../lib/json.js";

/** Gives each text two numbers: its length and its first character, times a factor; remembers what it was asked. */
export class LengthEncoder extends FrozenEncoder<string> {
  static readonly type = "LengthEncoder";
  readonly embeddingSize: number = 2;
  /** Every call's items. */
  readonly calls: string[][] = [];

  constructor(
    readonly factor = 1,
    readonly print = `length ${factor}`,
  ) {
    super();
  }

  get config(): JsonObject {
    return { factor: this.factor };
  }

  embed(items: readonly string[]): Promise<Float32Array> {
    this.calls.push([...items]);
    return Promise.resolve(
      Float32Array.from(items.flatMap((item) => [item.length * this.factor, item.charCodeAt(0) * this.factor])),
    );
  }

  fingerprint(): string {
    return this.print;
  }
}

/** What the encoder gives, without a cache. */
export const expected = (items: readonly string[], factor = 1): number[] =>
  items.flatMap((item) => [item.length * factor, item.charCodeAt(0) * factor]);

export async function* stream<T>(items: readonly T[]): AsyncGenerator<T> {
  for (const item of items) yield await Promise.resolve(item);
}
