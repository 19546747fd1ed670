import { resolve } from "node:path";
import { FrozenEncoder } from "../lib/contracts/encoder.js";
import { flag, oneOf, refuse, savedOptions, unknownOptions, wholeNumber } from "../lib/contracts/options.js";
import { DataError, FileFormatError } from "../lib/errors.js";
import type { JsonObject } from "../lib/json.js";
import { show } from "../lib/show.js";
import { fingerprintOf } from "./fingerprint.js";
import { folderChecksum } from "./graphs/model-folder-file.js";
import { normalizeRows, pool, type Pooling } from "./pooling.js";
import {
  DTYPES,
  openTransformers,
  type TokenVectors,
  type TransformersDtype,
  type TransformersModel,
} from "./transformers-model.js";

/** Texts that are run together, those of like length. */
const BATCH = 32;
const KEYS = [
  "model",
  "local",
  "revision",
  "checksum",
  "dtype",
  "pooling",
  "normalize",
  "maxLength",
  "embeddingSize",
] as const;

/** Options of `TransformersEncoder.load`. */
export interface TransformersEncoderOptions {
  /** How the vectors of tokens become one. Default "mean". */
  readonly pooling?: Exclude<Pooling, "none">;
  /** Divide each vector by its length. Default false. */
  readonly normalize?: boolean;
  /** Tokens of a text that count; what is longer is cut. Default 256. */
  readonly maxLength?: number;
  /** Numbers of the weights, which must be there in this type: `onnx/model.onnx` is fp32, `onnx/model_quantized.onnx` q8. Default "fp32". */
  readonly dtype?: TransformersDtype;
  /** Branch, tag or commit of a model on the hub; name a commit, for a branch may change. Default "main". */
  readonly revision?: string;
}

interface Settings {
  readonly model: string;
  /** Whether the model is a folder; otherwise it is on the hub. */
  readonly local: boolean;
  readonly revision: string;
  /** Of the files; null for those of the hub that are not kept in files. */
  readonly checksum: string | null;
  readonly dtype: TransformersDtype;
  readonly pooling: Exclude<Pooling, "none">;
  readonly normalize: boolean;
  readonly maxLength: number;
  readonly embeddingSize: number;
}

/**
 * Texts through a language model that the package @huggingface/transformers opens: a folder, which needs no network, or a name on the
 * Hugging Face hub. Frozen: its vectors can be cached. Saved by reference: the folder, or the name with its revision, and the checksum of
 * the files; use `OnnxEncoder` to have the model saved along. `env` of that package says where it looks: `env.remoteHost` for a mirror,
 * `env.cacheDir` for what was downloaded, `env.allowRemoteModels = false` for no network.
 *
 * `const encoder = await TransformersEncoder.load("models/all-MiniLM-L6-v2", { normalize: true })`
 */
export class TransformersEncoder extends FrozenEncoder<string> {
  /** Name it is saved by. */
  static readonly type = "TransformersEncoder";
  readonly #settings: Settings;
  #model: Promise<TransformersModel> | null;

  private constructor(settings: Settings, model: TransformersModel | null = null) {
    super();
    const { pooling, normalize, maxLength, dtype, embeddingSize } = settings;
    refuse("TransformersEncoder", [
      ...problemsOf({ pooling, normalize, maxLength, dtype }),
      wholeNumber("embeddingSize", embeddingSize, 1),
    ]);
    this.#settings = settings;
    this.#model = model === null ? null : Promise.resolve(model);
  }

  /**
   * Opens a folder with `config.json`, `tokenizer.json`, `tokenizer_config.json` and `onnx/model.onnx`; what is no folder is the name of
   * a model on the hub.
   * @throws ConfigError for wrong options; EngineError when the package is not installed; FileFormatError when it cannot open the model.
   */
  static async load(model: string, options: TransformersEncoderOptions = {}): Promise<TransformersEncoder> {
    refuse("TransformersEncoder", problemsOf(options));
    const { pooling = "mean", normalize = false, maxLength = 256, dtype = "fp32", revision = "main" } = options;
    const folder = await folderChecksum(model);
    const local = folder !== null;
    const source = { model: local ? resolve(model) : model, local, revision, dtype };
    const opened = await openTransformers(source);
    const { size } = await opened.run(["a"], maxLength);
    const checksum = folder ?? opened.checksum;
    const settings = { ...source, checksum, pooling, normalize, maxLength, embeddingSize: size };
    return new TransformersEncoder(settings, opened);
  }

  /**
   * Makes the encoder again from its saved configuration; the model is opened when it is first needed.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): TransformersEncoder {
    return new TransformersEncoder(savedOptions<Settings>("TransformersEncoder", config, KEYS));
  }

  override get config(): JsonObject {
    return { ...this.#settings };
  }

  override get embeddingSize(): number {
    return this.#settings.embeddingSize;
  }

  /** @throws DataError naming the position of an item that is not a string; FileFormatError when the folder has changed. */
  override async embed(items: readonly string[]): Promise<Float32Array> {
    const { maxLength, pooling, normalize, embeddingSize } = this.#settings;
    const texts = items.map((item: unknown, row) => {
      if (typeof item === "string") return { row, item };
      throw new DataError(`TransformersEncoder: item ${row}: expected a text, got ${show(item)}`);
    });
    const rows = new Float32Array(items.length * embeddingSize);
    if (items.length === 0) return rows;
    const model = await (this.#model ??= this.#open());
    texts.sort((a, b) => a.item.length - b.item.length);
    for (let start = 0; start < texts.length; start += BATCH) {
      const some = texts.slice(start, start + BATCH);
      const found = await model.run(
        some.map(({ item }) => item),
        maxLength,
      );
      const vectors = pooled(found, pooling);
      some.forEach(({ row }, i) => {
        rows.set(vectors.subarray(i * embeddingSize, (i + 1) * embeddingSize), row * embeddingSize);
      });
    }
    return normalize ? normalizeRows(rows, embeddingSize) : rows;
  }

  override fingerprint(): string {
    return fingerprintOf(this, 1);
  }

  async #open(): Promise<TransformersModel> {
    const { model, local, revision, checksum, dtype } = this.#settings;
    if (local && (await folderChecksum(model)) !== checksum) {
      throw new FileFormatError(
        model,
        "is not the folder this encoder was made from: it is absent, or its checksum is another",
      );
    }
    const opened = await openTransformers({ model, local, revision, dtype });
    if (!local && checksum !== null && opened.checksum !== null && opened.checksum !== checksum) {
      throw new FileFormatError(
        model,
        `has other files as revision "${revision}" than those this encoder was made from: their checksum is another. Name a commit as ` +
          `revision when an encoder is made, for a branch may change`,
      );
    }
    return opened;
  }
}

function problemsOf(options: TransformersEncoderOptions): (string | null)[] {
  const { pooling = "mean", normalize = false, maxLength = 256, dtype = "fp32" } = options;
  return [
    ...unknownOptions(options, ["pooling", "normalize", "maxLength", "dtype", "revision"]),
    oneOf("pooling", pooling, ["mean", "cls", "last"]),
    flag("normalize", normalize),
    wholeNumber("maxLength", maxLength, 1),
    oneOf("dtype", dtype, DTYPES),
  ];
}

/** Rows by tokens that count; where a tokenizer fills up on the left, those are brought to the beginning first. */
function pooled({ values, tokens, size, mask }: TokenVectors, pooling: Pooling): Float32Array {
  const lengths = mask.map((row) => row.filter(Boolean).length);
  mask.forEach((row, text) => {
    const first = row.indexOf(true);
    if (first > 0) values.copyWithin(text * tokens * size, (text * tokens + first) * size, (text + 1) * tokens * size);
  });
  return pool(values, lengths, tokens, size, pooling);
}
