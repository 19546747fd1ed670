import type { EncodeOptions } from "../model/encode-options.js";
import type { SimilarityModel } from "../model/similarity-model.js";
import type { HostMatrix } from "../tensor/host.js";
import { findNearest, type Nearest } from "../tensor/nearest-top.js";
import type { CollectionJudge } from "./collection.js";
import { mergeNearest } from "./merge-nearest.js";

/** The nearest documents of every query among those seen so far, without those that it ignores. */
export class CorpusSearch<Item> {
  readonly #model: SimilarityModel<Item>;
  readonly #judge: CollectionJudge<Item>;
  readonly #queries: HostMatrix;
  readonly #depth: number;
  #best: Nearest = { count: 0, rows: new Int32Array(), distances: new Float32Array() };

  constructor(model: SimilarityModel<Item>, judge: CollectionJudge<Item>, queries: HostMatrix, depth: number) {
    this.#model = model;
    this.#judge = judge;
    this.#queries = queries;
    this.#depth = depth;
  }

  /** Encodes and searches some documents, and keeps nothing of them but their ids. */
  async add(
    chunk: readonly (readonly [id: string, item: Item])[],
    options: Pick<EncodeOptions, "batchSize" | "prompt">,
  ): Promise<void> {
    const start = this.#judge.ids.length;
    for (const [id, item] of chunk) this.#judge.see(id, item);
    const items = chunk.map(([, item]) => item);
    const vectors = await this.#model.encode(items, options);
    const ignored = this.#judge.mostIgnored(start);
    const found = await findNearest(this.#model.distance, this.#queries, vectors, this.#depth + ignored);
    const placed = { ...found, rows: found.rows.map((row) => row + start) };
    const open = ignored === 0 ? placed : this.#withoutIgnored(placed);
    this.#best = mergeNearest(this.#best, open, this.#queries.rows, this.#depth);
  }

  /** Ids of the nearest documents of each query, nearest first. */
  rankings(): ReadonlyMap<string, readonly string[]> {
    const { count, rows } = this.#best;
    return new Map(
      this.#judge.names.map((name, query) => {
        const own = rows.subarray(query * count, (query + 1) * count).filter((row) => row >= 0);
        return [name, Array.from(own, (row) => this.#judge.ids[row]!)];
      }),
    );
  }

  /** Others move up; what is missing at the end is row -1, infinitely far. */
  #withoutIgnored({ count, rows, distances }: Nearest): Nearest {
    const open: Nearest = {
      count,
      rows: new Int32Array(rows.length).fill(-1),
      distances: new Float32Array(rows.length).fill(Infinity),
    };
    this.#judge.names.forEach((name, query) => {
      let to = query * count;
      for (let at = query * count; at < (query + 1) * count; at += 1) {
        if (this.#judge.ignores(name, rows[at]!)) continue;
        open.rows[to] = rows[at]!;
        open.distances[to] = distances[at]!;
        to += 1;
      }
    });
    return open;
  }
}
