import { DataError } from "../../lib/errors.js";
import type { Batch } from "../../lib/contracts/batch.js";
import { Loader, type EpochRequest, type ItemPlaces, type PlaceOptions } from "../../lib/contracts/loader.js";
import type { Group, Kind, Sample } from "../../lib/contracts/samples.js";
import type { Composition } from "../compositions/composition.js";
import { collect, cut, sampleOrder, type Positions } from "../samplers/plain.js";
import type { Key } from "../samplers/distinct.js";
import { PlacedSamples } from "../sources/placed-samples.js";
import { RememberedStream } from "../sources/remembered-stream.js";
import type { SampleReader } from "../sources/sample-reader.js";
import { oneAhead } from "./one-ahead.js";
import type { LoaderSettings } from "./options.js";

/** What is asked of an epoch, with its own random numbers. */
interface Asked extends Pick<EpochRequest, "random" | "training"> {
  readonly skip: number;
}

/** What all loaders do: epochs of batches from a reader, in training as the composition says, otherwise in order. */
export abstract class SampleLoader<K extends Kind, Item> extends Loader<K, Item> {
  override readonly kind: K;
  readonly #reader: SampleReader<K, Item>;
  readonly #settings: LoaderSettings<Item>;
  readonly #composition: Composition<K, Item>;

  protected constructor(
    reader: SampleReader<K, Item>,
    settings: LoaderSettings<Item>,
    composition: Composition<K, Item>,
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

  /**
   * Null for items that are augmented, for loaders whose class makes its own batches or items, and for streams that may give other samples
   * each time (see `repeats`).
   */
  override places({ maxStreamItems = Infinity }: PlaceOptions = {}): ItemPlaces<K, Item> | null {
    const { length, form } = this.#reader;
    const own = SampleLoader.prototype;
    if (this.augmented || this.epoch !== own.epoch || this.items !== own.items) return null;
    if (length === null) return this.#streamPlaces(maxStreamItems);
    let opened: PlacedSamples<K, Item> | null = null;
    const placed = () => (opened ??= new PlacedSamples(this.#reader)); // asked for the count alone, it takes no room
    return {
      itemCount: form.itemsPerSample === null ? null : form.itemsPerSample * length,
      epoch: (request) => this.#placed(request, placed()),
      blocks: () => placed().blocks(),
      read: (places) => placed().items(places),
    };
  }

  #streamPlaces(maxItems: number): ItemPlaces<K, Item> | null {
    const { repeats } = this.#settings;
    if (repeats === false || (repeats === null && this.#reader.file === null)) return null;
    const { key } = this.#composition;
    const remembered = new RememberedStream(this.#reader, { repeats: repeats ?? false, maxItems, key });
    return {
      itemCount: null,
      epoch: (request) => this.#replayed(request, remembered),
      blocks: () => remembered.blocks(),
      read: (places) => remembered.read(places),
      problem: () => remembered.problem(),
    };
  }

  async *#replayed(
    { epoch, random: stream, training, skip = 0 }: EpochRequest,
    remembered: RememberedStream<K, Item>,
  ): AsyncGenerator<Batch<K, number>, void, undefined> {
    const { form } = this.#reader;
    const asked = { random: stream.fork(`epoch ${epoch}`), training, skip };
    for await (const [position, samples] of this.#streamed(remembered.samples(), remembered.keyAt, asked)) {
      yield { kind: form.kind, ...form.batch(samples), size: samples.length, position };
    }
  }

  async *#placed(
    { epoch, random: stream, training, skip = 0 }: EpochRequest,
    placed: PlacedSamples<K, Item>,
  ): AsyncGenerator<Batch<K, number>, void, undefined> {
    const { form, length } = this.#reader;
    const read = (positions: Positions) => placed.read(positions);
    const random = stream.fork(`epoch ${epoch}`);
    for await (const [position, samples] of this.#picked(length ?? 0, { random, training, skip }, read)) {
      yield { kind: form.kind, ...form.batch(samples), size: samples.length, position };
    }
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
      length === null
        ? this.#streamed(this.#reader.all(), this.#composition.key ?? noKey, { random, training, skip })
        : this.#picked(length, { random, training, skip }, (positions) => this.#reader.read(positions));
    for await (const [position, samples] of chosen) {
      const { items, targets } = form.batch(samples);
      const noise = random.fork(`augment ${position}`);
      yield {
        kind: form.kind,
        items:
          augment === null || !training
            ? items
            : await Promise.all(items.map((item, row) => augment(item, noise.fork(row), { epoch, batch: position }))),
        targets,
        size: samples.length,
        position,
      };
    }
  }

  /** Batches with their places in the epoch; those before `skip` are not read. */
  async *#picked<Read>(
    length: number,
    { random, training, skip }: Asked,
    read: (positions: Positions) => Promise<Read>,
  ) {
    const batches = training
      ? await this.#composition.positions(length, random)
      : cut(sampleOrder(length, null), this.#settings.batchSize);
    let position = 0;
    for (const positions of batches) {
      if (training && this.#isDropped(positions.length)) continue;
      if (position >= skip) yield [position, await read(positions)] as const;
      position += 1;
    }
  }

  async *#streamed<Of>(
    samples: AsyncIterable<Sample<K, Of>>,
    key: (item: Of) => Key,
    { random, training, skip }: Asked,
  ) {
    const batches = training
      ? this.#composition.stream(samples, random, key)
      : collect(samples, this.#settings.batchSize);
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

/** Where items may share everything. */
const noKey = (): Key => 0;
