import { isFittable, type Encoder, type Fittable } from "../lib/contracts/encoder.js";

/** Members that an encoder round a fittable encoder has, and one round another has not. */
export type MaybeFittable<Item> = Partial<Fittable<Item>>;

/**
 * Lets an encoder that wraps another be fitted when, and only when, the other one can be: whether an encoder is fittable is told by its
 * members, so these are added to the wrapper itself.
 */
export function forwardFitting<Outer, Inner>(
  wrapper: MaybeFittable<Outer>,
  encoder: Encoder<Inner>,
  toInner: (item: Outer, position: number) => Inner,
): void {
  if (!isFittable(encoder)) return;
  const fit = async (items: AsyncIterable<Outer>): Promise<void> => encoder.fit(eachAsInner(items, toInner));
  Object.defineProperties(wrapper, { fitted: { get: () => encoder.fitted, enumerable: true }, fit: { value: fit } });
}

async function* eachAsInner<Outer, Inner>(
  items: AsyncIterable<Outer>,
  toInner: (item: Outer, position: number) => Inner,
): AsyncGenerator<Inner> {
  let position = 0;
  for await (const item of items) yield toInner(item, position++);
}
