import { ShapeError } from "../errors.js";
import type { HostMatrix, HostTensor } from "../tensor/host.js";
import { ItemSlots } from "./item-slots.js";
import { RecentEdits } from "./recent-edits.js";

/** Everything a ring buffer holds; the rows are those filled, in the order of their slots. */
export interface RingBufferState {
  /** `[filled, size]` */
  readonly embeddings: Float32Array;
  /** `[filled]` */
  readonly groups: Int32Array;
  /** `[filled, 2]`, the two halves of which item each row is; zeros where that is not known. */
  readonly items: Int32Array;
  /** Slot of the next row. */
  readonly pointer: number;
  readonly filled: number;
}

/** What a step sees of a memory. */
export type MemoryTensors = Readonly<Record<"embeddings" | "groups" | "valid", HostTensor>>;

/** The newest rows of past batches with their groups, on the host; the oldest make room for the next. */
export class RingBuffer {
  readonly #embeddings: Float32Array;
  readonly #groups: Int32Array;
  readonly #items: ItemSlots;
  readonly #valid: Float32Array;
  readonly #tensors: MemoryTensors;
  /** Of the embeddings. */
  readonly #edits = new RecentEdits();
  #pointer = 0;
  #filled = 0;

  /** @param size width of the embeddings. */
  constructor(
    readonly capacity: number,
    readonly size: number,
  ) {
    this.#embeddings = new Float32Array(capacity * size);
    this.#groups = new Int32Array(capacity);
    this.#items = new ItemSlots(capacity);
    this.#valid = new Float32Array(capacity);
    this.#tensors = Object.freeze({
      embeddings: { data: this.#embeddings, shape: [capacity, size], edits: this.#edits },
      groups: { data: this.#groups, shape: [capacity] },
      valid: { data: this.#valid, shape: [capacity] },
    });
  }

  /** Rows that hold something. */
  get filled(): number {
    return this.#filled;
  }

  /**
   * Remembers the rows of a batch. Of a batch larger than the buffer the newest rows stay.
   *
   * @param items which item each row is, see `tensors`; without them that is not known.
   * @returns how many rows of the batch found no place, 0 unless it is larger than the buffer.
   * @throws ShapeError when the rows have another width, or there is not one group (and item) a row.
   */
  push({ data, rows, size }: HostMatrix, groups: Int32Array, items: Float64Array = new Float64Array(rows)): number {
    if (size !== this.size && rows > 0)
      throw new ShapeError("RingBuffer.push", `embeddings [rows, ${this.size}]`, [rows, size]);
    if (data.length !== rows * size)
      throw new ShapeError("RingBuffer.push", `${rows} x ${size} numbers`, [data.length]);
    if (groups.length !== rows) throw new ShapeError("RingBuffer.push", `${rows} groups, one a row`, [groups.length]);
    if (items.length !== rows) throw new ShapeError("RingBuffer.push", `${rows} items, one a row`, [items.length]);
    const dropped = Math.max(0, rows - this.capacity);
    const kept = rows - dropped;
    const tail = Math.min(kept, this.capacity - this.#pointer);
    // A batch that wraps leaves its first rows at the start of the buffer; all its rows are equally old.
    this.#write(this.#pointer, { data, size }, groups, items, rows - tail, tail);
    this.#write(0, { data, size }, groups, items, dropped, kept - tail);
    this.#pointer = (this.#pointer + kept) % this.capacity;
    this.#filled = Math.min(this.capacity, this.#filled + rows);
    return dropped;
  }

  #write(
    slot: number,
    { data, size }: Pick<HostMatrix, "data" | "size">,
    groups: Int32Array,
    items: Float64Array,
    row: number,
    count: number,
  ): void {
    this.#embeddings.set(data.subarray(row * size, (row + count) * size), slot * this.size);
    this.#edits.add(slot * this.size, (slot + count) * this.size);
    this.#groups.set(groups.subarray(row, row + count), slot);
    for (let i = 0; i < count; i += 1) this.#items.write(slot + i, items[row + i] as number);
    this.#valid.fill(1, slot, slot + count);
  }

  /**
   * `embeddings [capacity, size]`, `groups [capacity]`, `valid [capacity]` (1 where a row holds something): always the full size, so
   * that a step has one shape. Views, not copies: they change with the next `push` and the next call.
   *
   * @param batch the items of the current batch. Rows of these items are not valid: the batch has newer vectors of them, and an item
   *   is no neighbour of itself, least of all an easy positive.
   */
  tensors(batch: Float64Array | null = null): MemoryTensors {
    this.#valid.fill(1, 0, this.#filled);
    if (batch === null) return this.#tensors;
    this.#items.mark(batch, this.#valid, 0);
    return this.#tensors;
  }

  /** A copy of what is held. */
  get state(): RingBufferState {
    return {
      embeddings: this.#embeddings.slice(0, this.#filled * this.size),
      groups: this.#groups.slice(0, this.#filled),
      items: new Int32Array(this.#items.slice(this.#filled).buffer),
      pointer: this.#pointer,
      filled: this.#filled,
    };
  }

  /** Goes on from a `state`. @throws ShapeError when it is of a buffer of another size; nothing is changed then. */
  restore({ embeddings, groups, items, pointer, filled }: RingBufferState): void {
    const next = filled < this.capacity ? pointer === filled : pointer >= 0 && pointer < this.capacity;
    const fits =
      Number.isInteger(pointer) &&
      next &&
      filled >= 0 &&
      filled <= this.capacity &&
      groups.length === filled &&
      items.length === filled * 2 &&
      embeddings.length === filled * this.size;
    if (!fits) {
      throw new ShapeError(
        "RingBuffer.restore",
        `a state of a buffer of ${this.capacity} rows of ${this.size} numbers`,
        [filled, filled === 0 ? embeddings.length : embeddings.length / filled],
      );
    }
    this.#embeddings.fill(0).set(embeddings);
    this.#edits.add(0, this.#embeddings.length);
    this.#groups.fill(0).set(groups);
    this.#items.restore(new Float64Array(items.slice().buffer), filled < this.capacity ? 0 : pointer);
    this.#valid.fill(0).fill(1, 0, filled);
    this.#pointer = pointer;
    this.#filled = filled;
  }
}
