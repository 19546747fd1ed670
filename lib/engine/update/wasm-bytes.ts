/** Bytes of a WebAssembly module as they are written. */
export class WasmBytes {
  readonly #bytes: number[] = [];

  get bytes(): readonly number[] {
    return this.#bytes;
  }

  byte(...values: readonly number[]): this {
    for (const value of values) this.#bytes.push(value);
    return this;
  }

  /** Unsigned LEB128. */
  unsigned(value: number): this {
    let rest = value;
    do {
      const low = rest % 128;
      rest = Math.floor(rest / 128);
      this.#bytes.push(rest === 0 ? low : low | 128);
    } while (rest > 0);
    return this;
  }

  /** Signed LEB128 of a 32-bit integer. */
  signed(value: number): this {
    let rest = value | 0;
    for (;;) {
      const low = rest & 127;
      rest >>= 7;
      const done = (rest === 0 && (low & 64) === 0) || (rest === -1 && (low & 64) !== 0);
      this.#bytes.push(done ? low : low | 128);
      if (done) return this;
    }
  }

  float(value: number): this {
    this.#bytes.push(...new Uint8Array(Float32Array.of(value).buffer));
    return this;
  }

  text(value: string): this {
    const encoded = new TextEncoder().encode(value);
    return this.unsigned(encoded.length).byte(...encoded);
  }

  /** Other bytes after their number. */
  block(content: WasmBytes): this {
    return this.unsigned(content.#bytes.length).append(content);
  }

  append(content: WasmBytes): this {
    for (const value of content.#bytes) this.#bytes.push(value);
    return this;
  }
}

/** A function of a module: its parameters, its code after the locals, and the locals themselves. */
export interface WasmFunction {
  readonly pointers: number;
  readonly scalars: number;
  readonly indices: number;
  readonly lanes: number;
  readonly code: WasmBytes;
}

const I32 = 0x7f;
const F32 = 0x7d;
const V128 = 0x7b;

/** A module that imports `memory.memory` and exports one function for each given one, named by its place. */
export function wasmModule(functions: readonly WasmFunction[]): Uint8Array {
  const types = new WasmBytes().unsigned(functions.length);
  const indices = new WasmBytes().unsigned(functions.length);
  const names = new WasmBytes().unsigned(functions.length);
  const codes = new WasmBytes().unsigned(functions.length);
  functions.forEach(({ pointers, scalars, indices: counters, lanes, code }, at) => {
    types.byte(0x60).unsigned(pointers + scalars);
    for (let place = 0; place < pointers + scalars; place += 1) types.byte(place < pointers ? I32 : F32);
    types.unsigned(0);
    indices.unsigned(at);
    names.text(String(at)).byte(0x00).unsigned(at);
    const body = new WasmBytes().unsigned(2).unsigned(counters).byte(I32).unsigned(lanes).byte(V128);
    codes.block(body.append(code).byte(0x0b));
  });
  const memory = new WasmBytes().unsigned(1).text("memory").text("memory").byte(0x02, 0x00, 0x00);
  const module = new WasmBytes().byte(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);
  module.byte(1).block(types).byte(2).block(memory).byte(3).block(indices).byte(7).block(names).byte(10).block(codes);
  return Uint8Array.from(module.bytes);
}
