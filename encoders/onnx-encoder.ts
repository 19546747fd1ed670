import { FrozenEncoder, type OnnxSource, type OnnxSourceGraph } from "../lib/contracts/encoder.js";
import { flag, oneOf, refuse, savedOptions, unknownOptions, wholeNumber } from "../lib/contracts/options.js";
import { DataError } from "../lib/errors.js";
import type { JsonObject } from "../lib/json.js";
import type { HostTensors } from "../lib/tensor/host.js";
import type * as tf from "../lib/tensor/tf.js";
import { bytesAsWeights, weightsAsBytes } from "./byte-weights.js";
import { fingerprintOf } from "./fingerprint.js";
import { OnnxGraph, type OnnxValue } from "./onnx-graph.js";
import { readTextModel } from "./text-model-file.js";
import { normalizeRows, pool, poolTensors, POOLINGS, type Pooling } from "./pooling.js";
import { TextTokens } from "./text-tokens.js";

/** Texts that are run together, those of like length. */
const BATCH = 32;
const KEYS = ["embeddingSize", "output", "inputs", "pooling", "normalize", "maxLength"] as const;

/** Options of `OnnxEncoder.load`. */
export interface OnnxEncoderOptions {
  /** Path of `tokenizer.json`. Default: the one beside the model. */
  readonly tokenizer?: string;
  /** Name of the output that is read. Default: the first. */
  readonly output?: string;
  /** How an output `[n, tokens, size]` becomes one vector. Default "mean"; "none" for an output `[n, size]`. */
  readonly pooling?: Pooling;
  /** Divide each vector by its length. Default false. */
  readonly normalize?: boolean;
  /** Tokens of a text that count; what is longer is cut. Default 256. */
  readonly maxLength?: number;
}

interface Settings {
  readonly embeddingSize: number;
  readonly output: string;
  readonly inputs: readonly string[];
  readonly pooling: Pooling;
  readonly normalize: boolean;
  readonly maxLength: number;
}

/**
 * Texts through a language model in an ONNX file, such as those exported by Optimum, with its `tokenizer.json`. Runs natively by
 * onnxruntime-node. Frozen: its vectors can be cached. Model and tokenizer are saved with the model of similarity, so that nothing else
 * has to be kept.
 *
 * `const encoder = await OnnxEncoder.load("folder", { pooling: "mean", normalize: true })`
 */
export class OnnxEncoder extends FrozenEncoder<string> implements OnnxSource {
  /** Name it is saved by. */
  static readonly type = "OnnxEncoder";
  readonly #settings: Settings;
  readonly #weights: HostTensors;
  readonly #model: Uint8Array;
  readonly #graph: OnnxGraph;
  readonly #tokens: TextTokens;

  private constructor(settings: Settings, weights: HostTensors) {
    super();
    refuse("OnnxEncoder", [
      wholeNumber("embeddingSize", settings.embeddingSize, 1),
      oneOf("pooling", settings.pooling, POOLINGS),
      flag("normalize", settings.normalize),
      wholeNumber("maxLength", settings.maxLength, 1),
    ]);
    this.#settings = settings;
    this.#weights = weights;
    this.#model = weightsAsBytes(weights["model"], "OnnxEncoder: model");
    this.#graph = new OnnxGraph(this.#model, "OnnxEncoder: model");
    this.#tokens = new TextTokens(weightsAsBytes(weights["tokenizer"], "OnnxEncoder: tokenizer"), settings.maxLength);
  }

  /**
   * Reads an ONNX file and its tokenizer; `path` is the file, or a folder that holds one.
   * @throws ConfigError when options do not fit the model; FileFormatError for files that are not what they should be.
   */
  static async load(path: string, options: OnnxEncoderOptions = {}): Promise<OnnxEncoder> {
    const { pooling, normalize = false, maxLength = 256 } = options;
    refuse("OnnxEncoder", unknownOptions(options, ["tokenizer", "output", "pooling", "normalize", "maxLength"]));
    const { file, model, tokenizer } = await readTextModel(path, options.tokenizer);
    const graph = new OnnxGraph(model, file);
    const inputs = (await graph.inputs()).map(({ name }) => name);
    const outputs = await graph.outputs();
    const output = options.output === undefined ? outputs[0] : outputs.find(({ name }) => name === options.output);
    refuse("OnnxEncoder", [...inputProblems(inputs), outputProblem(output, outputs, options)]);
    const { name, shape } = output as OnnxValue;
    return new OnnxEncoder(
      {
        embeddingSize: shape[shape.length - 1] as number,
        output: name,
        inputs,
        pooling: pooling ?? (shape.length === 3 ? "mean" : "none"),
        normalize,
        maxLength,
      },
      { model: bytesAsWeights(model), tokenizer: bytesAsWeights(tokenizer) },
    );
  }

  /**
   * Makes the encoder again from its saved configuration and weights.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject, weights: HostTensors): OnnxEncoder {
    return new OnnxEncoder(savedOptions<Settings>("OnnxEncoder", config, KEYS), weights);
  }

  override get config(): JsonObject {
    return { ...this.#settings };
  }

  /** The bytes of the model and of the tokenizer. */
  override get weights(): HostTensors {
    return this.#weights;
  }

  override get embeddingSize(): number {
    return this.#settings.embeddingSize;
  }

  /** @throws DataError naming the position of an item that is not a string. */
  override async embed(items: readonly string[]): Promise<Float32Array> {
    const size = this.embeddingSize;
    const texts = items.map((item, row) => ({ row, ids: this.#tokens.ids(item, row) }));
    texts.sort((a, b) => a.ids.length - b.ids.length);
    const rows = new Float32Array(items.length * size);
    for (let start = 0; start < texts.length; start += BATCH) {
      const batch = texts.slice(start, start + BATCH);
      const vectors = await this.#run(batch.map(({ ids }) => ids));
      batch.forEach(({ row }, i) => rows.set(vectors.subarray(i * size, (i + 1) * size), row * size));
    }
    return this.#settings.normalize ? normalizeRows(rows, size) : rows;
  }

  override fingerprint(): string {
    return fingerprintOf(this, 1);
  }

  /** The graph after which `vectors` pools and normalizes. */
  async onnxGraph(): Promise<OnnxSourceGraph> {
    const { embeddingSize, output, pooling, normalize } = this.#settings;
    const pooled = pooling === "none";
    const shape = pooled ? ["batch", embeddingSize] : ["batch", "tokens", embeddingSize];
    const mask = { attention_mask: { dtype: "int32", shape: ["batch", "tokens"] } } as const;
    return {
      bytes: this.#model,
      reads: { [output]: { dtype: "float32", shape }, ...(pooled ? {} : mask) },
      vectors: (values) =>
        poolTensors(values[output] as tf.Tensor, values["attention_mask"] as tf.Tensor2D, pooling, normalize),
    };
  }

  async #run(texts: readonly (readonly number[])[]): Promise<Float32Array> {
    const { embeddingSize, output, pooling, inputs } = this.#settings;
    const lengths = texts.map(({ length }) => length);
    const width = Math.max(1, ...lengths);
    const ids = new BigInt64Array(texts.length * width).fill(BigInt(this.#tokens.padding));
    const mask = new BigInt64Array(texts.length * width);
    texts.forEach((text, row) =>
      text.forEach((id, i) => {
        ids[row * width + i] = BigInt(id);
        mask[row * width + i] = 1n;
      }),
    );
    const shape = [texts.length, width];
    const values: Record<string, BigInt64Array> = {
      input_ids: ids,
      attention_mask: mask,
      token_type_ids: new BigInt64Array(ids.length),
    };
    const feeds = inputs.map((name) => [name, { data: values[name] as BigInt64Array, shape }] as const);
    const result = await this.#graph.run(Object.fromEntries(feeds), output);
    const wanted = texts.length * (pooling === "none" ? 1 : width) * embeddingSize;
    if (result.data.length !== wanted) {
      throw new DataError(
        `OnnxEncoder: output ${output} has shape [${result.shape.join(", ")}], expected ${wanted} numbers`,
      );
    }
    return pool(result.data, lengths, width, embeddingSize, pooling);
  }
}

function inputProblems(inputs: readonly string[]): (string | null)[] {
  const known = ["input_ids", "attention_mask", "token_type_ids"];
  return inputs
    .filter((name) => !known.includes(name))
    .map((name) => `model: input ${name} is not known; a model of texts reads ${known.join(", ")}`);
}

function outputProblem(output: OnnxValue | undefined, outputs: readonly OnnxValue[], options: OnnxEncoderOptions) {
  if (output === undefined) {
    return `output: expected one of ${outputs.map(({ name }) => name).join(", ")}, got ${options.output}`;
  }
  const { name, type, shape } = output;
  const size = shape[shape.length - 1];
  if (type !== "float32" || typeof size !== "number" || (shape.length !== 2 && shape.length !== 3)) {
    return `model: output ${name} is ${type} [${shape.join(", ")}], expected float32 [n, size] or [n, tokens, size]`;
  }
  const pooled = options.pooling !== undefined && options.pooling !== "none";
  if (shape.length === 2 && pooled) return `pooling: output ${name} is one vector a text already; use "none"`;
  return shape.length === 3 && options.pooling === "none"
    ? `pooling: output ${name} has a vector a token; use "mean", "cls" or "last"`
    : null;
}
