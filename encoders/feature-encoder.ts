import { TrainableEncoder, type Fittable, type InputLayout } from "../lib/contracts/encoder.js";
import { refuse, savedOptions, unknownOptions, type Problem } from "../lib/contracts/options.js";
import type { Init } from "../lib/contracts/part.js";
import { DataError, UsageError } from "../lib/errors.js";
import type { JsonObject } from "../lib/json.js";
import type { Random } from "../lib/random.js";
import { show } from "../lib/show.js";
import { hostTensor, type HostTensor, type HostTensors } from "../lib/tensor/host.js";
import * as tf from "../lib/tensor/tf.js";
import { prefixed, under, type HostTree, type Tensors, type TensorTree } from "../lib/tensor/tree.js";
import { columnsOf, requireComplete, type Columns } from "./features/columns.js";
import type { FeatureSchema, RecordOf } from "./features/feature.js";

/** Options of `FeatureEncoder`. */
export interface FeatureEncoderOptions {
  /** Texts that stand for a missing value, in every field. Default `[""]`. */
  readonly missing?: readonly string[];
}

const WHO = "FeatureEncoder";

/**
 * Records with fields of different sorts, such as rows of a table: numbers, categories, lists of categories, dates, texts.
 *
 * ```ts
 * new FeatureEncoder({ age: numeric(), job: categorical({ size: 8 }), genres: bag(), joined: date(), title: text() });
 * ```
 *
 * The vector of a record holds the numbers of all fields, then the trained vectors, both in the order of the fields' names. Scales and
 * vocabularies are learned from the train items in one pass, in memory that does not grow with them, and saved with the model. Texts
 * that are numbers count as numbers, so that rows of a CSV file need no conversion. A missing value is null.
 */
export class FeatureEncoder<const Schema extends FeatureSchema = FeatureSchema>
  extends TrainableEncoder<RecordOf<Schema>>
  implements Fittable<RecordOf<Schema>>
{
  /** Name it is saved by. */
  static readonly type = "FeatureEncoder";
  readonly embeddingSize: number;
  readonly #columns: Columns;
  readonly #missing: ReadonlySet<unknown>;
  /** How many plain numbers a record has. */
  readonly #numbers: number;

  /** @throws ConfigError listing every problem of every field. */
  constructor(features: Schema, options: FeatureEncoderOptions = {}) {
    super();
    const { missing = [""] } = options;
    this.#columns = columnsOf(WHO, features, [...unknownOptions(options, ["missing"]), missingProblem(missing)]);
    this.#missing = new Set(missing);
    this.#numbers = this.#columns.reduce((sum, [, { numbers }]) => sum + numbers, 0);
    this.embeddingSize = this.#columns.reduce((sum, [, { vectorSize }]) => sum + vectorSize, this.#numbers);
  }

  /** An encoder that has learned its scales and vocabularies from these records. */
  static fit<const Schema extends FeatureSchema>(
    records: Iterable<RecordOf<Schema>>,
    features: Schema,
    options: FeatureEncoderOptions = {},
  ): FeatureEncoder<Schema> {
    const encoder = new FeatureEncoder<Schema>(features, options);
    const learner = encoder.#learn();
    for (const record of records) learner.add(record);
    learner.finish();
    return encoder;
  }

  /**
   * Makes the encoder again from its saved configuration and weights.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject, weights: HostTensors): FeatureEncoder {
    const { features, missing } = savedOptions<SavedFeatures>(WHO, config, ["features", "missing"]);
    const encoder = new FeatureEncoder(features, { missing });
    requireComplete(features);
    const names = encoder.#columns.map(([name]) => `${name}/`);
    const strange = Object.keys(weights).filter((path) => !names.some((name) => path.startsWith(name)));
    refuse(
      WHO,
      strange.map((path) => `weights: ${path} belongs to no field`),
    );
    if (Object.keys(weights).length === 0) return encoder;
    for (const [name, column] of encoder.#columns) column.restore(under(weights, name));
    return encoder;
  }

  override get config(): JsonObject {
    const features = this.#columns.map(([name, { type, options }]) => [name, { type, options }] as const);
    return { features: Object.fromEntries(features), missing: [...this.#missing] as string[] };
  }

  override get weights(): HostTensors {
    const all = this.#columns.map(([name, { weights }]) => prefixed(name, weights));
    return Object.assign({}, ...all) as HostTensors;
  }

  /** Whether scales and vocabularies are known, or none are needed. */
  get fitted(): boolean {
    return this.#columns.every(([, { fitted }]) => fitted);
  }

  /**
   * Learns scales and vocabularies, in place of those learned before.
   * @throws DataError naming position, field and value of what a field may not hold.
   */
  async fit(items: AsyncIterable<RecordOf<Schema>>): Promise<void> {
    const learner = this.#learn();
    for await (const item of items) learner.add(item);
    learner.finish();
  }

  /**
   * `numbers` `[n, …]`; `<field>/ids` `[n]` for a category; `<field>/ids` and `<field>/weights` `[n, width]` for bags and texts, weight 0
   * where an item has fewer.
   *
   * @throws UsageError when it is not fitted; DataError naming position, field and value of what a field may not hold.
   */
  override collate(items: readonly RecordOf<Schema>[]): HostTensors {
    if (!this.fitted) {
      throw new UsageError(
        `${WHO} is not fitted: it does not know the scales and values of ${this.#unfitted().join(", ")}. A Trainer fits it on ` +
          `the train items; otherwise use ${WHO}.fit(records, features) or await encoder.fit(items)`,
      );
    }
    const inputs: Record<string, HostTensor> = {};
    const total = this.#numbers;
    const table = new Float32Array(items.length * total);
    let start = 0;
    for (const [name, column] of this.#columns) {
      const values = items.map((item, position) => this.#valueOf(item, name, position));
      const { numbers, inputs: own } = column.collate(values, (position) => placeOf(name, position));
      const width = column.numbers;
      for (let row = 0; row < items.length && width > 0; row += 1)
        table.set(numbers.subarray(row * width, (row + 1) * width), row * total + start);
      start += width;
      Object.assign(inputs, prefixed(name, own));
    }
    return total === 0 ? inputs : { numbers: hostTensor(table, [items.length, total]), ...inputs };
  }

  override inputLayouts(): Readonly<Record<string, InputLayout>> {
    const own = this.#columns.map(([name, column]) => prefixed(name, column.inputLayouts(`${name} width`)));
    const numbers: InputLayout = { dtype: "float32", shape: ["batch", this.#numbers] };
    return Object.assign({}, this.#numbers === 0 ? {} : { numbers }, ...own) as Record<string, InputLayout>;
  }

  override initialize(random: Random): Init {
    const tables = this.#columns
      .filter(([, { vectorSize }]) => vectorSize > 0)
      .map(([name, column]) => [name, column.initialize(random.fork(name))] as const);
    return { parameters: Object.fromEntries<HostTree>(tables) };
  }

  override apply(parameters: TensorTree, inputs: Tensors): tf.Tensor2D {
    const { numbers } = inputs;
    const vectors = this.#columns
      .filter(([, { vectorSize }]) => vectorSize > 0)
      .map(([name, column]) => column.apply(parameters[name] as TensorTree, under(inputs, name)));
    const all = numbers === undefined ? vectors : [numbers as tf.Tensor2D, ...vectors];
    if (all[0]?.shape[0] === 0) return tf.zeros([0, this.embeddingSize]);
    return all.length === 1 ? tf.clone(all[0] as tf.Tensor2D) : (tf.concat(all, 1) as tf.Tensor2D);
  }

  #learn(): { add(item: RecordOf<Schema>): void; finish(): void } {
    const learners = this.#columns.map(([name, column]) => [name, column.learn()] as const);
    let seen = 0;
    return {
      add: (item) => {
        for (const [name, learner] of learners) learner.add(this.#valueOf(item, name, seen), () => placeOf(name, seen));
        seen += 1;
      },
      finish: () => {
        if (seen === 0) throw new DataError(`${WHO}: there are no records to fit on`);
        for (const [, learner] of learners) learner.finish();
      },
    };
  }

  #unfitted(): string[] {
    return this.#columns.flatMap(([name, { fitted }]) => (fitted ? [] : [`"${name}"`]));
  }

  /** What a record has in a field; null for what stands for a missing value. */
  #valueOf(item: RecordOf<Schema>, name: string, position: number): unknown {
    if (typeof item !== "object" || item === null) {
      throw new DataError(`${WHO}: item ${position}: expected a record, got ${show(item)}`);
    }
    const value = (item as Readonly<Record<string, unknown>>)[name];
    if (value === undefined) {
      throw new DataError(
        `${placeOf(name, position)}: the record has no such field; it has ${Object.keys(item).join(", ")}. ` +
          `Write null where there is no value`,
      );
    }
    return this.#missing.has(value) ? null : value;
  }
}

interface SavedFeatures {
  readonly features: FeatureSchema;
  readonly missing: readonly string[];
}

function placeOf(name: string, position: number): string {
  return `${WHO}: item ${position}, field "${name}"`;
}

function missingProblem(missing: unknown): Problem {
  return Array.isArray(missing) && missing.every((text) => typeof text === "string")
    ? null
    : `missing: expected a list of texts, got ${show(missing)}`;
}
