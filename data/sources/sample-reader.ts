import { DataError } from "../../lib/errors.js";
import type { Kind, Sample } from "../../lib/contracts/samples.js";
import type { Origin } from "../parsers/origins.js";
import { sampleProblem, type SampleForm } from "../samples/form.js";
import { openSource, type Samples, type SizedSource, type Source } from "./source.js";

/** Samples read together when all of a dataset are needed. */
const BLOCK = 256;

/** Reads samples of one kind and checks each as it comes. */
export class SampleReader<K extends Kind, Item> {
  readonly #source: Source<Sample<K, Item>>;
  readonly #alsoCheck: (sample: Sample<K, Item>, position: number) => string | null;

  constructor(
    readonly who: string,
    readonly form: SampleForm<K>,
    samples: Samples<Sample<K, Item>>,
    alsoCheck: (sample: Sample<K, Item>, position: number) => string | null = () => null,
  ) {
    this.#alsoCheck = alsoCheck;
    this.#source = openSource(who, samples);
    if (this.length === 0) throw this.nothing();
  }

  /** Null for a stream. */
  get length(): number | null {
    return this.#source.sized ? this.#source.length : null;
  }

  /** The file that a stream is read from; null when there is none. */
  get file(): string | null {
    return this.#source.sized ? null : this.#source.file;
  }

  /** True when samples are at hand without waiting. */
  get immediate(): boolean {
    return this.#source.sized && this.#source.now !== null;
  }

  /** All samples, checked, when they are at hand; null otherwise. */
  now(): readonly Sample<K, Item>[] | null {
    const source = this.#source;
    if (!source.sized || source.now === null) return null;
    source.now.forEach((sample, position) => {
      this.#check(sample, position, () => source.origin(position));
    });
    return source.now;
  }

  /** Those at some positions of a sized source. */
  async read(positions: ArrayLike<number>): Promise<readonly Sample<K, Item>[]> {
    const source = this.#source as SizedSource<Sample<K, Item>>;
    const samples = await source.read(positions);
    for (let i = 0; i < samples.length; i += 1) {
      const position = positions[i]!;
      this.#check(samples[i]!, position, () => source.origin(position));
    }
    return samples;
  }

  /** All, in their order. */
  async *all(): AsyncGenerator<Sample<K, Item>, void, undefined> {
    const source = this.#source;
    if (source.sized) {
      for (let start = 0; start < source.length; start += BLOCK) {
        const count = Math.min(BLOCK, source.length - start);
        yield* await this.read(Array.from({ length: count }, (_, place) => start + place));
      }
      return;
    }
    let position = 0;
    for await (const { sample, origin } of source.open()) {
      this.#check(sample, position, () => origin);
      position += 1;
      yield sample;
    }
    if (position === 0) throw this.nothing();
  }

  /** What to say when there is no sample at all. */
  nothing(): DataError {
    return new DataError(`${this.who}: there are no samples; expected at least one ${this.form.expected}`);
  }

  #check(sample: Sample<K, Item>, position: number, origin: () => Origin | null): void {
    const problem = sampleProblem(this.form as SampleForm<Kind>, sample) ?? this.#alsoCheck(sample, position);
    if (problem === null) return;
    const place = origin();
    throw new DataError(`${this.who}: sample ${position} ${problem}`, place?.file, place?.line);
  }
}
