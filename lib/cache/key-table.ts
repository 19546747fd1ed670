/** Share of the places in use before the table grows. */
const FULL = 0.75;
const GROWTH = 1.5;

/**
 * Row numbers by the first 8 bytes of a key, in typed arrays: 12 bytes a place, 16 to 24 a row. Two keys may, very rarely, begin alike, so
 * whoever reads a row compares the whole key.
 */
export class KeyTable {
  #low: Uint32Array;
  #high: Uint32Array;
  /** Row number + 1; 0 is free. */
  #rows: Uint32Array;
  #count = 0;

  /** @param expected rows that find room without growing. */
  constructor(expected = 0) {
    const places = Math.max(16, Math.ceil(expected / FULL) + 1);
    this.#low = new Uint32Array(places);
    this.#high = new Uint32Array(places);
    this.#rows = new Uint32Array(places);
  }

  get count(): number {
    return this.#count;
  }

  /** Memory in use. */
  get bytes(): number {
    return 3 * this.#rows.byteLength;
  }

  /** The newest row whose key begins like this one; -1: none. */
  get(key: Buffer): number {
    return (this.#rows[this.#place(key.readUInt32LE(0), key.readUInt32LE(4))] as number) - 1;
  }

  /** A later row takes the place of an earlier one of the same key. */
  set(key: Buffer, row: number, offset = 0): void {
    if (this.#count + 1 > FULL * this.#rows.length) this.#grow();
    this.#put(key.readUInt32LE(offset), key.readUInt32LE(offset + 4), row + 1);
  }

  #put(low: number, high: number, value: number): void {
    const place = this.#place(low, high);
    if (this.#rows[place] === 0) this.#count += 1;
    this.#low[place] = low;
    this.#high[place] = high;
    this.#rows[place] = value;
  }

  /** Where the key is, or the free place where it would be. */
  #place(low: number, high: number): number {
    const places = this.#rows.length;
    let place = Math.floor((low / 2 ** 32) * places);
    while (this.#rows[place] !== 0 && !(this.#low[place] === low && this.#high[place] === high)) {
      place = place + 1 === places ? 0 : place + 1;
    }
    return place;
  }

  #grow(): void {
    const [low, high, rows] = [this.#low, this.#high, this.#rows];
    const places = Math.ceil(rows.length * GROWTH);
    this.#low = new Uint32Array(places);
    this.#high = new Uint32Array(places);
    this.#rows = new Uint32Array(places);
    this.#count = 0;
    rows.forEach((value, place) => {
      if (value !== 0) this.#put(low[place] as number, high[place] as number, value);
    });
  }
}
