/** What a `Random` needs to go on exactly where it stopped; plain JSON. */
export type RandomState = readonly [a: number, b: number, c: number, counter: number, spareNormal: number | null];

/**
 * Seeded random numbers with saveable state (sfc32, 32-bit words, period about 2^128 over all seeds).
 * Everything random in the library takes one of these; there is no `Math.random`.
 *
 * `fork(name)` gives an independent stream that depends on the seed and the names alone, not on how many numbers were drawn before,
 * so that adding a consumer does not change what the others see.
 *
 * Source: Chris Doty-Humphrey, PractRand, generator sfc32.
 */
export class Random {
  readonly #key: string;
  #a = 0;
  #b = 0;
  #c = 0;
  #counter = 1;
  #spare: number | null = null;

  constructor(seed: number | string = 0) {
    this.#key = String(seed);
    const [a, b, c, d] = hash128(this.#key);
    this.#a = a;
    this.#b = b;
    this.#c = c;
    this.#counter = d | 1;
    for (let i = 0; i < 12; i += 1) this.bits();
  }

  /** An independent stream named after what it is for. */
  fork(name: string | number): Random {
    return new Random(`${this.#key}/${name}`);
  }

  /** 32 random bits as an unsigned integer. */
  bits(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    this.#c |= 0;
    return sum >>> 0;
  }

  /** Uniform in [0, 1), a multiple of 2^-32. */
  uniform(): number {
    return this.bits() / 4294967296;
  }

  /** Uniform integer in [0, bound). */
  integer(bound: number): number {
    return Math.floor(this.uniform() * bound);
  }

  /** Standard normal (Box and Muller). */
  normal(): number {
    if (this.#spare !== null) {
      const value = this.#spare;
      this.#spare = null;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** Shuffles in place (Fisher and Yates) and returns the same array. */
  shuffle<T extends { length: number; [index: number]: unknown }>(array: T): T {
    for (let last = array.length - 1; last > 0; last -= 1) {
      const other = this.integer(last + 1);
      const kept = array[last];
      array[last] = array[other];
      array[other] = kept;
    }
    return array;
  }

  /** `count` numbers in [low, high). */
  uniforms(count: number, low = 0, high = 1): Float32Array {
    const values = new Float32Array(count);
    for (let i = 0; i < count; i += 1) values[i] = low + (high - low) * this.uniform();
    return values;
  }

  /** `count` numbers from a normal distribution. */
  normals(count: number, mean = 0, deviation = 1): Float32Array {
    const values = new Float32Array(count);
    for (let i = 0; i < count; i += 1) values[i] = mean + deviation * this.normal();
    return values;
  }

  /** Where the stream stands. */
  get state(): RandomState {
    return [this.#a >>> 0, this.#b >>> 0, this.#c >>> 0, this.#counter >>> 0, this.#spare];
  }

  /** Goes on from a saved `state`. */
  restore([a, b, c, counter, spare]: RandomState): void {
    this.#a = a | 0;
    this.#b = b | 0;
    this.#c = c | 0;
    this.#counter = counter | 0;
    this.#spare = spare;
  }
}

/** Four 32-bit words that depend on every character (cyrb128, public domain). */
function hash128(text: string): [number, number, number, number] {
  let h1 = 1779033703;
  let h2 = 3144134277;
  let h3 = 1013904242;
  let h4 = 2773480762;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    h1 = h2 ^ Math.imul(h1 ^ unit, 597399067);
    h2 = h3 ^ Math.imul(h2 ^ unit, 2869860233);
    h3 = h4 ^ Math.imul(h3 ^ unit, 951274213);
    h4 = h1 ^ Math.imul(h4 ^ unit, 2716044179);
  }
  h1 = Math.imul(h3 ^ (h1 >>> 18), 597399067);
  h2 = Math.imul(h4 ^ (h2 >>> 22), 2869860233);
  h3 = Math.imul(h1 ^ (h3 >>> 17), 951274213);
  h4 = Math.imul(h2 ^ (h4 >>> 19), 2716044179);
  return [(h1 ^ h2 ^ h3 ^ h4) | 0, (h2 ^ h1) | 0, (h3 ^ h1) | 0, (h4 ^ h1) | 0];
}
