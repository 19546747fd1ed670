import type { InputLayout } from "../../lib/contracts/encoder.js";
import { DataError } from "../../lib/errors.js";
import type { JsonObject } from "../../lib/json.js";
import type { Random } from "../../lib/random.js";
import { show } from "../../lib/show.js";
import type { HostTensors } from "../../lib/tensor/host.js";
import type { HostTree, Tensors, TensorTree } from "../../lib/tensor/tree.js";
import type * as tf from "../../lib/tensor/tf.js";

/** How a field of a record becomes numbers; made by `numeric`, `categorical`, `bag`, `date` and `text`. */
export interface Feature<in Value = never> {
  /** Which of them made it. */
  readonly type: "numeric" | "categorical" | "bag" | "date" | "text";
  /** What it was made with. */
  readonly options: object;
  /** For the compiler alone: what the field may hold. */
  readonly takes?: (value: Value) => void;
}

/** The fields of a record that count, by name. */
export type FeatureSchema = Readonly<Record<string, Feature>>;

/** Records that have the fields of a schema. */
export type RecordOf<Schema extends FeatureSchema> = {
  readonly [Name in keyof Schema]: Schema[Name] extends Feature<infer Value> ? Value : never;
};

/** What one field contributes: plain numbers, a trained vector, or both. */
export interface Column {
  readonly type: Feature["type"];
  /** Complete, as it is saved. */
  readonly options: JsonObject;
  /** How many plain numbers an item has. */
  readonly numbers: number;
  /** Width of the trained vector of an item; 0 for none. */
  readonly vectorSize: number;
  /** Whether what `learn` learns is known, or nothing is to be learned. */
  readonly fitted: boolean;
  /** What was learned. */
  readonly weights: HostTensors;
  restore(weights: HostTensors): void;
  /** Starts to learn, in place of what was learned before. */
  learn(): Learner;
  /** One value an item; null where there is none. */
  collate(values: readonly unknown[], placeOf: PlaceOf): Collated;
  inputLayouts(width: string): Readonly<Record<string, InputLayout>>;
  initialize(random: Random): HostTree;
  /** `[n, vectorSize]`; not called where that is 0. */
  apply(parameters: TensorTree, inputs: Tensors): tf.Tensor2D;
}

/** Sees every value of a field once. */
export interface Learner {
  /** @throws DataError for a value that the field may not hold. */
  add(value: unknown, place: () => string): void;
  finish(): void;
}

/** What a column makes of the values of a batch. */
export interface Collated {
  /** `[n * numbers]`, row after row. */
  readonly numbers: Float32Array;
  readonly inputs: HostTensors;
}

/** Where a value stands, for a message: `item 3, field "age"`. */
export type PlaceOf = (position: number) => string;

/** What to say of a value that a field may not hold. */
export function wrongValue(place: string, expected: string, value: unknown): DataError {
  return new DataError(
    `${place}: expected ${expected}, got ${show(value)}; write null where there is no value, or name what stands for ` +
      `none in the option "missing"`,
  );
}
