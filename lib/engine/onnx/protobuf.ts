/**
 * Writes messages of the protocol buffers wire format, as much of it as ONNX needs. Large byte fields are kept as they are until
 * `finish`, which copies each once.
 */
export class ProtobufWriter {
  readonly #chunks: Uint8Array[] = [];
  /** Bytes since the last chunk. */
  #open: number[] = [];

  /** A whole number; negative ones take ten bytes. */
  integer(field: number, value: number | bigint): this {
    this.#tag(field, 0);
    this.#varint(value);
    return this;
  }

  /** A 32-bit floating-point number. */
  float(field: number, value: number): this {
    this.#tag(field, 5);
    this.#open.push(...new Uint8Array(Float32Array.of(value).buffer));
    return this;
  }

  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  /** The bytes are not copied before `finish`. */
  bytes(field: number, value: Uint8Array): this {
    this.#tag(field, 2);
    this.#varint(value.length);
    this.#append(value);
    return this;
  }

  /** A message within this one; it is complete and is not written to afterwards. */
  message(field: number, inner: ProtobufWriter): this {
    const chunks = inner.#closed();
    this.#tag(field, 2);
    this.#varint(chunks.reduce((sum, { length }) => sum + length, 0));
    for (const chunk of chunks) this.#append(chunk);
    return this;
  }

  finish(): Uint8Array {
    const chunks = this.#closed();
    const all = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const chunk of chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  }

  #append(bytes: Uint8Array): void {
    if (bytes.length < 256) {
      for (const byte of bytes) this.#open.push(byte);
      return;
    }
    this.#close();
    this.#chunks.push(bytes);
  }

  #close(): void {
    if (this.#open.length === 0) return;
    this.#chunks.push(Uint8Array.from(this.#open));
    this.#open = [];
  }

  #closed(): readonly Uint8Array[] {
    this.#close();
    return this.#chunks;
  }

  #tag(field: number, wireType: number): void {
    this.#varint(field * 8 + wireType);
  }

  /** Seven bits a byte, lowest first; negative numbers in two's complement of 64 bits. */
  #varint(value: number | bigint): void {
    if (typeof value === "number" && value >= 0) {
      let rest = value;
      while (rest > 127) {
        this.#open.push((rest % 128) + 128);
        rest = Math.floor(rest / 128);
      }
      this.#open.push(rest);
      return;
    }
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest > 127n) {
      this.#open.push(Number(rest & 127n) | 128);
      rest >>= 7n;
    }
    this.#open.push(Number(rest));
  }
}
