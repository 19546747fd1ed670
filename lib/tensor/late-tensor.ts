import type { HostTensor } from "./host.js";

/** Where the numbers of a late tensor come from. */
export interface LateNumbers {
  /** Writes all of them. */
  readonly copyTo: (target: Float32Array) => void;
  /** An array of so many numbers, whatever is in it. */
  readonly take: (length: number) => Float32Array;
}

/**
 * A float32 tensor whose numbers lie elsewhere until they are needed: whoever copies them anyway copies them from there, without an array
 * in between. An array is made when `data` is asked for.
 */
export class LateTensor implements HostTensor {
  readonly shape: readonly number[];
  readonly #from: LateNumbers;
  #data: Float32Array | null = null;
  #released = false;

  constructor(shape: readonly number[], from: LateNumbers) {
    this.shape = shape;
    this.#from = from;
  }

  get length(): number {
    return this.shape.reduce((product, length) => product * length, 1);
  }

  get data(): Float32Array {
    if (this.#data === null) {
      this.#data = this.#from.take(this.length);
      this.#from.copyTo(this.#data);
    }
    return this.#data;
  }

  /**
   * Ends it: nobody will look at it again. It lets go of the array, for a weak reference holds what it was made of to the end of the task.
   * @returns the array, if one was made.
   */
  release(): Float32Array | null {
    const data = this.#data;
    this.#released = true;
    this.#data = null;
    return data;
  }

  /** Makes the array if somebody may still look at it. */
  make(): void {
    if (!this.#released) void this.data;
  }

  copyTo(target: Float32Array): void {
    if (this.#data === null) this.#from.copyTo(target);
    else target.set(this.#data);
  }
}

/** Looked through for those that nobody has any more when there are so many. */
const MANY = 64;

/** Late tensors over the same memory, which have to be made before it changes. Those that nobody has any more are forgotten. */
export class LateTensors {
  #all: WeakRef<LateTensor>[] = [];
  #many = MANY;

  add(tensor: LateTensor): void {
    this.#all.push(new WeakRef(tensor));
    if (this.#all.length < this.#many) return;
    this.#all = this.#all.filter((held) => held.deref() !== undefined);
    this.#many = Math.max(MANY, 2 * this.#all.length);
  }

  /** Makes their arrays. */
  make(): void {
    const all = this.#all;
    this.#all = [];
    this.#many = MANY;
    for (const held of all) held.deref()?.make();
  }
}
