import { UsageError } from "../errors.js";
import type { JsonObject } from "../json.js";
import type { HostTensors } from "../tensor/host.js";
import type { HostTree, TensorTree } from "../tensor/tree.js";
import type * as tf from "../tensor/tf.js";

/**
 * Anything that is saved with a model: encoders, heads, losses. A part is stored as its type name, its configuration and, when it
 * has fitted or frozen numbers, its weights; never as code.
 *
 * A concrete class has `static readonly type = "MyHead"` and `static from(config, weights)`, which makes an equal part.
 */
export abstract class Part {
  /** Everything the constructor needs to make an equal part. */
  abstract readonly config: JsonObject;

  /** Registered name: the class's `static type`. */
  get type(): string {
    const { type } = this.constructor as Partial<PartClass<Part>>;
    if (typeof type !== "string") {
      throw new UsageError(
        `class ${this.constructor.name} has no name to be saved by; add: static readonly type = "${this.constructor.name}"`,
      );
    }
    return type;
  }

  /** Numbers that are not trained: fitted statistics, frozen weights. */
  get weights(): HostTensors {
    return {};
  }
}

/** The class of a part, as far as loading needs it. */
export interface PartClass<P extends Part> {
  /** Name it is saved by. */
  readonly type: string;
  /**
   * Makes the part again from its saved configuration and weights.
   * @throws ConfigError when a key is missing or unknown.
   */
  from(config: JsonObject, weights: HostTensors, parts: PartFinder): P;
}

/** What a part is for. */
export type PartRole = "encoder" | "head" | "loss";

/** Makes the parts that another part is made of. */
export interface PartFinder {
  /**
   * Makes a part of a role from what was saved of it.
   * @throws UnknownNameError for a type that is not registered.
   */
  make(role: PartRole, saved: SavedPart, weights: HostTensors): Part;
}

/** A part as JSON. */
export interface SavedPart {
  /** Registered name of its class. */
  readonly type: string;
  /** Everything the constructor needs to make an equal part. */
  readonly config: JsonObject;
}

/** Numbers a part starts with. */
export interface Init {
  /** What is trained. */
  readonly parameters: HostTree;
  /** What changes without a gradient, such as batch-normalization averages. Default nothing. */
  readonly state?: HostTree;
}

/** Random tensors inside a traced step. The engine decides where they come from, so that the trainer's seed decides them. */
export interface Noise {
  /** Uniform in [0, 1). */
  uniform(shape: readonly number[]): tf.Tensor;
}

/** How a part is run. */
export interface Mode {
  /** True in training: dropout drops, batch normalization learns its averages. */
  readonly training: boolean;
  /** Random numbers of this run. */
  readonly noise: Noise;
  /** What the part's last run returned as `state`, or what it was initialized with. */
  readonly state: TensorTree;
  /** For a head: which way a routing encoder sent each row; absent when there is no such encoder. */
  readonly routes?: Routes;
}

/** The way of each row, see `Routing`. */
export interface Routes {
  /** Names of the ways, sorted. */
  readonly names: readonly string[];
  /** `[n]` int32, positions in `names`. */
  readonly ids: tf.Tensor1D;
}

/** `[n, size]`, with the new state when the part has one. */
export type Output =
  | tf.Tensor2D
  | {
      /** `[n, size]` */
      readonly value: tf.Tensor2D;
      /** The new state, in the place of `Mode.state`. */
      readonly state: TensorTree;
    };
