import { DataError } from "../../lib/errors.js";
import type { Batch } from "../../lib/contracts/batch.js";
import { Loader, type EpochRequest } from "../../lib/contracts/loader.js";
import type { Group, Kind, Sample } from "../../lib/contracts/samples.js";
import type { Random } from "../../lib/random.js";
import type { Composition } from "../compositions/composition.js";
import { collect, cut, sampleOrder } from "../samplers/plain.js";
import type { SampleReader } from "../sources/sample-reader.js";
import { oneAhead } from "./one-ahead.js";
import type { LoaderSettings } from "./options.js";

/** What all loaders do: epochs of batches from a reader, in training as the composition says, otherwise in order. */
export abstract class SampleLoader<K extends Kind, Item> extends Loader<K, Item> {
  override readonly kind: K;
  readonly #reader: SampleReader<K, Item>;
  readonly #settings: LoaderSettings<Item>;
  readonly #composition: Composition<Sample<K, Item>>;

  protected constructor(
    reader: SampleReader<K, Item>,
    settings: LoaderSettings<Item>,
    composition: Composition<Sample<K, Item>>,
  ) {
    super();
    const { length, who, form } = reader;
    if (length !== null && settings.dropLast && length < composition.wholeBatch) {
      throw new DataError(
        `${who}: dropLast leaves nothing of ${length} samples in batches of ${settings.batchSize}; make batchSize smaller`,
      );
    }
    this.kind = form.kind;
    this.#reader = reader;
    this.#settings = settings;
    this.#composition = composition;
  }

  override get batchesPerEpoch(): number | null {
    const { length } = this.#reader;
    return length === null ? null : this.#composition.count(length);
  }

  override get augmented(): boolean {
    return this.#settings.augment !== null;
  }

  override epoch(request: EpochRequest): AsyncIterable<Batch<K, Item>> {
    const { prefetch } = this.#settings;
    const batches = this.#batches(request);
    return (prefetch ?? !this.#reader.immediate) ? oneAhead(batches) : batches;
  }

  override async *items(): AsyncGenerator<Item, void, undefined> {
    for await (const sample of this.#reader.all()) yield* this.#reader.form.items(sample);
  }

  override groups(): Promise<readonly Group[]> {
    return Promise.resolve([]);
  }

  async *#batches({
    epoch,
    random: stream,
    training,
    skip = 0,
  }: EpochRequest): AsyncGenerator<Batch<K, Item>, void, undefined> {
    const random = stream.fork(`epoch ${epoch}`);
    const { form, length } = this.#reader;
    const { augment } = this.#settings;
    const chosen =
      length === null ? this.#streamed(random, training, skip) : this.#picked(length, random, training, skip);
    for await (const [position, samples] of chosen) {
      const { items, targets } = form.batch(samples);
      const noise = random.fork(`augment ${position}`);
      yield {
        kind: form.kind,
        items:
          augment === null || !training
            ? items
            : await Promise.all(items.map((item, row) => augment(item, noise.fork(row)))),
        targets,
        size: samples.length,
        position,
      };
    }
  }

  /** Batches with their places in the epoch; those before `skip` are not read. */
  async *#picked(length: number, random: Random, training: boolean, skip: number) {
    const batches = training
      ? await this.#composition.positions(length, random)
      : cut(sampleOrder(length, null), this.#settings.batchSize);
    let position = 0;
    for (const positions of batches) {
      if (training && this.#isDropped(positions.length)) continue;
      if (position >= skip) yield [position, await this.#reader.read(positions)] as const;
      position += 1;
    }
  }

  async *#streamed(random: Random, training: boolean, skip: number) {
    const samples = this.#reader.all();
    const batches = training ? this.#composition.stream(samples, random) : collect(samples, this.#settings.batchSize);
    let position = 0;
    for await (const batch of batches) {
      if (training && this.#isDropped(batch.length)) continue;
      if (position >= skip) yield [position, batch] as const;
      position += 1;
    }
  }

  #isDropped(size: number): boolean {
    return this.#settings.dropLast && size < this.#composition.wholeBatch;
  }
}
