import { FrozenEncoder, type Encoder, type Routing } from "../lib/contracts/encoder.js";
import { refuse, savedOptions } from "../lib/contracts/options.js";
import type { PartFinder, SavedPart } from "../lib/contracts/part.js";
import { DataError } from "../lib/errors.js";
import type { JsonObject } from "../lib/json.js";
import type { HostTensors } from "../lib/tensor/host.js";
import { prefixed, under } from "../lib/tensor/tree.js";
import { fingerprintOf } from "./fingerprint.js";

interface SavedSwitch {
  readonly field: string;
  readonly encoders: Readonly<Record<string, SavedPart>>;
}

/**
 * Sends each item to one of several frozen encoders of one size: by the name that stands in a field of the item, or as a subclass's
 * `routeOf` says. `new SwitchEncoder("kind", { text: field("body", words), image: field("pixels", pixels) })`. `SwitchHead` has a head
 * for each way.
 *
 * A subclass needs a `static readonly type` of its own; it is passed as one of `parts` when the model is loaded.
 */
export class SwitchEncoder<Item extends object> extends FrozenEncoder<Item> implements Routing<Item> {
  /** Name it is saved by. */
  static readonly type: string = "SwitchEncoder";
  readonly embeddingSize: number;
  /** Names of the encoders, sorted. */
  readonly routes: readonly string[];
  readonly #field: string;
  readonly #encoders: readonly FrozenEncoder<Item>[];

  /** @throws ConfigError for encoders that are trainable, or of different sizes. */
  constructor(field: string, encoders: Readonly<Record<string, Encoder<Item>>>) {
    super();
    const named = Object.entries(encoders).sort(([a], [b]) => (a < b ? -1 : 1));
    const sizes = named.map(([name, encoder]) => `${name} ${encoder.embeddingSize}`).join(", ");
    refuse("SwitchEncoder", [
      typeof field === "string" && field !== "" ? null : `field: expected the name of a field, got ${String(field)}`,
      named.length === 0 ? "encoders: expected at least one" : null,
      new Set(named.map(([, encoder]) => encoder.embeddingSize)).size > 1
        ? `encoders: expected one size for all, got ${sizes}`
        : null,
      ...named.map(([name, encoder]) =>
        encoder.trainable ? `encoder "${name}": ${encoder.type} is trainable; expected a frozen one, see freeze` : null,
      ),
      ...named.map(([name]) => (name.includes("/") ? `encoder "${name}": a name must not hold "/"` : null)),
    ]);
    this.#field = field;
    this.routes = named.map(([name]) => name);
    this.#encoders = named.map(([, encoder]) => encoder as FrozenEncoder<Item>);
    this.embeddingSize = (this.#encoders[0] as FrozenEncoder<Item>).embeddingSize;
  }

  /**
   * Makes the encoder again from its saved configuration and weights.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject, weights: HostTensors, parts: PartFinder): SwitchEncoder<object> {
    const { field, encoders } = savedOptions<SavedSwitch>("SwitchEncoder", config, ["field", "encoders"]);
    const made = Object.entries(encoders).map(
      ([name, saved]) => [name, parts.make("encoder", saved, under(weights, name)) as Encoder<object>] as const,
    );
    return new this(field, Object.fromEntries(made));
  }

  override get config(): JsonObject {
    const saved = this.#encoders.map(({ type, config }, i) => [this.routes[i] as string, { type, config }] as const);
    return { field: this.#field, encoders: Object.fromEntries(saved) };
  }

  override get weights(): HostTensors {
    const all = this.#encoders.map((encoder, i) => prefixed(this.routes[i] as string, encoder.weights));
    return Object.assign({}, ...all) as HostTensors;
  }

  /** Name of the encoder for an item. Default: what its field says. */
  protected routeOf(item: Item): string {
    return String((item as Readonly<Record<string, unknown>>)[this.#field]);
  }

  /** @throws DataError naming the position of an item whose way is not known. */
  routesOf(items: readonly Item[]): Int32Array {
    return Int32Array.from(items, (item, position) => {
      if (typeof item !== "object" || item === null) throw new DataError(`item ${position}: expected a record`);
      const name = this.routeOf(item);
      const route = this.routes.indexOf(name);
      if (route >= 0) return route;
      throw new DataError(`item ${position}: no encoder is called "${name}"; known: ${this.routes.join(", ")}`);
    });
  }

  override async embed(items: readonly Item[]): Promise<Float32Array> {
    const size = this.embeddingSize;
    const routes = this.routesOf(items);
    const rows = new Float32Array(items.length * size);
    for (const [route, encoder] of this.#encoders.entries()) {
      const own = [...items.keys()].filter((i) => routes[i] === route);
      if (own.length === 0) continue;
      const vectors = await encoder.embed(own.map((i) => items[i] as Item));
      own.forEach((i, row) => rows.set(vectors.subarray(row * size, (row + 1) * size), i * size));
    }
    return rows;
  }

  override fingerprint(): string {
    return fingerprintOf(this, this.#encoders.map((encoder) => encoder.fingerprint()).join());
  }
}
