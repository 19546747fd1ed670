import { FrozenEncoder, TrainableEncoder } from "../lib/contracts/encoder.js";
import { refuse, savedOptions, unknownOptions, type Problem } from "../lib/contracts/options.js";
import type { Init, Noise, PartFinder, SavedPart } from "../lib/contracts/part.js";
import { DataError, ShapeError, UsageError } from "../lib/errors.js";
import type { JsonObject } from "../lib/json.js";
import { Random } from "../lib/random.js";
import { prepareBackend } from "../lib/tensor/backend.js";
import { upload, type HostTensor, type HostTensors } from "../lib/tensor/host.js";
import * as tf from "../lib/tensor/tf.js";
import { flatten, mapEntries, prefixed, under, unflatten, type HostTree } from "../lib/tensor/tree.js";
import { fingerprintOf } from "./fingerprint.js";
import { forwardFitting, type MaybeFittable } from "./forward-fitting.js";
import { forwardRouting, type MaybeRouting } from "./forward-routing.js";

/** Options of `freeze`. */
export interface FreezeOptions {
  /** Decides the numbers when no parameters are given. Default 0. */
  readonly seed?: number | string;
  /** Numbers to freeze, such as trained ones; nested or flat with "/" between names. Default: those the encoder starts with. */
  readonly parameters?: HostTree;
  /** What changes without a gradient, such as batch-normalization averages. Default: what the encoder starts with. */
  readonly state?: HostTree;
}

/**
 * A frozen encoder that runs a trainable one in inference with numbers that do not change any more, so that its vectors can be cached.
 *
 * @throws ConfigError listing every number that is missing, unknown or of another shape.
 */
export function freeze<Item>(encoder: TrainableEncoder<Item>, options: FreezeOptions = {}): FrozenCopy<Item> {
  const given = encoder as TrainableEncoder<Item> | FrozenEncoder<Item>;
  refuse("freeze", [
    given.trainable ? null : `encoder: ${given.type} is frozen already; use it as it is`,
    ...unknownOptions(options, ["seed", "parameters", "state"]),
  ]);
  const initial = encoder.initialize(new Random(options.seed ?? 0));
  const { parameters = initial.parameters, state = initial.state ?? {} } = options;
  return new FrozenCopy(encoder, { parameters, state });
}

/** What `freeze` makes. Runs on the tfjs backend that is in use, or makes the fastest ready. */
export class FrozenCopy<Item> extends FrozenEncoder<Item> implements MaybeFittable<Item>, MaybeRouting<Item> {
  /** Name it is saved by. */
  static readonly type = "FrozenCopy";
  /** As the encoder inside; absent when that one needs no fitting. */
  declare readonly fitted?: boolean;
  /** Fits the encoder inside; absent when that one needs no fitting. */
  declare readonly fit?: (items: AsyncIterable<Item>) => Promise<void>;
  /** Names of the ways of the encoder inside; absent when that one does not send items different ways. */
  declare readonly routes?: readonly string[];
  /** Ways of the encoder inside; absent when that one does not send items different ways. */
  declare readonly routesOf?: (items: readonly Item[]) => Int32Array;
  readonly #encoder: TrainableEncoder<Item>;
  readonly #parameters: HostTensors;
  readonly #state: HostTensors;

  constructor(encoder: TrainableEncoder<Item>, { parameters, state = {} }: Init) {
    super();
    this.#encoder = encoder;
    this.#parameters = flatten<HostTensor>(parameters);
    this.#state = flatten<HostTensor>(state);
    const expected = encoder.initialize(new Random(0));
    refuse("FrozenCopy", [
      ...differences("parameters", flatten<HostTensor>(expected.parameters), this.#parameters),
      ...differences("state", flatten<HostTensor>(expected.state ?? {}), this.#state),
    ]);
    forwardFitting<Item, Item>(this, encoder, (item) => item);
    forwardRouting<Item, Item>(this, encoder, (item) => item);
  }

  /**
   * Makes the encoder again from its saved configuration and weights.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject, weights: HostTensors, parts: PartFinder): FrozenCopy<unknown> {
    const { encoder: saved } = savedOptions<{ readonly encoder: SavedPart }>("FrozenCopy", config, ["encoder"]);
    const encoder = parts.make("encoder", saved, under(weights, "encoder"));
    refuse("FrozenCopy", [encoder instanceof TrainableEncoder ? null : `encoder: ${saved.type} is not trainable`]);
    const init = { parameters: under(weights, "parameters"), state: under(weights, "state") };
    return new FrozenCopy(encoder as TrainableEncoder<unknown>, init);
  }

  override get config(): JsonObject {
    return { encoder: { type: this.#encoder.type, config: this.#encoder.config } };
  }

  override get weights(): HostTensors {
    return {
      ...prefixed("encoder", this.#encoder.weights),
      ...prefixed("parameters", this.#parameters),
      ...prefixed("state", this.#state),
    };
  }

  override get embeddingSize(): number {
    return this.#encoder.embeddingSize;
  }

  /** Runs some items at a time, so that memory does not grow with their number. */
  override async embed(items: readonly Item[]): Promise<Float32Array> {
    if (items.length <= AT_ONCE) return this.#embedSome(items);
    const rows = new Float32Array(items.length * this.embeddingSize);
    for (let start = 0; start < items.length; start += AT_ONCE) {
      const vectors = await this.#embedSome(items.slice(start, start + AT_ONCE)).catch((cause: unknown) => {
        if (!(cause instanceof DataError) || start === 0) throw cause;
        throw new DataError(`in the items from ${start}: ${cause.message}`, undefined, undefined, { cause });
      });
      rows.set(vectors, start * this.embeddingSize);
    }
    return rows;
  }

  async #embedSome(items: readonly Item[]): Promise<Float32Array> {
    if (items.length === 0) return new Float32Array(0);
    const inputs = await this.#encoder.collate(items);
    await prepareBackend();
    const vectors = tf.tidy(() => this.#run(inputs));
    try {
      if (vectors.shape.join() !== `${items.length},${this.embeddingSize}`) {
        throw new ShapeError(this.#encoder.type, `[${items.length}, ${this.embeddingSize}]`, vectors.shape);
      }
      return (await vectors.data<"float32">()).slice();
    } finally {
      vectors.dispose();
    }
  }

  override fingerprint(): string {
    return fingerprintOf(this, 1);
  }

  #run(inputs: HostTensors): tf.Tensor2D {
    const parameters = unflatten(mapEntries(this.#parameters, upload));
    const state = unflatten(mapEntries(this.#state, upload));
    const output = this.#encoder.apply(parameters, mapEntries(inputs, upload), { training: false, noise, state });
    return output instanceof tf.Tensor ? output : output.value;
  }
}

/** Items that are run at a time. */
const AT_ONCE = 256;

/** Rows that depend on chance could not be cached. */
const noise: Noise = {
  uniform() {
    throw new UsageError(
      "an encoder that draws random numbers in inference cannot be frozen; draw them in training only",
    );
  },
};

function differences(what: string, expected: HostTensors, given: HostTensors): Problem[] {
  const missing = Object.entries(expected).map(([name, { shape }]) => {
    const found = given[name];
    if (found === undefined) return `${what}: ${name} [${shape.join(", ")}] is missing`;
    if (found.shape.join() === shape.join()) return null;
    return `${what}: ${name} has shape [${found.shape.join(", ")}], expected [${shape.join(", ")}]`;
  });
  const unknown = Object.keys(given).filter((name) => !(name in expected));
  return [...missing, ...unknown.map((name) => `${what}: ${name} is not known`)];
}
