import { EngineError, FileFormatError } from "../lib/errors.js";
import { withoutTelemetry } from "../lib/telemetry.js";
import { hubChecksum } from "./graphs/hub-file.js";

/** Number types a model's weights are stored in. */
export type TransformersDtype = "fp32" | "fp16" | "q8" | "int8" | "uint8" | "q4" | "q4f16" | "bnb4";

export const DTYPES: readonly TransformersDtype[] = ["fp32", "fp16", "q8", "int8", "uint8", "q4", "q4f16", "bnb4"];

/** Ends of the names of files with weights of each type. */
const SUFFIXES: Readonly<Record<TransformersDtype, string>> = {
  fp32: "",
  fp16: "_fp16",
  q8: "_quantized",
  int8: "_int8",
  uint8: "_uint8",
  q4: "_q4",
  q4f16: "_q4f16",
  bnb4: "_bnb4",
};

/** Which model is opened. */
export interface TransformersSource {
  /** A folder, or a name on the hub. */
  readonly model: string;
  readonly local: boolean;
  readonly revision: string;
  readonly dtype: TransformersDtype;
}

/** Vectors of the tokens of some texts. */
export interface TokenVectors {
  /** `[texts, tokens, size]` */
  readonly values: Float32Array;
  readonly tokens: number;
  readonly size: number;
  /** Tokens of each text that count, at the beginning or, with padding to the left, at the end. */
  readonly mask: readonly (readonly boolean[])[];
}

/** A language model and its tokenizer, opened by @huggingface/transformers. */
export interface TransformersModel {
  /** Of the files of a model of the hub; null for a folder, and when they are not kept in files. */
  readonly checksum: string | null;
  run(texts: readonly string[], maxLength: number): Promise<TokenVectors>;
}

/** What is used of a tensor of that package. */
interface Numbers {
  readonly data: ArrayLike<number | bigint>;
  readonly dims: readonly number[];
}

/**
 * @throws EngineError when the package is not installed; FileFormatError when it cannot open the model.
 */
export async function openTransformers(source: TransformersSource): Promise<TransformersModel> {
  const { AutoModel, AutoTokenizer, env } = await library();
  const { model: name, local, revision, dtype } = source;
  try {
    const options = { revision, local_files_only: local };
    const tokenizer = (await AutoTokenizer.from_pretrained(name, options)) as unknown as (
      texts: readonly string[],
      options: object,
    ) => Readonly<Record<string, Numbers>>;
    const model = (await AutoModel.from_pretrained(name, { ...options, dtype, device: "cpu" })) as unknown as (
      inputs: object,
    ) => Promise<Readonly<Record<string, Numbers>>>;
    const kept = env.useFSCache && !env.useCustomCache ? env.cacheDir : null;
    const folders = [kept, env.allowLocalModels ? env.localModelPath : null];
    const network = `onnx/model${SUFFIXES[dtype]}.onnx`;
    return {
      checksum: local ? null : await hubChecksum({ folders, name, revision, network }),
      run: async (texts, maxLength) => {
        const inputs = tokenizer(texts, { padding: true, truncation: true, max_length: maxLength });
        return vectorsOf(await model(inputs), inputs["attention_mask"], name);
      },
    };
  } catch (cause) {
    const expected = local
      ? "expected a folder with config.json, tokenizer.json, tokenizer_config.json and onnx/model.onnx"
      : `there is no such folder here, so it is a name on the hub: asked ${env.remoteHost} for revision "${revision}", which needs a ` +
        `network (or its files in ${env.cacheDir}) and a model with onnx/model${SUFFIXES[dtype]}.onnx`;
    const problem = `@huggingface/transformers cannot open it: ${reasonOf(cause)}; ${expected}`;
    throw new FileFormatError(name, problem, { cause });
  }
}

/** The message, with that of a cause such as a refused connection. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message} (${cause.message || (cause as NodeJS.ErrnoException).code})` : message;
}

function vectorsOf(outputs: Readonly<Record<string, Numbers>>, mask: Numbers | undefined, name: string): TokenVectors {
  const output = outputs["last_hidden_state"] ?? outputs["token_embeddings"];
  const [texts, tokens, size] = output?.dims ?? [];
  if (output === undefined || texts === undefined || tokens === undefined || size === undefined) {
    throw new FileFormatError(
      name,
      `gives ${Object.keys(outputs).join(", ")}, expected last_hidden_state [n, tokens, size]`,
    );
  }
  const counts = (row: number, token: number): boolean =>
    mask === undefined || Number(mask.data[row * tokens + token]) === 1;
  const rows = Array.from({ length: texts }, (_, row) => Array.from({ length: tokens }, (_one, i) => counts(row, i)));
  return { values: Float32Array.from(output.data as ArrayLike<number>), tokens, size, mask: rows };
}

async function library(): Promise<typeof import("@huggingface/transformers")> {
  withoutTelemetry();
  try {
    return await import("@huggingface/transformers");
  } catch (cause) {
    throw new EngineError(
      "models of the hub need the package @huggingface/transformers: npm install @huggingface/transformers",
      { cause },
    );
  }
}
