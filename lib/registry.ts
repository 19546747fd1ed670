import { DuplicateNameError, UnknownNameError } from "./errors.js";

/**
 * A table of names to things, filled explicitly and passed as a value; refuses duplicates and lists what it knows when it is asked
 * for something it does not.
 */
export class Registry<T> {
  readonly #entries = new Map<string, T>();

  constructor(readonly what: string) {}

  /** @throws DuplicateNameError when the name is taken by another thing. */
  add(name: string, entry: T): this {
    const present = this.#entries.get(name);
    if (present !== undefined && present !== entry) throw new DuplicateNameError(this.what, name);
    this.#entries.set(name, entry);
    return this;
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /** @throws UnknownNameError listing the known names, with `advice` on what to do. */
  require(name: string, advice?: string): T {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw new UnknownNameError(this.what, name, this.names(), advice);
    return entry;
  }

  names(): readonly string[] {
    return [...this.#entries.keys()].sort();
  }

  /** A registry with the same entries that can grow without touching this one. */
  copy(): Registry<T> {
    const copy = new Registry<T>(this.what);
    for (const [name, entry] of this.#entries) copy.add(name, entry);
    return copy;
  }
}
