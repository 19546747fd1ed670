import { wasm, type WasmMemory } from "../update/web-assembly.js";
import { sizeOf } from "./operations.js";
import type { NativeRuntime, NativeTensor } from "./session.js";

/** Native code reads fastest from addresses that are multiples of this. */
const ALIGNMENT = 64;
const PAGE = 65_536;
/** Most that a memory can have; more would not fit its addresses. */
const MOST_PAGES = 65_536;

/** A place in the arena for an array of float32 numbers. */
export interface Place {
  readonly offset: number;
  readonly bytes: number;
}

/**
 * Memory that both the native runtime and WebAssembly work in, so that neither copies what the other has made. Arrays over it are made
 * anew when it has grown.
 */
export class NativeArena {
  readonly memory: WasmMemory = new wasm.Memory({ initial: 1, maximum: MOST_PAGES });
  #end = 0;
  readonly #free: Place[] = [];

  /** For so many numbers, all 0 at first. @throws RangeError when there is no such memory. */
  take(length: number): Place {
    const bytes = Math.ceil((length * Float32Array.BYTES_PER_ELEMENT) / ALIGNMENT) * ALIGNMENT;
    const fitting = this.#free.findIndex((place) => place.bytes === bytes);
    if (fitting >= 0) {
      const [place] = this.#free.splice(fitting, 1) as [Place];
      new Uint8Array(this.memory.buffer, place.offset, place.bytes).fill(0);
      return place;
    }
    const missing = this.#end + bytes - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE));
    const place = { offset: this.#end, bytes };
    this.#end += bytes;
    return place;
  }

  release(place: Place): void {
    this.#free.push(place);
  }

  numbers({ offset }: Place, length: number): Float32Array {
    return new Float32Array(this.memory.buffer, offset, length);
  }
}

/** A tensor of the native runtime in the arena, wherever the arena's memory is now. */
export class ArenaTensor {
  readonly place: Place;
  readonly #runtime: NativeRuntime;
  readonly #arena: NativeArena;
  readonly #shape: readonly number[];
  #tensor: NativeTensor | null = null;

  constructor(runtime: NativeRuntime, arena: NativeArena, shape: readonly number[]) {
    this.#runtime = runtime;
    this.#arena = arena;
    this.#shape = shape;
    this.place = arena.take(sizeOf(shape));
  }

  get tensor(): NativeTensor {
    const { buffer } = this.#arena.memory;
    if ((this.#tensor?.data as Float32Array | undefined)?.buffer !== buffer) {
      this.#tensor = this.#runtime.tensor("float32", this.#arena.numbers(this.place, sizeOf(this.#shape)), this.#shape);
    }
    return this.#tensor as NativeTensor;
  }

  get numbers(): Float32Array {
    return this.tensor.data as Float32Array;
  }
}
