import type { Distance } from "../contracts/distance.js";
import type { FrozenEncoder } from "../contracts/encoder.js";
import type { Engine, Session } from "../contracts/engine.js";
import { UnknownNameError, UsageError } from "../errors.js";
import { chooseEngine, type EngineChoice } from "../engine/choose-engine.js";
import type { HostMatrix, HostTensors } from "../tensor/host.js";
import { packVectors, type PackedPrecision, type PackedVectors } from "../tensor/packed-vectors.js";
import * as tf from "../tensor/tf.js";
import { mapEntries, under } from "../tensor/tree.js";
import { frozenWith, standardParts } from "../standard-parts.js";
import { prepareBackend } from "../tensor/backend.js";
import { exportModel, type ExportedModel, type ExportOptions } from "./export-file.js";
import { collate, placed, requireFinite } from "./collate.js";
import type { ModelContent } from "./model-content.js";
import type { CardOptions } from "./model-card.js";
import { readModel, writeModel } from "./model-file.js";
import type { AnyPartClass } from "./part-registry.js";
import { encodingProgram } from "./programs.js";
import { prompted, settledOptions, unit, type EncodeOptions } from "./encode-options.js";

/** How a model is loaded. */
export interface LoadOptions extends EngineChoice {
  /** Your own classes that the model was made of. */
  readonly parts?: readonly AnyPartClass[];
}

/** Makes of items the inputs that the network of a model reads: `frozen/<encoder>` and `inputs/<encoder>/…`. */
export interface Collator<Item> {
  /** In the order of the items. */
  collate(items: readonly Item[]): Promise<HostTensors>;
}

/** What encodes. */
interface Running {
  readonly engine: Engine;
  readonly session: Session;
}

/**
 * A trained model of similarity: turns items into vectors whose distance means what the training examples meant. Load it anywhere,
 * without data or training code.
 */
export class SimilarityModel<Item> implements AsyncDisposable {
  readonly #content: ModelContent<Item>;
  readonly #choice: EngineChoice;
  readonly #collator: Collator<Item>;
  #running: Promise<Running> | null = null;
  /** Runs wait for each other: a session does one thing at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  /** @param collator makes the inputs of items where something knows more than the encoders, such as a cache. Default: the encoders. */
  constructor(content: ModelContent<Item>, choice: EngineChoice = {}, collator: Collator<Item> | null = null) {
    this.#content = content;
    this.#choice = choice;
    this.#collator = collator ?? { collate: (items) => collate(content.encoders, items) };
  }

  /**
   * Reads a saved model.
   * @throws FileFormatError for a damaged or foreign folder, UnknownNameError for a class that has to be given in `parts`.
   */
  static async load<Item>(
    directory: string,
    { parts = [], ...choice }: LoadOptions = {},
  ): Promise<SimilarityModel<Item>> {
    const registry = (await standardParts()).with(parts);
    return new SimilarityModel<Item>(await readModel<Item>(directory, registry), choice);
  }

  /** Width of the vectors. */
  get embeddingSize(): number {
    return this.#content.head.outputSize;
  }

  /** The distance the model was trained for. */
  get distance(): Distance {
    return this.#content.distance;
  }

  /**
   * The encoder of this name with what it has learned, frozen, for another model: its vectors can be cached, it is saved with its numbers,
   * and they are part of its fingerprint. One that was frozen before training is given itself.
   *
   * @typeParam Own what it is given in the next model, which may be narrower.
   * @param name Default: that of an encoder that `configureEncoders` returned alone.
   * @throws UnknownNameError listing the names there are.
   */
  async frozenEncoder<Own extends Item = Item>(name = "default"): Promise<FrozenEncoder<Own>> {
    const { encoders, carried } = this.#content;
    const encoder = encoders.find(([own]) => own === name)?.[1];
    if (encoder === undefined) {
      const names = encoders.map(([own]) => own);
      throw new UnknownNameError("encoder", name, names);
    }
    if (!encoder.trainable) return encoder;
    const copied = (path: string): HostTensors =>
      mapEntries(under(carried, `${path}/encoders/${name}`), ({ data, shape }) => ({ data: data.slice(), shape }));
    return frozenWith(encoder, { parameters: copied("parameters"), state: copied("state") });
  }

  /** What the model is made of, for inspection; not to be changed. */
  get content(): ModelContent<Item> {
    return this.#content;
  }

  /**
   * Vectors of items, in their order: `[items.length, embeddingSize]`. Encoders of texts run those of like length together.
   * @throws ConfigError for wrong options, DataError naming the item whose vector is not finite, or that is no text for a prompt.
   */
  encode(items: readonly Item[], options?: EncodeOptions & { readonly precision?: "float32" }): Promise<HostMatrix>;
  encode<P extends PackedPrecision>(
    items: readonly Item[],
    options: EncodeOptions & { readonly precision: P },
  ): Promise<PackedVectors<P>>;
  async encode(items: readonly Item[], options: EncodeOptions = {}): Promise<HostMatrix | PackedVectors> {
    if (!Array.isArray(items)) {
      throw new UsageError("SimilarityModel.encode takes an array of items; for a single one there is encodeOne(item)");
    }
    const { batchSize, normalize, truncate, prompt, precision } = settledOptions(options, this.embeddingSize);
    const all = prompted(items as readonly Item[], prompt);
    const data = new Float32Array(all.length * truncate);
    let coming = this.#inputsOf(all.slice(0, batchSize), 0);
    for (let start = 0; start < all.length; start += batchSize) {
      const running = this.#run(await coming, (vectors) => {
        requireFinite(vectors, this.embeddingSize, `SimilarityModel.encode, items from ${start}`);
        for (let row = 0; row * this.embeddingSize < vectors.length; row += 1) {
          const vector = vectors.subarray(row * this.embeddingSize, row * this.embeddingSize + truncate);
          data.set(normalize ? unit(vector) : vector, (start + row) * truncate);
        }
      });
      // What the frozen encoders make of the next items, while the engine is busy with these.
      coming = this.#inputsOf(all.slice(start + batchSize, start + 2 * batchSize), start + batchSize);
      await running;
    }
    const matrix = { data, rows: all.length, size: truncate };
    return precision === "float32" ? matrix : packVectors(matrix, precision, options.ranges);
  }

  /** The vector of one item. */
  async encodeOne(
    item: Item,
    options: Omit<EncodeOptions, "batchSize" | "precision" | "ranges"> = {},
  ): Promise<Float32Array> {
    return (await this.encode([item], options)).data;
  }

  /** How similar two items are, by the distance the model was trained for: larger is more similar; the cosine in [-1, 1] for cosine. */
  async similarity(a: Item, b: Item): Promise<number> {
    const { data } = await this.encode([a, b]);
    return tf.tidy(() => {
      const both = tf.tensor2d(data, [2, this.embeddingSize]);
      const [left, right] = tf.split(both, 2) as [tf.Tensor2D, tf.Tensor2D];
      return this.distance.similarity(this.distance.pairs(left, right)).dataSync()[0] as number;
    });
  }

  /**
   * Writes the model to a folder that does not exist, is empty, or holds an older model, which it then replaces in one step.
   * A README.md in it says what the model is made of, how it was trained and how to load it, with what `card` adds.
   * @throws ConfigError for an empty path, and for the working directory, the home folder and what they lie in; UsageError naming what else
   * the folder holds.
   */
  async save(directory: string, card: CardOptions = {}): Promise<void> {
    await writeModel(directory, this.#content, card);
  }

  /**
   * Writes what follows the frozen encoders as an ONNX file, in one step: the encoders that are trained and the head, without dropout.
   * Inputs are `vectors` of a frozen encoder and what a trained one's `collate` gives, with `<encoder>/` before them where there are
   * several encoders; the output is `embeddings`. The file says what it is made of in its metadata.
   *
   * @throws ConfigError for wrong options and for encoders that do not say what their inputs look like; TraceError and EngineError for
   * what ONNX cannot say; FileFormatError for the graph of an included encoder; StorageError.
   */
  async exportOnnx(path: string, options: ExportOptions = {}): Promise<ExportedModel> {
    await prepareBackend();
    return exportModel(path, this.#content, options);
  }

  /** Frees what the engine holds; the model can be used again and starts it anew. */
  async [Symbol.asyncDispose](): Promise<void> {
    const running = this.#running;
    this.#running = null;
    await this.#turn.catch(() => undefined);
    if (running === null) return;
    const { engine, session } = await running;
    await session[Symbol.asyncDispose]();
    await engine[Symbol.asyncDispose]();
  }

  /** A failure is reported where it is awaited; encoders count the items from `start`. */
  #inputsOf(items: readonly Item[], start: number): Promise<HostTensors> {
    if (items.length === 0) return Promise.resolve({});
    const inputs = this.#collator.collate(items).catch((error: unknown) => {
      throw start === 0 ? error : placed(error, `SimilarityModel.encode, counting from item ${start}`);
    });
    inputs.catch(() => undefined);
    return inputs;
  }

  /** @param use is shown the vectors, which are gone afterwards. */
  async #run(inputs: HostTensors, use: (vectors: Float32Array) => void): Promise<void> {
    const turn = this.#turn
      .catch(() => undefined)
      .then(async () => {
        this.#running ??= this.#start();
        const { session } = await this.#running;
        const reported = await session.run("encode", inputs);
        use(reported["embeddings"]?.data as Float32Array);
        session.recycle?.(reported);
      });
    this.#turn = turn;
    return turn;
  }

  async #start(): Promise<Running> {
    const { engine } = await chooseEngine(this.#choice);
    const session = await engine.start({ encode: encodingProgram(this.#content) }, this.#content.carried);
    return { engine, session };
  }
}
