import { readOnnx } from "./graphs/onnx-file.js";
import { FrozenEncoder } from "../lib/contracts/encoder.js";
import { flag, refuse, savedOptions, unknownOptions, wholeNumber } from "../lib/contracts/options.js";
import { DataError } from "../lib/errors.js";
import type { JsonObject } from "../lib/json.js";
import type { HostTensors } from "../lib/tensor/host.js";
import { bytesAsWeights, weightsAsBytes } from "./byte-weights.js";
import { fingerprintOf } from "./fingerprint.js";
import type { ImageSettings } from "./images/image-options.js";
import { imagesFor, numbersOf, type ModelImageOptions, type ModelItem } from "./images/model-images.js";
import { OnnxGraph } from "./onnx-graph.js";
import { normalizeRows } from "./pooling.js";

/** Pictures that are run together when the model takes any number. */
const BATCH = 16;
const KEYS = ["embeddingSize", "input", "output", "inputShape", "single", "image", "normalize"] as const;

/** Options of `OnnxImageEncoder.load`. */
export interface OnnxImageEncoderOptions {
  /** How pictures become numbers; null: items are the numbers themselves. Default `{}`: pixels from 0 to 1, cut to the model's size. */
  readonly image?: ModelImageOptions | null;
  /** Name of the output that is read. Default: the first. */
  readonly output?: string;
  /** Divide each vector by its length. Default false. */
  readonly normalize?: boolean;
}

interface Settings {
  readonly embeddingSize: number;
  readonly input: string;
  readonly output: string;
  readonly inputShape: readonly number[];
  /** The model takes one picture at a time. */
  readonly single: boolean;
  readonly image: ImageSettings | null;
  readonly normalize: boolean;
}

/**
 * Pictures, or arrays of numbers, through a model in an ONNX file with one input `[n, height, width, channels]` or `[n, channels, height,
 * width]` and an output `[n, size]`. Runs natively by onnxruntime-node. Frozen: its vectors can be cached; a path stands for its picture
 * there, so give changed pictures new paths. The model is saved with the model of similarity.
 *
 * `const encoder = await OnnxImageEncoder.load("mobilenet.onnx", { image: { range: [-1, 1] } })`
 */
export class OnnxImageEncoder extends FrozenEncoder<ModelItem> {
  /** Name it is saved by. */
  static readonly type = "OnnxImageEncoder";
  readonly #settings: Settings;
  readonly #weights: HostTensors;
  readonly #graph: OnnxGraph;

  private constructor(settings: Settings, weights: HostTensors) {
    super();
    refuse("OnnxImageEncoder", [
      wholeNumber("embeddingSize", settings.embeddingSize, 1),
      flag("normalize", settings.normalize),
    ]);
    this.#settings = settings;
    this.#weights = weights;
    this.#graph = new OnnxGraph(weightsAsBytes(weights["model"], "OnnxImageEncoder: model"), "OnnxImageEncoder: model");
  }

  /**
   * Reads an ONNX file; `path` is the file.
   * @throws ConfigError when the model or the options do not fit; FileFormatError for a file that is no ONNX file.
   */
  static async load(path: string, options: OnnxImageEncoderOptions = {}): Promise<OnnxImageEncoder> {
    refuse("OnnxImageEncoder", unknownOptions(options, ["image", "output", "normalize"]));
    const model = await readOnnx(path);
    const graph = new OnnxGraph(model, path);
    const [inputs, outputs] = [await graph.inputs(), await graph.outputs()];
    const [input] = inputs;
    const output = options.output === undefined ? outputs[0] : outputs.find(({ name }) => name === options.output);
    const names = outputs.map(({ name }) => name).join(", ");
    const [rows, ...inputShape] = input?.shape ?? [];
    const size = output?.shape[1];
    refuse("OnnxImageEncoder", [
      inputs.length === 1 && input?.type === "float32" && inputShape.every((length) => typeof length === "number")
        ? null
        : `model: expected one float32 input of fixed size, got ${inputs.map((one) => `${one.name} ${one.type} [${one.shape.join(", ")}]`).join("; ")}`,
      output === undefined ? `output: expected one of ${names}, got ${String(options.output)}` : null,
      output !== undefined && (output.shape.length !== 2 || typeof size !== "number" || output.type !== "float32")
        ? `model: output ${output.name} is ${output.type} [${output.shape.join(", ")}], expected float32 [n, size]`
        : null,
    ]);
    const shape = inputShape as number[];
    const settings: Settings = {
      embeddingSize: size as number,
      input: (input as { readonly name: string }).name,
      output: (output as { readonly name: string }).name,
      inputShape: shape,
      single: rows === 1,
      image: imagesFor("OnnxImageEncoder", shape, options.image === undefined ? {} : options.image),
      normalize: options.normalize ?? false,
    };
    return new OnnxImageEncoder(settings, { model: bytesAsWeights(model) });
  }

  /**
   * Makes the encoder again from its saved configuration and weights.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject, weights: HostTensors): OnnxImageEncoder {
    return new OnnxImageEncoder(savedOptions<Settings>("OnnxImageEncoder", config, KEYS), weights);
  }

  override get config(): JsonObject {
    return { ...this.#settings } as unknown as JsonObject;
  }

  /** The bytes of the model. */
  override get weights(): HostTensors {
    return this.#weights;
  }

  override get embeddingSize(): number {
    return this.#settings.embeddingSize;
  }

  /** @throws DataError naming the position of a picture that cannot be read; EngineError when sharp is needed and not installed. */
  override async embed(items: readonly ModelItem[]): Promise<Float32Array> {
    const { embeddingSize, input, output, inputShape, single, image, normalize } = this.#settings;
    const rows = new Float32Array(items.length * embeddingSize);
    const batch = single ? 1 : BATCH;
    for (let start = 0; start < items.length; start += batch) {
      const some = items.slice(start, start + batch);
      const data = await numbersOf("OnnxImageEncoder", some, inputShape, image, start);
      const result = await this.#graph.run({ [input]: { data, shape: [some.length, ...inputShape] } }, output);
      if (result.data.length !== some.length * embeddingSize) {
        throw new DataError(`OnnxImageEncoder: output ${output} has shape [${result.shape.join(", ")}]`);
      }
      rows.set(result.data, start * embeddingSize);
    }
    return normalize ? normalizeRows(rows, embeddingSize) : rows;
  }

  override fingerprint(): string {
    return fingerprintOf(this, 1);
  }
}
