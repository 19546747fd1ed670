import { FrozenEncoder, type Encoder, type Routing } from "../lib/contracts/encoder.js";
import type { PartFinder } from "../lib/contracts/part.js";
import type { JsonObject } from "../lib/json.js";
import type { HostTensors } from "../lib/tensor/host.js";
import { fingerprintOf } from "./fingerprint.js";
import { forwardFittingByWay } from "./fit-by-way.js";
import type { MaybeFittable } from "./forward-fitting.js";
import {
  checkedOptions,
  embedOwn,
  fieldOf,
  loadedSwitch,
  positionsOf,
  savedSwitch,
  switchWeights,
  wayOf,
  waysOf,
} from "./switch-options.js";

/**
 * Sends each item to one of several frozen encoders of one size: by the name that stands in a field of the item, or as a subclass's
 * `routeOf` says. `new SwitchEncoder("kind", { text: field("body", words), image: field("pixels", pixels) })`. `SwitchHead` has a head
 * for each way. With encoders that are trained, use `TrainableSwitchEncoder`. Encoders that are fitted each see the items sent to them.
 *
 * A subclass needs a `static readonly type` of its own; it is passed as one of `parts` when the model is loaded.
 */
export class SwitchEncoder<Item extends object>
  extends FrozenEncoder<Item>
  implements Routing<Item>, MaybeFittable<Item>
{
  /** Name it is saved by. */
  static readonly type: string = "SwitchEncoder";
  readonly embeddingSize: number;
  /** Names of the encoders, sorted. */
  readonly routes: readonly string[];
  /** Whether all encoders that need it are fitted; absent when none does. */
  declare readonly fitted?: boolean;
  /** Fits the encoders, each to the items sent to it; absent when none needs it. */
  declare readonly fit?: (items: AsyncIterable<Item>) => Promise<void>;
  readonly #field: string;
  readonly #named: readonly (readonly [string, FrozenEncoder<Item>])[];

  /** @throws ConfigError for encoders that are trainable, or of different sizes. */
  constructor(field: string, encoders: Readonly<Record<string, Encoder<Item>>>) {
    super();
    const named = checkedOptions("SwitchEncoder", field, encoders, false);
    this.#field = field;
    this.#named = named as readonly (readonly [string, FrozenEncoder<Item>])[];
    this.routes = named.map(([name]) => name);
    this.embeddingSize = (named[0] as (typeof named)[number])[1].embeddingSize;
    forwardFittingByWay<Item>(
      this,
      named.map(([, encoder]) => encoder),
      (item, position) => wayOf(item, position, this.routes, (each) => this.routeOf(each)),
    );
  }

  /**
   * Makes the encoder again from its saved configuration and weights.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject, weights: HostTensors, parts: PartFinder): SwitchEncoder<object> {
    const { field, encoders } = loadedSwitch("SwitchEncoder", config, weights, parts);
    return new this(field, encoders);
  }

  override get config(): JsonObject {
    return savedSwitch(this.#field, this.#named);
  }

  override get weights(): HostTensors {
    return switchWeights(this.#named);
  }

  /** Name of the encoder for an item. Default: what its field says. */
  protected routeOf(item: Item): string {
    return fieldOf(item, this.#field);
  }

  /** @throws DataError naming the position of an item whose way is not known, with what it holds. */
  routesOf(items: readonly Item[]): Int32Array {
    return waysOf(items, this.routes, (item) => this.routeOf(item));
  }

  override async embed(items: readonly Item[]): Promise<Float32Array> {
    const ways = this.routesOf(items);
    const rows = new Float32Array(items.length * this.embeddingSize);
    for (const [way, named] of this.#named.entries()) {
      const own = positionsOf(ways, way);
      if (own.length > 0) await embedOwn(named, items, own, rows);
    }
    return rows;
  }

  override fingerprint(): string {
    return fingerprintOf(this, this.#named.map(([, encoder]) => encoder.fingerprint()).join());
  }
}
