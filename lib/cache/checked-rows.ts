import type { FrozenEncoder } from "../contracts/encoder.js";
import { DataError, ShapeError } from "../errors.js";

/**
 * What a frozen encoder gives for items, checked: `[items.length * embeddingSize]` finite numbers.
 *
 * @param positions where each item stands in the list the error should speak of; default: in `items`.
 * @throws ShapeError for another number of values, DataError naming the first item whose vector is not finite.
 */
export async function checkedRows<Item>(
  name: string,
  encoder: FrozenEncoder<Item>,
  items: readonly Item[],
  positions?: readonly number[],
): Promise<Float32Array> {
  const vectors = await encoder.embed(items);
  const size = encoder.embeddingSize;
  const who = `encoder "${name}" (${encoder.type})`;
  if (vectors.length !== items.length * size) {
    throw new ShapeError(who, `${items.length} rows of ${size} numbers`, [vectors.length]);
  }
  if (!allFinite(vectors)) {
    const place = vectors.findIndex((value) => !Number.isFinite(value));
    const row = Math.floor(place / size);
    throw new DataError(
      `${who}: the vector of item ${positions?.[row] ?? row} (${excerpt(items[row])}) holds ${vectors[place]}; check the item and the encoder`,
    );
  }
  return vectors;
}

/** One pass without branches, because it is paid for every number of every vector. */
function allFinite(values: Float32Array): boolean {
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] as number;
    sum += value - value;
  }
  return sum === 0;
}

function excerpt(item: unknown): string {
  let text: string;
  try {
    text = JSON.stringify(item) ?? String(item);
  } catch {
    text = String(item);
  }
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
