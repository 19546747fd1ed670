import {
  FrozenEncoder,
  isOnnxSource,
  TrainableEncoder,
  type Encoder,
  type InputLayout,
  type OnnxSource,
} from "../lib/contracts/encoder.js";
import { refuse, savedOptions } from "../lib/contracts/options.js";
import type { Init, Mode, Output, PartFinder, SavedPart } from "../lib/contracts/part.js";
import { DataError } from "../lib/errors.js";
import type { JsonObject } from "../lib/json.js";
import { show } from "../lib/show.js";
import type { Random } from "../lib/random.js";
import type { HostTensors } from "../lib/tensor/host.js";
import type { Tensors, TensorTree } from "../lib/tensor/tree.js";
import { fingerprintOf } from "./fingerprint.js";
import { forwardFitting, type MaybeFittable } from "./forward-fitting.js";
import { forwardRouting, type MaybeRouting } from "./forward-routing.js";

/** Anything that has this field. */
export type WithField<Name extends string, Value> = { readonly [Key in Name]: Value };

/**
 * An encoder of records that encodes one field of them: `{ title: field("title", new NgramEncoder()) }`. A field that the item type of the
 * model does not have, or whose type the encoder does not take, does not compile. Frozen, trainable or fittable as the encoder is.
 */
export function field<const Name extends string, Value>(
  name: Name,
  encoder: FrozenEncoder<Value>,
): FrozenField<Name, Value>;
export function field<const Name extends string, Value>(
  name: Name,
  encoder: TrainableEncoder<Value>,
): TrainableField<Name, Value>;
export function field<const Name extends string, Value>(
  name: Name,
  encoder: Encoder<Value>,
): Encoder<WithField<Name, Value>>;
export function field<const Name extends string, Value>(
  name: Name,
  encoder: Encoder<Value>,
): Encoder<WithField<Name, Value>> {
  return encoder.trainable ? new TrainableField(name, encoder) : new FrozenField(name, encoder);
}

/** What `field` makes of a frozen encoder. */
export class FrozenField<Name extends string, Value>
  extends FrozenEncoder<WithField<Name, Value>>
  implements MaybeFittable<WithField<Name, Value>>, MaybeRouting<WithField<Name, Value>>
{
  /** Name it is saved by. */
  static readonly type = "FrozenField";
  /** As the encoder inside; absent when that one needs no fitting. */
  declare readonly fitted?: boolean;
  /** Fits the encoder inside; absent when that one needs no fitting. */
  declare readonly fit?: (items: AsyncIterable<WithField<Name, Value>>) => Promise<void>;
  /** Names of the ways of the encoder inside; absent when that one does not send items different ways. */
  declare readonly routes?: readonly string[];
  /** Ways of the encoder inside; absent when that one does not send items different ways. */
  declare readonly routesOf?: (items: readonly WithField<Name, Value>[]) => Int32Array;
  /** Of the encoder inside; absent when that one has none. */
  declare readonly onnxGraph?: OnnxSource["onnxGraph"];
  readonly #name: Name;
  readonly #encoder: FrozenEncoder<Value>;

  constructor(name: Name, encoder: FrozenEncoder<Value>) {
    super();
    refuse("FrozenField", [nameProblem(name)]);
    this.#name = name;
    this.#encoder = encoder;
    if (isOnnxSource(encoder)) this.onnxGraph = () => encoder.onnxGraph();
    forwardFitting(this, encoder, pick<Name, Value>(name));
    forwardRouting(this, encoder, pick<Name, Value>(name));
  }

  /**
   * Makes the encoder again from its saved configuration and weights.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject, weights: HostTensors, parts: PartFinder): FrozenField<string, unknown> {
    const { name, encoder } = savedOptions<SavedField>("FrozenField", config, ["name", "encoder"]);
    const made = parts.make("encoder", encoder, weights);
    refuse("FrozenField", [made instanceof FrozenEncoder ? null : `encoder: ${encoder.type} is not a frozen encoder`]);
    return new FrozenField(name, made as FrozenEncoder<unknown>);
  }

  override get config(): JsonObject {
    return savedField(this.#name, this.#encoder);
  }

  override get weights(): HostTensors {
    return this.#encoder.weights;
  }

  override get embeddingSize(): number {
    return this.#encoder.embeddingSize;
  }

  /** @throws DataError naming the field and the position of the item that is wrong. */
  override async embed(items: readonly WithField<Name, Value>[]): Promise<Float32Array> {
    return named(this.#name, async () => this.#encoder.embed(items.map(pick<Name, Value>(this.#name))));
  }

  override fingerprint(): string {
    return fingerprintOf(this, this.#encoder.fingerprint());
  }
}

/** What `field` makes of a trainable encoder. */
export class TrainableField<Name extends string, Value>
  extends TrainableEncoder<WithField<Name, Value>>
  implements MaybeFittable<WithField<Name, Value>>, MaybeRouting<WithField<Name, Value>>
{
  /** Name it is saved by. */
  static readonly type = "TrainableField";
  /** As the encoder inside; absent when that one needs no fitting. */
  declare readonly fitted?: boolean;
  /** Fits the encoder inside; absent when that one needs no fitting. */
  declare readonly fit?: (items: AsyncIterable<WithField<Name, Value>>) => Promise<void>;
  /** Names of the ways of the encoder inside; absent when that one does not send items different ways. */
  declare readonly routes?: readonly string[];
  /** Ways of the encoder inside; absent when that one does not send items different ways. */
  declare readonly routesOf?: (items: readonly WithField<Name, Value>[]) => Int32Array;
  readonly #name: Name;
  readonly #encoder: TrainableEncoder<Value>;

  constructor(name: Name, encoder: TrainableEncoder<Value>) {
    super();
    refuse("TrainableField", [nameProblem(name)]);
    this.#name = name;
    this.#encoder = encoder;
    forwardFitting(this, encoder, pick<Name, Value>(name));
    forwardRouting(this, encoder, pick<Name, Value>(name));
  }

  /**
   * Makes the encoder again from its saved configuration and weights.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject, weights: HostTensors, parts: PartFinder): TrainableField<string, unknown> {
    const { name, encoder } = savedOptions<SavedField>("TrainableField", config, ["name", "encoder"]);
    const made = parts.make("encoder", encoder, weights);
    refuse("TrainableField", [
      made instanceof TrainableEncoder ? null : `encoder: ${encoder.type} is not a trainable encoder`,
    ]);
    return new TrainableField(name, made as TrainableEncoder<unknown>);
  }

  override get config(): JsonObject {
    return savedField(this.#name, this.#encoder);
  }

  override get weights(): HostTensors {
    return this.#encoder.weights;
  }

  override get embeddingSize(): number {
    return this.#encoder.embeddingSize;
  }

  /** @throws DataError naming the field and the position of the item that is wrong. */
  override async collate(items: readonly WithField<Name, Value>[]): Promise<HostTensors> {
    return named(this.#name, async () => this.#encoder.collate(items.map(pick<Name, Value>(this.#name))));
  }

  override inputLayouts(): Readonly<Record<string, InputLayout>> | null {
    return this.#encoder.inputLayouts();
  }

  override initialize(random: Random): Init {
    return this.#encoder.initialize(random);
  }

  override apply(parameters: TensorTree, inputs: Tensors, mode: Mode): Output {
    return this.#encoder.apply(parameters, inputs, mode);
  }
}

interface SavedField {
  readonly name: string;
  readonly encoder: SavedPart;
}

function savedField<Value>(name: string, encoder: Encoder<Value>): JsonObject {
  return { name, encoder: { type: encoder.type, config: encoder.config } };
}

function nameProblem(name: unknown): string | null {
  return typeof name === "string" && name !== "" ? null : `name: expected the name of a field, got ${String(name)}`;
}

function pick<Name extends string, Value>(name: Name) {
  return (item: WithField<Name, Value>, position: number): Value => {
    if (typeof item !== "object" || item === null) {
      throw new DataError(`item ${position}: expected a record with the field "${name}", got ${show(item)}`);
    }
    return item[name];
  };
}

async function named<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof DataError)) throw cause;
    throw new DataError(`field "${name}": ${cause.message}`, undefined, undefined, { cause });
  }
}
