import { createHash } from "node:crypto";
import type { PlaceBlock } from "../../lib/contracts/loader.js";
import type { Kind, Sample } from "../../lib/contracts/samples.js";
import { contentText } from "../../lib/content.js";
import { DataError, UsageError } from "../../lib/errors.js";
import type { Key } from "../samplers/distinct.js";
import { fileStamp } from "../parsers/file-stamp.js";
import { KeyNumbers } from "./key-numbers.js";
import { PackedSamples } from "./packed-samples.js";
import type { SampleReader } from "./sample-reader.js";

/** Items given at a time. */
const BLOCK = 256;

/** What is known of a stream that need not be read again. */
export interface RememberedOptions<Item> {
  /** True when the user says that it gives the same each time it is opened; else that is found out by reading it twice. */
  readonly repeats: boolean;
  /** Items that are remembered at most. */
  readonly maxItems: number;
  /** What items must not share within a batch; null when they may. */
  readonly key: ((item: Item) => Key) | null;
}

/** Remembered samples: without their items, and what tells these apart. */
interface Remembered<K extends Kind> {
  readonly samples: PackedSamples<K>;
  readonly keys: KeyNumbers;
  /** Of the file that was read; null when it was none. */
  readonly stamp: string | null;
}

/**
 * The samples of a stream with a whole number in place of each item, remembered when it is gone through. They are given again only while
 * the stream is known to give the same: because the user says so, or because a file gave the same twice; and while no file was changed.
 */
export class RememberedStream<K extends Kind, Item> {
  readonly #reader: SampleReader<K, Item>;
  readonly #options: RememberedOptions<Item>;
  #remembered: Remembered<K> | null = null;
  #reason = "they were not gone through to the end";

  constructor(reader: SampleReader<K, Item>, options: RememberedOptions<Item>) {
    this.#reader = reader;
    this.#options = options;
  }

  /** Reads everything, and remembers it when it may be given again. */
  async *blocks(): AsyncGenerator<PlaceBlock<Item>, void, undefined> {
    const { repeats, maxItems, key } = this.#options;
    const { form, file } = this.#reader;
    const stamp = await this.#stamp();
    const samples = new PackedSamples(form);
    const keys = new KeyNumbers();
    const content = new Content<K, Item>(form, !repeats);
    let count = 0;
    let block: { places: number[]; items: Item[] } = { places: [], items: [] };
    const given = (): PlaceBlock<Item> => (count > maxItems ? { ...block, places: null } : block);
    for await (const sample of this.#reader.all()) {
      const items = form.items<Item>(sample);
      for (const item of items) {
        block.items.push(item);
        block.places.push(count);
        count += 1;
        if (key !== null && count <= maxItems) keys.add(key(item));
      }
      if (count <= maxItems) {
        samples.add(sample);
        content.add(sample);
      }
      if (block.items.length < BLOCK) continue;
      yield given();
      block = { places: [], items: [] };
    }
    if (block.items.length > 0) yield given();
    if (count > maxItems) {
      this.#forget(
        `they are more than ${maxItems} items, which is what maxStreamItems of CacheConfig allows to remember`,
      );
      return;
    }
    if (file !== null && (stamp === null || stamp !== (await this.#stamp()))) {
      this.#forget(`${file} was changed while it was read`);
      return;
    }
    const problem = repeats ? null : await content.problemOf(this.#reader.all());
    if (problem !== null) {
      this.#forget(problem);
      return;
    }
    samples.finish();
    keys.finish();
    this.#remembered = { samples, keys, stamp };
  }

  /** Null when what is remembered is what the stream would give; else why it is not. */
  async problem(): Promise<string | null> {
    const { file } = this.#reader;
    if (this.#remembered === null) return this.#reason;
    if (this.#remembered.stamp !== (await this.#stamp())) this.#forget(`${file ?? ""} was changed`);
    return this.#remembered === null ? this.#reason : null;
  }

  /** The remembered samples, in the order of the stream. */
  async *samples(): AsyncGenerator<Sample<K, number>, void, undefined> {
    yield* (await Promise.resolve(this.#known())).samples;
  }

  /** What tells the item at a place apart. */
  readonly keyAt = (place: number): Key => this.#known().keys.at(place);

  /**
   * The items at some places, read again from the beginning.
   * @throws DataError when the file was changed since.
   */
  async read(places: readonly number[]): Promise<readonly Item[]> {
    const { form, file, who } = this.#reader;
    const wanted = new Set(places);
    const found = new Map<number, Item>();
    let count = 0;
    for await (const sample of this.#reader.all()) {
      for (const item of form.items<Item>(sample)) {
        if (wanted.has(count)) found.set(count, item);
        count += 1;
      }
      if (found.size === wanted.size) break;
    }
    const { stamp } = this.#known();
    if (found.size < wanted.size || (stamp !== null && stamp !== (await this.#stamp()))) {
      const why = `${who}: items that are to be read again are not what they were when the caches were filled`;
      throw new DataError(`${why}; do not change data while a run reads it`, file ?? undefined);
    }
    return places.map((place) => found.get(place) as Item);
  }

  #known(): Remembered<K> {
    if (this.#remembered !== null) return this.#remembered;
    throw new UsageError(`${this.#reader.who}: the samples of this stream are not remembered: ${this.#reason}`);
  }

  #stamp(): Promise<string | null> {
    const { file } = this.#reader;
    return file === null ? Promise.resolve(null) : fileStamp(file);
  }

  #forget(reason: string): void {
    this.#remembered = null;
    this.#reason = reason;
  }
}

/** A hash of everything that samples say, to compare two readings. */
class Content<K extends Kind, Item> {
  readonly #form: SampleReader<K, Item>["form"];
  readonly #hash = createHash("sha256");
  #unreadable: string | null = null;

  /** @param asked false when nobody will compare. */
  constructor(form: SampleReader<K, Item>["form"], asked: boolean) {
    this.#form = form;
    if (!asked) this.#unreadable = "";
  }

  add(sample: Sample<K, Item>): void {
    if (this.#unreadable !== null) return;
    try {
      const said = this.#form.replace(sample, (item: Item) => item);
      this.#hash.update(`${contentText(said, (what) => new Unreadable(what))}\n`);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.#unreadable = error.message;
    }
  }

  /** Null when these samples say the same. */
  async problemOf(samples: AsyncIterable<Sample<K, Item>>): Promise<string | null> {
    const again = new Content<K, Item>(this.#form, true);
    if (this.#unreadable === null) for await (const sample of samples) again.add(sample);
    const unreadable = this.#unreadable ?? again.#unreadable;
    if (unreadable !== null) {
      return `two readings cannot be compared, because an item holds ${unreadable}; say repeats: true when the stream always gives the same`;
    }
    return this.#hash.digest("hex") === again.#hash.digest("hex")
      ? null
      : "a second reading gave other samples than the first";
  }
}

class Unreadable extends Error {}
