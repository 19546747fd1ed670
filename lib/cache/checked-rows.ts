import { requireRows } from "../contracts/embedded-rows.js";
import type { FrozenEncoder } from "../contracts/encoder.js";
import { partFailure, partNamed } from "../contracts/part-failure.js";
import { DataError } from "../errors.js";
import { show } from "../show.js";

/**
 * What a frozen encoder gives for items, checked: `[items.length * embeddingSize]` finite numbers.
 *
 * @param positions where each item stands in the list the error should speak of; default: in `items`.
 * @param given what the encoder gave, when it was asked elsewhere.
 * @throws UsageError for anything but a Float32Array, ShapeError for another number of values, DataError naming the first item whose
 * vector is not finite, or saying which items the encoder was given that refused one.
 */
export async function checkedRows<Item>(
  name: string,
  encoder: FrozenEncoder<Item>,
  items: readonly Item[],
  positions?: readonly number[],
  given?: Promise<Float32Array>,
): Promise<Float32Array> {
  const role = `encoder "${name}"`;
  const who = partNamed(role, encoder);
  const here = async (): Promise<Float32Array> => encoder.embed(items);
  const vectors = await (given ??
    here().catch((error: unknown) => {
      throw counted(partFailure(role, encoder, error), who, positions);
    }));
  const size = encoder.embeddingSize;
  requireRows(who, vectors, items.length, size);
  if (!allFinite(vectors)) {
    const place = vectors.findIndex((value) => !Number.isFinite(value));
    const row = Math.floor(place / size);
    throw new DataError(
      `${who}: the vector of item ${positions?.[row] ?? row} (${show(items[row])}) holds ${vectors[place]}; check the item and the encoder`,
    );
  }
  return vectors;
}

/** An encoder counts the items that it is given; which of all they are is known here. */
function counted(error: unknown, who: string, positions: readonly number[] | undefined): unknown {
  if (!(error instanceof DataError) || error.file !== undefined || positions === undefined) return error;
  const which = `${who}, given items ${positions[0] ?? 0} to ${positions.at(-1) ?? 0}`;
  return new DataError(`${which}, counted from 0: ${error.message}`, undefined, undefined, { cause: error });
}

/**
 * One pass without branches and with sums that do not wait for each other, because it is paid for every number of every vector. A sum of 32-bit
 * numbers is finite in 64 bits unless one of them is not.
 */
function allFinite(values: Float32Array): boolean {
  const { length } = values;
  const whole = length - (length % 8);
  let [a, b, c, d, e, f, g, h] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let i = 0; i < whole; i += 8) {
    a += values[i] as number;
    b += values[i + 1] as number;
    c += values[i + 2] as number;
    d += values[i + 3] as number;
    e += values[i + 4] as number;
    f += values[i + 5] as number;
    g += values[i + 6] as number;
    h += values[i + 7] as number;
  }
  for (let i = whole; i < length; i += 1) a += values[i] as number;
  return Number.isFinite(a + b + c + d + e + f + g + h);
}
