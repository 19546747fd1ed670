import { DataError, ShapeError, UsageError } from "../lib/errors.js";
import { show } from "../lib/show.js";
import { hostTensor, type HostTensors } from "../lib/tensor/host.js";
import { NgramFeatures } from "./ngram-features.js";
import type { NgramSettings } from "./ngram-options.js";

/** 1 + ln k for the counts that occur. */
const DAMPED = Float64Array.from({ length: 64 }, (_, count) => (count === 0 ? 0 : 1 + Math.log(count)));

/** Texts are counted in 32 bits; then the count starts anew. */
const LAST_TEXT = 2 ** 31 - 1;

/**
 * The n-grams of a text, hashed into buckets and weighed by frequency and, once fitted, inverse document frequency. With `signed`
 * half of the features count negatively, so that features that share a bucket cancel on average (Weinberger et al., "Feature Hashing
 * for Large Scale Multitask Learning", ICML 2009).
 */
export class NgramWeights {
  /** Distinct buckets of the text weighed last, in order of appearance, with their weights; valid up to what `weigh` returned. */
  buckets = new Int32Array(256);
  values = new Float32Array(256);
  readonly #who: string;
  readonly #settings: NgramSettings;
  readonly #count: number;
  readonly #signed: boolean;
  readonly #features: NgramFeatures;
  readonly #sums: Float64Array;
  /** The text in which each bucket was met last. */
  readonly #met: Int32Array;
  #text = 0;
  #idf: Float32Array | null = null;

  constructor(who: string, settings: NgramSettings, count: number, signed: boolean) {
    this.#who = who;
    this.#settings = settings;
    this.#count = count;
    this.#signed = signed;
    this.#features = new NgramFeatures(settings);
    this.#sums = new Float64Array(count);
    this.#met = new Int32Array(count);
  }

  get fitted(): boolean {
    return !this.#settings.idf || this.#idf !== null;
  }

  /** What fitting has learned, to be saved. */
  get tensors(): HostTensors {
    return this.#idf === null ? {} : { idf: hostTensor(this.#idf, [this.#count]) };
  }

  /** Takes back what was saved; nothing when it had not been fitted. */
  restore(saved: HostTensors): void {
    const expected = this.#settings.idf ? `at most one tensor, "idf" [${this.#count}]` : "no tensors, for idf is off";
    for (const [name, { data, shape }] of Object.entries(saved)) {
      if (
        !this.#settings.idf ||
        name !== "idf" ||
        !(data instanceof Float32Array) ||
        shape.join() !== `${this.#count}`
      ) {
        throw new ShapeError(`${this.#who}: saved weights, "${name}"`, expected, shape);
      }
      this.#idf = data;
    }
  }

  /** Learns document frequencies from texts. */
  async fit(texts: AsyncIterable<string>): Promise<void> {
    const counter = this.counter();
    for await (const text of texts) counter.add(text);
    counter.finish();
  }

  fitNow(texts: Iterable<string>): void {
    const counter = this.counter();
    for (const text of texts) counter.add(text);
    counter.finish();
  }

  /** @throws UsageError when document frequencies are needed and not known. */
  requireFitted(): void {
    if (this.fitted) return;
    throw new UsageError(
      `${this.#who} is not fitted: it does not know how frequent each n-gram is. A Trainer fits it on the train items; otherwise ` +
        `use ${this.#who}.fit(texts), await encoder.fit(items), or set idf: false`,
    );
  }

  /** Fills `buckets` and `values`; returns how many there are. @throws DataError naming the position of what is not a string. */
  weigh(text: string, position: number): number {
    if (typeof text !== "string") {
      throw new DataError(`${this.#who}: item ${position}: expected a text, got ${show(text)}`);
    }
    const found = this.#sum(text);
    const idf = this.#idf;
    const { sublinear } = this.#settings;
    for (let i = 0; i < found; i += 1) {
      const bucket = this.buckets[i]!;
      const sum = this.#sums[bucket]!;
      const times = Math.abs(sum);
      const damped = sublinear ? (times < DAMPED.length ? DAMPED[times]! : 1 + Math.log(times)) : times;
      const weight = idf === null ? damped : damped * idf[bucket]!;
      this.values[i] = sum < 0 ? -weight : weight;
    }
    return found;
  }

  #sum(text: string): number {
    const count = this.#features.read(text);
    const { hashes } = this.#features;
    if (count > this.buckets.length) {
      this.buckets = new Int32Array(2 * count);
      this.values = new Float32Array(2 * count);
    }
    const met = this.#met;
    const sums = this.#sums;
    const scale = this.#count / 2 ** 32;
    const negative = this.#signed ? 1 : 0;
    if (this.#text === LAST_TEXT) {
      met.fill(0);
      this.#text = 0;
    }
    this.#text += 1;
    let found = 0;
    for (let i = 0; i < count; i += 1) {
      const hash = hashes[i]!;
      const bucket = (hash * scale) | 0; // high bits choose the bucket, the lowest the sign
      if (met[bucket] !== this.#text) {
        met[bucket] = this.#text;
        sums[bucket] = 0;
        this.buckets[found++] = bucket;
      }
      sums[bucket]! += 1 - 2 * (hash & negative);
    }
    return found;
  }

  /** Starts to learn document frequencies from texts that are given one by one. */
  counter(): { add(text: string): void; finish(): void } {
    const documents = new Float64Array(this.#count);
    let texts = 0;
    return {
      add: (text) => {
        const found = this.weigh(text, texts);
        for (let i = 0; i < found; i += 1) documents[this.buckets[i]!]! += 1;
        texts += 1;
      },
      finish: () => {
        if (texts === 0) throw new DataError(`${this.#who}: there are no texts to fit on`);
        if (this.#settings.idf) {
          this.#idf = Float32Array.from(documents, (count) => Math.log((1 + texts) / (1 + count)) + 1);
        }
      },
    };
  }
}
