/** Mean and standard deviation of numbers that come one by one (Welford, Technometrics 1962). */
export class Moments {
  #count = 0;
  #mean = 0;
  #squares = 0;

  add(value: number): void {
    this.#count += 1;
    const before = value - this.#mean;
    this.#mean += before / this.#count;
    this.#squares += before * (value - this.#mean);
  }

  /** 0 when there were no numbers. */
  get mean(): number {
    return this.#mean;
  }

  /** 1 when all numbers are the same, so that one can divide by it. */
  get deviation(): number {
    const deviation = this.#count === 0 ? 0 : Math.sqrt(this.#squares / this.#count);
    return deviation > 1e-12 * Math.abs(this.#mean) ? deviation : 1;
  }
}
