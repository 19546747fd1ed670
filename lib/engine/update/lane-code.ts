import { WasmBytes, type WasmFunction } from "./wasm-bytes.js";

/** Instructions on vectors of four float32 numbers. */
const OPERATIONS = {
  ...{ eq: 0x41, ne: 0x42, lt: 0x43, gt: 0x44, le: 0x45, ge: 0x46 },
  ...{ not: 0x4d, and: 0x4e, andnot: 0x4f, or: 0x50, bitselect: 0x52 },
  ...{ abs: 0xe0, neg: 0xe1, sqrt: 0xe3, add: 0xe4, sub: 0xe5, mul: 0xe6, div: 0xe7, min: 0xe8, max: 0xe9 },
} as const;

const SIMD = 0xfd;
const LOAD = 0x00;
const STORE = 0x0b;
const SPLAT = 0x13;
const LANE_BYTES = 16;
/** Numbers smaller than this have fewer digits, and processors take a hundred times as long for them. */
const LEAST_NORMAL = 1.1754943508222875e-38;

/**
 * The body of a loop over arrays, four numbers at a time, as it is written. Values live in numbered locals; instructions work on a
 * stack. Arrays must be readable up to the next multiple of 16 bytes.
 */
export class LaneCode {
  readonly #pointers: number;
  readonly #scalars: number;
  readonly #before = new WasmBytes();
  readonly #body = new WasmBytes();
  readonly #after = new WasmBytes();
  readonly #constants = new Map<number, number>();
  #lanes = 0;

  constructor(pointers: number, scalars: number) {
    this.#pointers = pointers;
    this.#scalars = scalars;
  }

  /** The four numbers of an array at this place of the loop; returns their local. */
  load(pointer: number): number {
    this.#address(this.#body, pointer);
    this.#body.byte(SIMD).unsigned(LOAD).unsigned(4).unsigned(0);
    return this.keep();
  }

  /** A number that is given to the function; returns its local. */
  scalar(place: number): number {
    const local = this.#local();
    this.#before.byte(0x20).unsigned(this.#pointers + place);
    this.#before.byte(SIMD).unsigned(SPLAT).byte(0x21).unsigned(local);
    return local;
  }

  get(local: number): this {
    this.#body.byte(0x20).unsigned(local);
    return this;
  }

  constant(value: number): this {
    return this.get(this.constantLocal(value));
  }

  /** A local that holds a number throughout. */
  constantLocal(value: number): number {
    let local = this.#constants.get(value);
    if (local === undefined) {
      local = this.#local();
      this.#constants.set(value, local);
      this.#before.byte(0x43).float(value).byte(SIMD).unsigned(SPLAT).byte(0x21).unsigned(local);
    }
    return local;
  }

  operate(operation: keyof typeof OPERATIONS): this {
    this.#body.byte(SIMD).unsigned(OPERATIONS[operation]);
    return this;
  }

  /** Takes the top of the stack into a local. */
  keep(): number {
    const local = this.#local();
    this.#body.byte(0x21).unsigned(local);
    return local;
  }

  /** Writes a value to an array, after everything is read. Numbers that are too small for all their digits become 0. */
  store(pointer: number, local: number): void {
    this.#address(this.#after, pointer);
    const least = this.constantLocal(LEAST_NORMAL);
    this.#after.byte(0x20).unsigned(local).byte(0x20).unsigned(local);
    this.#after.byte(SIMD).unsigned(OPERATIONS.abs).byte(0x20).unsigned(least).byte(SIMD).unsigned(OPERATIONS.lt);
    this.#after.byte(SIMD).unsigned(OPERATIONS.andnot);
    this.#after.byte(SIMD).unsigned(STORE).unsigned(4).unsigned(0);
  }

  /** The function: everything above for `length` numbers. */
  finish(length: number): WasmFunction {
    const counter = this.#counter;
    const code = new WasmBytes().append(this.#before).byte(0x03, 0x40).append(this.#body).append(this.#after);
    code.byte(0x20).unsigned(counter).byte(0x41).signed(LANE_BYTES).byte(0x6a).byte(0x22).unsigned(counter);
    code
      .byte(0x41)
      .signed(Math.ceil((length * 4) / LANE_BYTES) * LANE_BYTES)
      .byte(0x49, 0x0d)
      .unsigned(0)
      .byte(0x0b);
    return { pointers: this.#pointers, scalars: this.#scalars, indices: 1, lanes: this.#lanes, code };
  }

  /** The local that counts bytes. */
  get #counter(): number {
    return this.#pointers + this.#scalars;
  }

  #local(): number {
    this.#lanes += 1;
    return this.#counter + this.#lanes;
  }

  #address(code: WasmBytes, pointer: number): void {
    code.byte(0x20).unsigned(pointer).byte(0x20).unsigned(this.#counter).byte(0x6a);
  }
}
