import { FrozenEncoder } from "../lib/contracts/encoder.js";
import { flag, refuse, savedOptions, unknownOptions, wholeNumber } from "../lib/contracts/options.js";
import { FileFormatError } from "../lib/errors.js";
import type { JsonObject } from "../lib/json.js";
import { prepareBackend } from "../lib/tensor/backend.js";
import type { HostTensors } from "../lib/tensor/host.js";
import { openNetwork, type Network, type NetworkContent } from "../lib/tensor/saved-network.js";
import * as tf from "../lib/tensor/tf.js";
import { bytesAsWeights, weightsAsBytes } from "./byte-weights.js";
import { fingerprintOf } from "./fingerprint.js";
import { readGraphModel } from "./graphs/graph-model-file.js";
import type { ImageSettings } from "./images/image-options.js";
import { imagesFor, numbersOf, type ModelImageOptions, type ModelItem } from "./images/model-images.js";
import { normalizeRows } from "./pooling.js";

const KEYS = ["embeddingSize", "output", "inputShape", "image", "normalize", "batchSize"] as const;

/** Options of `GraphModelEncoder.load`. */
export interface GraphModelEncoderOptions {
  /** How pictures become numbers; null: items are the numbers themselves. Default null. */
  readonly image?: ModelImageOptions | null;
  /**
   * Name of the node (graph model) or layer (layers model) that is read, or position of the layer, from the end when negative: layers
   * that were saved without a name have another one in each process. Default: the model's own output.
   */
  readonly output?: string | number;
  /** Shape of one item, where the model does not say. */
  readonly inputShape?: readonly number[];
  /** Divide each vector by its length. Default false. */
  readonly normalize?: boolean;
  /** Items that are run together. Default 16. */
  readonly batchSize?: number;
}

interface Settings {
  readonly embeddingSize: number;
  readonly output: string | number | null;
  readonly inputShape: readonly number[];
  readonly image: ImageSettings | null;
  readonly normalize: boolean;
  readonly batchSize: number;
}

/**
 * Pictures, or arrays of numbers, through a model of TensorFlow.js in a folder: `model.json` and its shards, a graph model or a layers
 * model with one input. An output `[n, height, width, size]` is averaged over its places. Frozen: its vectors can be cached; a path stands
 * for its picture there, so give changed pictures new paths. The model is saved with the model of similarity.
 *
 * `const encoder = await GraphModelEncoder.load("mobilenet", { image: { range: [-1, 1] } })`
 *
 * The numbers are on the tfjs backend during a call of `embed` only; after `open()` until it is disposed, which is faster for few items.
 */
export class GraphModelEncoder extends FrozenEncoder<ModelItem> implements Disposable {
  /** Name it is saved by. */
  static readonly type = "GraphModelEncoder";
  readonly #settings: Settings;
  readonly #weights: HostTensors;
  #kept: Promise<Network> | null = null;

  private constructor(settings: Settings, weights: HostTensors) {
    super();
    refuse("GraphModelEncoder", [
      wholeNumber("embeddingSize", settings.embeddingSize, 1),
      flag("normalize", settings.normalize),
      wholeNumber("batchSize", settings.batchSize, 1),
    ]);
    this.#settings = settings;
    this.#weights = weights;
  }

  /**
   * Reads a model; `path` is `model.json` or its folder. Needs a tfjs backend, or makes one ready.
   * @throws ConfigError when the model or the options do not fit; FileFormatError for what is no model.
   */
  static async load(path: string, options: GraphModelEncoderOptions = {}): Promise<GraphModelEncoder> {
    const { output = null, normalize = false, batchSize = 16, image = null } = options;
    refuse("GraphModelEncoder", [
      ...unknownOptions(options, ["image", "output", "inputShape", "normalize", "batchSize"]),
      wholeNumber("batchSize", batchSize, 1),
    ]);
    const content = await readGraphModel(path);
    await prepareBackend();
    using network = await openNetwork(content, output, "GraphModelEncoder");
    const shape = options.inputShape ?? network.inputShape ?? [];
    refuse("GraphModelEncoder", [
      shape.length > 0 && shape.every((length) => length !== null && length > 0)
        ? null
        : `inputShape: the model says [${shape.map((length) => length ?? "?").join(", ")}]; give the shape of one item`,
    ]);
    const inputShape = shape as readonly number[];
    const size = tf.tidy(() => {
      const vectors = rowsOf(network.run(tf.zeros([1, ...inputShape])));
      return vectors.rank === 2 ? vectors.shape[1] : undefined;
    });
    refuse("GraphModelEncoder", [
      size === undefined ? "output: expected [n, size] or [n, height, width, size]; name another node or layer" : null,
    ]);
    const settings: Settings = {
      embeddingSize: size as number,
      output,
      inputShape,
      image: imagesFor("GraphModelEncoder", inputShape, image),
      normalize,
      batchSize,
    };
    const { kind, topology, specs, bytes } = content;
    const structure = new TextEncoder().encode(JSON.stringify({ kind, topology, specs }));
    return new GraphModelEncoder(settings, { structure: bytesAsWeights(structure), numbers: bytesAsWeights(bytes) });
  }

  /**
   * Makes the encoder again from its saved configuration and weights.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject, weights: HostTensors): GraphModelEncoder {
    return new GraphModelEncoder(savedOptions<Settings>("GraphModelEncoder", config, KEYS), weights);
  }

  override get config(): JsonObject {
    return { ...this.#settings } as unknown as JsonObject;
  }

  /** The structure of the model and its numbers, as bytes. */
  override get weights(): HostTensors {
    return this.#weights;
  }

  override get embeddingSize(): number {
    return this.#settings.embeddingSize;
  }

  /** Keeps the numbers on the tfjs backend until it is disposed. */
  async open(): Promise<void> {
    await (this.#kept ??= this.#make());
  }

  /** Frees what `open` keeps. */
  [Symbol.dispose](): void {
    void this.#kept?.then((network) => network[Symbol.dispose]());
    this.#kept = null;
  }

  /** @throws DataError naming the position of an item that cannot be read; EngineError when a package is needed and not installed. */
  override async embed(items: readonly ModelItem[]): Promise<Float32Array> {
    if (items.length === 0) return new Float32Array(0);
    if (this.#kept !== null) return this.#run(await this.#kept, items);
    using network = await this.#make();
    return await this.#run(network, items);
  }

  override fingerprint(): string {
    return fingerprintOf(this, 1);
  }

  async #run(network: Network, items: readonly ModelItem[]): Promise<Float32Array> {
    const { embeddingSize, inputShape, image, normalize, batchSize } = this.#settings;
    const rows = new Float32Array(items.length * embeddingSize);
    for (let start = 0; start < items.length; start += batchSize) {
      const some = items.slice(start, start + batchSize);
      const data = await numbersOf("GraphModelEncoder", some, inputShape, image, start);
      const vectors = tf.tidy(() => rowsOf(network.run(tf.tensor(data, [some.length, ...inputShape]))));
      try {
        rows.set(await vectors.data<"float32">(), start * embeddingSize);
      } finally {
        vectors.dispose();
      }
    }
    return normalize ? normalizeRows(rows, embeddingSize) : rows;
  }

  async #make(): Promise<Network> {
    const structure = weightsAsBytes(this.#weights["structure"], "GraphModelEncoder: structure");
    const bytes = weightsAsBytes(this.#weights["numbers"], "GraphModelEncoder: numbers");
    let content: Omit<NetworkContent, "bytes">;
    try {
      content = JSON.parse(new TextDecoder().decode(structure)) as Omit<NetworkContent, "bytes">;
    } catch (cause) {
      throw new FileFormatError("GraphModelEncoder", "its saved structure is damaged", { cause });
    }
    await prepareBackend();
    return openNetwork({ ...content, bytes }, this.#settings.output, "GraphModelEncoder");
  }
}

function rowsOf(output: tf.Tensor): tf.Tensor {
  return output.rank === 4 ? tf.mean(output, [1, 2]) : output;
}
