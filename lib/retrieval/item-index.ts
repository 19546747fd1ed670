import { flag, refuse, unknownOptions, wholeNumber } from "../contracts/options.js";
import { savedDistance } from "../distances/index.js";
import { UsageError } from "../errors.js";
import type { EncodeOptions } from "../model/encode-options.js";
import { modelFingerprint } from "../model/fingerprint.js";
import type { SimilarityModel } from "../model/similarity-model.js";
import { ExactIndex, type SearchResult } from "./exact-index.js";

/** Options of `ItemIndex`. */
export interface ItemIndexOptions {
  /** Put before queries and before items that are texts. Default nothing. */
  readonly prompts?: { readonly query?: string; readonly item?: string };
  /** Items encoded at a time. Default 256. */
  readonly batchSize?: number;
}

/** Options of `ItemIndex.lookup`. */
export interface LookupOptions {
  /** Neighbours of each query. Default 10. */
  readonly k?: number;
  /** Give the vector of each neighbour too. Default false. */
  readonly vectors?: boolean;
}

/** A neighbour that was found, with its vector when that was asked for. */
export interface Lookup<Payload> extends SearchResult<Payload> {
  readonly vector: Float32Array | null;
}

/**
 * A model with an index of items: items go in, the nearest come out, each with what was kept with it, such as its label. Vectors are those
 * of the model, compared by its distance.
 */
export class ItemIndex<Item, Payload = undefined> {
  readonly model: SimilarityModel<Item>;
  readonly index: ExactIndex<Payload>;
  readonly #queries: EncodeOptions;
  readonly #items: EncodeOptions;

  /**
   * @param index an earlier one of the same model. Default a new one.
   * @throws ConfigError; UsageError for an index of another width or distance, or one that another model has made.
   */
  constructor(model: SimilarityModel<Item>, options: ItemIndexOptions = {}, index?: ExactIndex<Payload>) {
    const { prompts = {}, batchSize = 256 } = options;
    refuse("ItemIndex", [
      wholeNumber("batchSize", batchSize, 1),
      ...unknownOptions(options, ["prompts", "batchSize"]),
      ...unknownOptions(prompts, ["query", "item"]),
    ]);
    this.model = model;
    const fingerprint = modelFingerprint(model.content);
    const { embeddingSize: size } = model;
    this.index = index ?? new ExactIndex<Payload>({ size, distance: model.distance, model: fingerprint });
    const [own, given] = [model.distance, this.index.distance].map((distance) =>
      JSON.stringify(savedDistance(distance)),
    );
    if (this.index.size !== model.embeddingSize || own !== given) {
      throw new UsageError(
        `ItemIndex: the index holds ${this.index.size} numbers a vector by ${given}, and the model gives ${model.embeddingSize} by ${own}`,
      );
    }
    if (this.index.model !== null && this.index.model !== fingerprint) {
      throw new UsageError(
        "ItemIndex: the index was made by another model, or by this one before it was trained further, and vectors of two models do not " +
          `compare (made by ${this.index.model}, given ${fingerprint}); load the model that made it, or make the index again: ` +
          "new ItemIndex(model), then add(items)",
      );
    }
    this.#queries = { batchSize, prompt: prompts.query ?? "" };
    this.#items = { batchSize, prompt: prompts.item ?? "" };
  }

  /** Encodes items into the index, each with its payload. Returns their positions. */
  async add(
    ...[items, payloads]: undefined extends Payload
      ? [items: readonly Item[], payloads?: readonly Payload[]]
      : [items: readonly Item[], payloads: readonly Payload[]]
  ): Promise<number[]> {
    if (payloads !== undefined && payloads.length !== items.length) {
      throw new UsageError(`ItemIndex.add: ${items.length} items need as many payloads, got ${payloads.length}`);
    }
    const vectors = await this.model.encode(items, { ...this.#items, precision: "float32" });
    return this.index.add(vectors, payloads as readonly Payload[]);
  }

  /** The nearest items of each query, nearest first. */
  async lookup(queries: readonly Item[], options: LookupOptions = {}): Promise<Lookup<Payload>[][]> {
    const { k = 10, vectors = false } = options;
    refuse("ItemIndex.lookup", [
      wholeNumber("k", k, 1),
      flag("vectors", vectors),
      ...unknownOptions(options, ["k", "vectors"]),
    ]);
    const asked = await this.model.encode(queries, { ...this.#queries, precision: "float32" });
    // Of what is searched: vectors that are found may be removed meanwhile.
    const vectorAt = vectors ? this.index.vectorsNow() : () => null;
    const found = await this.index.search(asked, k);
    return found.map((list) => list.map((result) => ({ ...result, vector: vectorAt(result.position) })));
  }

  /** The nearest items of one query. */
  async lookupOne(query: Item, options: LookupOptions = {}): Promise<Lookup<Payload>[]> {
    return (await this.lookup([query], options))[0]!;
  }

  /** Whether two items are no farther apart than a threshold, such as `calibrate` finds. */
  async isMatch(one: Item, other: Item, threshold: number): Promise<boolean> {
    refuse("ItemIndex.isMatch", [Number.isFinite(threshold) ? null : "threshold: expected a number"]);
    const pair = new ExactIndex({ size: this.index.size, distance: this.index.distance });
    const { data, size } = await this.model.encode([one, other], { precision: "float32" });
    pair.add({ data: data.subarray(size), rows: 1, size });
    const [[found] = []] = await pair.search({ data: data.subarray(0, size), rows: 1, size }, 1);
    return found !== undefined && found.distance <= threshold;
  }

  /** Writes the index, not the model. @throws ConfigError for what is no path of a folder of its own; UsageError when the folder holds other things, or a payload is not JSON. */
  save(directory: string): Promise<void> {
    return this.index.save(directory);
  }

  /**
   * Reads an index that `save` has written, for the model that it was made with.
   * @throws FileFormatError for a damaged or foreign folder, UsageError for another model; older indexes do not know theirs.
   */
  static async load<Item, Payload = undefined>(
    directory: string,
    model: SimilarityModel<Item>,
    options: ItemIndexOptions = {},
  ): Promise<ItemIndex<Item, Payload>> {
    const saved = typeof savedDistance(model.distance) === "string" ? { distance: model.distance } : {};
    return new ItemIndex<Item, Payload>(model, options, await ExactIndex.load<Payload>(directory, saved));
  }
}
