import type { Distance } from "../contracts/distance.js";
import { refuse, requireOptions, unknownOptions, wholeNumber } from "../contracts/options.js";
import { requirePath } from "../contracts/path.js";
import { distanceNamed, savedDistance, type DistanceChoice } from "../distances/index.js";
import { useNativeProducts } from "../engine/onnx-products.js";
import { UsageError } from "../errors.js";
import { show } from "../show.js";
import { GrowingRows } from "../tensor/growing-rows.js";
import { prepareMatrix, type Candidates } from "../tensor/nearest-sides.js";
import { findNearest, type SearchChunks } from "../tensor/nearest-top.js";
import { readIndex, writeIndex } from "./index-folder.js";
import { CHUNKS, chunkProblems } from "./search-chunks.js";
import { toMatrix, type Vectors } from "./vectors.js";

/** Options of `ExactIndex`. */
export interface ExactIndexOptions {
  /** Width of the vectors. */
  readonly size: number;
  /** Default cosine. */
  readonly distance?: DistanceChoice;
  /** Names the model that makes the vectors; saved with them, so that `ItemIndex` can refuse another. Default: none is known. */
  readonly model?: string | null;
}

/** One neighbour that was found. */
export interface SearchResult<Payload> {
  /** From 1, nearest first. */
  readonly rank: number;
  /** What `add` gave the vector. */
  readonly position: number;
  readonly distance: number;
  readonly payload: Payload;
}

/**
 * Finds the nearest of many vectors by comparing with every one of them. Each vector has a position, counted from 0 in the order they
 * were added, that stays its own, and may carry a payload: anything that JSON can say.
 *
 * Searching goes block by block: its memory does not grow with queries × vectors, and other work of the process runs in between.
 * Vectors of equal distance come in the order they were added.
 */
export class ExactIndex<Payload = undefined> {
  readonly size: number;
  readonly distance: Distance;
  /** What names the model that makes the vectors; null where it is not known. */
  readonly model: string | null;
  #vectors: GrowingRows;
  /** What searches of the vectors as they are now have in common; null until one needs it. */
  #prepared: Candidates | null = null;
  /** Only ever grow at the end, or are replaced: rows that a search began with stay where they are. */
  #positions: number[] = [];
  #payloads: Payload[] = [];
  #next = 0;

  constructor(options: ExactIndexOptions) {
    requireOptions("ExactIndex", options, "options such as { size, distance }");
    const { size, distance = "cosine", model = null } = options;
    refuse("ExactIndex", [
      wholeNumber("size", size, 1),
      model === null || typeof model === "string" ? null : `model: expected a text, got ${show(model)}`,
      ...unknownOptions(options, ["size", "distance", "model"]),
    ]);
    this.size = size;
    this.model = model;
    this.distance = distanceNamed(distance);
    this.#vectors = new GrowingRows(size);
  }

  /** How many vectors there are. */
  get rows(): number {
    return this.#vectors.rows;
  }

  /**
   * Copies vectors into the index, each with its payload. Returns their positions.
   * @throws ShapeError, DataError for a vector that is not finite; then none is added.
   */
  add(
    ...[vectors, payloads]: undefined extends Payload
      ? [vectors: Vectors, payloads?: readonly Payload[]]
      : [vectors: Vectors, payloads: readonly Payload[]]
  ): number[] {
    const matrix = toMatrix("ExactIndex.add", vectors, this.size);
    if (payloads !== undefined && payloads.length !== matrix.rows) {
      throw new UsageError(`ExactIndex.add: ${matrix.rows} vectors need as many payloads, got ${payloads.length}`);
    }
    const added = Array.from({ length: matrix.rows }, (_, row) => this.#next + row);
    this.#vectors.append(matrix);
    this.#prepared = null;
    for (const [row, position] of added.entries()) {
      this.#positions.push(position);
      this.#payloads.push(payloads?.[row] as Payload);
    }
    this.#next += matrix.rows;
    return added;
  }

  /**
   * Takes vectors out. The positions of others do not change, and none is given again.
   * @throws UsageError for a position where nothing is; then none is removed.
   */
  remove(positions: readonly number[]): void {
    if (!Array.isArray(positions as unknown))
      throw new UsageError(`ExactIndex.remove: expected a list of positions, such as [0], got ${show(positions)}`);
    const gone = new Set(positions);
    const kept = Array.from(this.#positions.keys()).filter((row) => !gone.has(this.#positions[row]!));
    if (kept.length !== this.rows - gone.size) {
      const present = new Set(this.#positions);
      const absent = [...gone].filter((position) => !present.has(position));
      throw new UsageError(`ExactIndex.remove: there is no vector at position ${absent.join(", ")}`);
    }
    this.#vectors = this.#vectors.select(kept);
    this.#prepared = null;
    this.#payloads = kept.map((row) => this.#payloads[row]!);
    this.#positions = kept.map((row) => this.#positions[row]!);
  }

  /** A copy of the vector at a position. @throws UsageError where nothing is. */
  vectorAt(position: number): Float32Array {
    return this.vectorsNow()(position);
  }

  /** What `vectorAt` gives, of the vectors as they are now, whatever is added or removed later. */
  vectorsNow(): (position: number) => Float32Array {
    const { data, rows, size } = this.#vectors.matrix;
    const positions = this.#positions;
    return (position) => {
      const row = placeOf(position, positions, rows);
      if (row < 0) throw new UsageError(`ExactIndex.vectorAt: there is no vector at position ${position}`);
      return data.slice(row * size, (row + 1) * size);
    };
  }

  /**
   * For each query the `k` nearest vectors, nearest first; all of them when there are fewer.
   * @throws ConfigError, ShapeError, DataError for a query that is not finite.
   */
  async search(queries: Vectors, k = 10, chunks: SearchChunks = {}): Promise<SearchResult<Payload>[][]> {
    refuse("ExactIndex.search", [wholeNumber("k", k, 1), ...chunkProblems(chunks), ...unknownOptions(chunks, CHUNKS)]);
    const matrix = toMatrix("ExactIndex.search", queries, this.size);
    const positions = this.#positions;
    const payloads = this.#payloads;
    useNativeProducts();
    this.#prepared ??= prepareMatrix(this.distance, this.#vectors.matrix);
    const { count, rows, distances } = await findNearest(this.distance, matrix, this.#prepared, k, chunks);
    return Array.from({ length: matrix.rows }, (_, query) =>
      Array.from({ length: count }, (__, at) => {
        const row = rows[query * count + at]!;
        return {
          rank: at + 1,
          position: positions[row]!,
          distance: distances[query * count + at]!,
          payload: payloads[row]!,
        };
      }),
    );
  }

  /**
   * Writes the index as a folder, in one step: what was there before stays until the new one is complete.
   * @throws ConfigError for what is no path of a folder of its own; UsageError when the folder holds other things, or JSON does not
   * keep a payload as it is (a class such as Date or Map, NaN, undefined within it).
   */
  async save(directory: string): Promise<void> {
    await writeIndex(directory, {
      distance: savedDistance(this.distance),
      vectors: this.#vectors.matrix,
      positions: this.#positions,
      payloads: this.#payloads,
      next: this.#next,
      model: this.model,
    });
  }

  /**
   * Reads an index that `save` has written. A distance of your own that is not registered is given again.
   * @throws ConfigError for what is no path, FileFormatError when a file is missing, truncated, damaged or foreign.
   */
  static async load<Payload = undefined>(
    directory: string,
    { distance }: { readonly distance?: Distance } = {},
  ): Promise<ExactIndex<Payload>> {
    requirePath("ExactIndex.load", "directory", directory);
    const content = await readIndex(directory);
    const name = typeof content.distance === "string" ? content.distance : content.distance.name;
    if (distance !== undefined && distance.name !== name) {
      throw new UsageError(`${directory} was saved with the distance "${name}", not "${distance.name}"`);
    }
    const { vectors, positions, payloads, next, model } = content;
    const index = new ExactIndex<Payload>({
      size: vectors.size,
      // An unknown name is refused by the constructor.
      distance: distance ?? (content.distance as DistanceChoice),
      model,
    });
    index.#vectors.append(vectors);
    index.#positions = positions.slice();
    index.#payloads = payloads as Payload[];
    index.#next = next;
    return index;
  }
}

/** The place among the first `count` positions, which ascend; -1 where it is none of them. */
function placeOf(position: number, positions: readonly number[], count: number): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (positions[middle]! < position) low = middle + 1;
    else high = middle;
  }
  return low < count && positions[low] === position ? low : -1;
}
