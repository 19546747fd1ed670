import { isFittable, type Encoder, type Fittable } from "../lib/contracts/encoder.js";
import type { MaybeFittable } from "./forward-fitting.js";

/** Lets an encoder that sends items to others be fitted when, and only when, one of those can be: each sees the items sent its way. */
export function forwardFittingByWay<Item>(
  wrapper: MaybeFittable<Item>,
  encoders: readonly Encoder<Item>[],
  wayOf: (item: Item, position: number) => number,
): void {
  if (!encoders.some((encoder) => isFittable(encoder))) return;
  const fitted = (): boolean => encoders.every((encoder) => !isFittable(encoder) || encoder.fitted);
  const fit = async (items: AsyncIterable<Item>): Promise<void> => fitByWay(encoders, items, wayOf);
  Object.defineProperties(wrapper, { fitted: { get: fitted, enumerable: true }, fit: { value: fit } });
}

async function fitByWay<Item>(
  encoders: readonly Encoder<Item>[],
  items: AsyncIterable<Item>,
  wayOf: (item: Item, position: number) => number,
): Promise<void> {
  const lanes = encoders.map((encoder) => (isFittable(encoder) && !encoder.fitted ? new Lane<Item>() : null));
  const fitting = encoders.map((encoder, way) =>
    fitFrom(encoder as Encoder<Item> & Fittable<Item>, lanes[way] ?? null),
  );
  const reading = (async () => {
    let position = 0;
    let error: Error | null = null;
    try {
      for await (const item of items) {
        await lanes[wayOf(item, position)]?.put(item);
        position += 1;
        if (lanes.some((lane) => lane?.failed === true)) break;
      }
    } catch (cause) {
      error = cause instanceof Error ? cause : new Error(String(cause));
      throw cause;
    } finally {
      for (const lane of lanes) lane?.end(error);
    }
  })();
  const ends = await Promise.allSettled([reading, ...fitting]);
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

async function fitFrom<Item>(encoder: Fittable<Item>, lane: Lane<Item> | null): Promise<void> {
  if (lane === null) return;
  try {
    await encoder.fit(lane);
  } catch (cause) {
    lane.failed = true;
    throw cause;
  } finally {
    lane.leave();
  }
}

/** Hands items over one at a time: whoever puts one waits until it is taken, so that none pile up. */
class Lane<Item> implements AsyncIterableIterator<Item> {
  /** Whether the reader has failed. */
  failed = false;
  #offered: { readonly item: Item; readonly taken: () => void } | null = null;
  #awaited: { readonly take: (result: IteratorResult<Item>) => void; readonly fail: (cause: Error) => void } | null =
    null;
  #ended = false;
  #error: Error | null = null;
  #left = false;

  /** Waits until the item is taken; returns at once when nobody reads any more. */
  async put(item: Item): Promise<void> {
    if (this.#left) return;
    const awaited = this.#awaited;
    if (awaited !== null) {
      this.#awaited = null;
      awaited.take({ done: false, value: item });
      return;
    }
    await new Promise<void>((taken) => {
      this.#offered = { item, taken };
    });
  }

  /** There are no more items; with an error, the reader gets that. */
  end(error: Error | null): void {
    this.#ended = true;
    this.#error = error;
    if (error === null) this.#awaited?.take({ done: true, value: undefined });
    else this.#awaited?.fail(error);
    this.#awaited = null;
  }

  /** Nobody reads any more. */
  leave(): void {
    this.#left = true;
    this.#offered?.taken();
    this.#offered = null;
  }

  async next(): Promise<IteratorResult<Item>> {
    const offered = this.#offered;
    if (offered !== null) {
      this.#offered = null;
      offered.taken();
      return { done: false, value: offered.item };
    }
    if (this.#ended && this.#error !== null) throw this.#error;
    if (this.#ended || this.#left) return { done: true, value: undefined };
    return new Promise((take, fail) => {
      this.#awaited = { take, fail };
    });
  }

  async return(): Promise<IteratorResult<Item>> {
    this.leave();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
