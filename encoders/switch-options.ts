import { FrozenEncoder, TrainableEncoder, type Encoder } from "../lib/contracts/encoder.js";
import { refuse, requireOptions, savedOptions } from "../lib/contracts/options.js";
import type { PartFinder, SavedPart } from "../lib/contracts/part.js";
import { DataError } from "../lib/errors.js";
import type { JsonObject } from "../lib/json.js";
import { show } from "../lib/show.js";
import type { HostTensors } from "../lib/tensor/host.js";
import { prefixed, under } from "../lib/tensor/tree.js";

interface SavedSwitch {
  readonly field: string;
  readonly encoders: Readonly<Record<string, SavedPart>>;
}

/** Encoders by the name of their way, sorted. */
export type NamedEncoders<Item> = readonly (readonly [name: string, encoder: Encoder<Item>])[];

/** @throws ConfigError for encoders of different sizes, or names that cannot be used. */
export function checkedOptions<Item>(
  who: string,
  field: string,
  encoders: Readonly<Record<string, Encoder<Item>>>,
  trainableToo: boolean,
): NamedEncoders<Item> {
  requireOptions(who, encoders, "encoders under the names of ways");
  const named = Object.entries(encoders).sort(([a], [b]) => (a < b ? -1 : 1));
  const sizes = named.map(([name, encoder]) => `${name} ${encoder.embeddingSize}`).join(", ");
  refuse(who, [
    typeof field === "string" && field !== "" ? null : `field: expected the name of a field, got ${String(field)}`,
    named.length === 0 ? "encoders: expected at least one" : null,
    ...named.map(([name, encoder]) =>
      encoder instanceof FrozenEncoder || encoder instanceof TrainableEncoder
        ? null
        : `encoder "${name}": expected an encoder, got ${show(encoder)}`,
    ),
    ...named.map(([name]) =>
      name === "routes" || name.includes("/") ? `encoder "${name}": a name must not hold "/" or be "routes"` : null,
    ),
    ...named.map(([name, encoder]) =>
      encoder.trainable && !trainableToo
        ? `encoder "${name}": ${encoder.type} is trainable; use TrainableSwitchEncoder, or freeze it`
        : null,
    ),
    new Set(named.map(([, encoder]) => encoder.embeddingSize)).size > 1
      ? `encoders: expected one size for all, got ${sizes}`
      : null,
  ]);
  return named;
}

/** Position of each item's way in the names. @throws DataError naming an item whose way is not known. */
export function waysOf<Item>(
  items: readonly Item[],
  names: readonly string[],
  routeOf: (item: Item) => string,
): Int32Array {
  return Int32Array.from(items, (item, position) => wayOf(item, position, names, routeOf));
}

/** As `waysOf`, of one item. */
export function wayOf<Item>(
  item: Item,
  position: number,
  names: readonly string[],
  routeOf: (item: Item) => string,
): number {
  if (typeof item !== "object" || item === null)
    throw new DataError(`item ${position}: expected a record, got ${show(item)}`);
  const name = routeOf(item);
  const way = names.indexOf(name);
  if (way >= 0) return way;
  throw new DataError(
    `item ${position}, ${show(item)}: no encoder is called ${show(name)}; known: ${names.join(", ")}`,
  );
}

/** What a field of an item says, as text. */
export function fieldOf(item: object, field: string): string {
  return String((item as Readonly<Record<string, unknown>>)[field]);
}

export function savedSwitch<Item>(field: string, named: NamedEncoders<Item>): JsonObject {
  const encoders = named.map(([name, { type, config }]) => [name, { type, config }] as const);
  return { field, encoders: Object.fromEntries(encoders) };
}

/** @throws ConfigError when a key is missing or unknown. */
export function loadedSwitch(
  who: string,
  config: JsonObject,
  weights: HostTensors,
  parts: PartFinder,
): { readonly field: string; readonly encoders: Readonly<Record<string, Encoder<object>>> } {
  const { field, encoders } = savedOptions<SavedSwitch>(who, config, ["field", "encoders"]);
  const made = Object.entries(encoders).map(
    ([name, saved]) => [name, parts.make("encoder", saved, under(weights, name)) as Encoder<object>] as const,
  );
  return { field, encoders: Object.fromEntries(made) };
}

export function switchWeights<Item>(named: NamedEncoders<Item>): HostTensors {
  return Object.assign({}, ...named.map(([name, encoder]) => prefixed(name, encoder.weights))) as HostTensors;
}

/** Rows of a frozen encoder for the items sent its way, zeros for the others: `[items.length, embeddingSize]`. */
export async function embedOwn<Item>(
  [name, encoder]: readonly [string, FrozenEncoder<Item>],
  items: readonly Item[],
  own: readonly number[],
  into: Float32Array,
): Promise<void> {
  const size = encoder.embeddingSize;
  try {
    const vectors = await encoder.embed(own.map((i) => items[i] as Item));
    own.forEach((i, row) => into.set(vectors.subarray(row * size, (row + 1) * size), i * size));
  } catch (cause) {
    if (!(cause instanceof DataError)) throw cause;
    throw new DataError(`among the items sent to "${name}": ${cause.message}`, undefined, undefined, { cause });
  }
}

/** Positions of the items of a way. */
export function positionsOf(ways: Int32Array, way: number): number[] {
  return [...ways.keys()].filter((i) => ways[i] === way);
}
