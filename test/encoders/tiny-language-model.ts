import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeModel } from "../../lib/engine/onnx/model.js";

/** Words of the tiny model, by id. */
export const VOCABULARY = ["[PAD]", "[UNK]", "red", "bell", "bicycle", "the"];
/** Vector of each word. */
export const ROWS = [[9, 9, 9], [0, 0, 0], [1, 0, 2], [-1, 3, 0.5], [4, 4, 1], [0.5, 0, 0]]; // prettier-ignore

/** A language model as it lies on the hub: the vector of a token is that of its word, whatever stands beside it. */
export async function writeLanguageModel(folder: string, rows: readonly (readonly number[])[] = ROWS): Promise<void> {
  await mkdir(join(folder, "onnx"), { recursive: true });
  const shape = ["batch", "tokens"];
  const model = encodeModel({
    inputs: [
      { name: "input_ids", type: "int64", shape },
      { name: "attention_mask", type: "int64", shape },
    ],
    outputs: [{ name: "last_hidden_state", type: "float32", shape: [...shape, 3] }],
    name: "words",
    metadata: {},
    initializers: [{ name: "table", type: "float32", shape: [rows.length, 3], data: Float32Array.from(rows.flat()) }],
    nodes: [
      {
        operator: "Gather",
        domain: "",
        inputs: ["table", "input_ids"],
        outputs: ["last_hidden_state"],
        attributes: {},
      },
    ],
  });
  await writeFile(join(folder, "onnx/model.onnx"), model);
  const json = (name: string, content: object): Promise<void> => writeFile(join(folder, name), JSON.stringify(content));
  await json("config.json", { model_type: "bert", architectures: ["BertModel"], hidden_size: 3 });
  await json("tokenizer_config.json", {
    tokenizer_class: "PreTrainedTokenizerFast",
    pad_token: "[PAD]",
    unk_token: "[UNK]",
    model_max_length: 512,
  });
  await json("tokenizer.json", {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: VOCABULARY.slice(0, 2).map((content, id) => {
      return { id, content, special: true, single_word: false, lstrip: false, rstrip: false, normalized: false };
    }),
    normalizer: { type: "Lowercase" },
    pre_tokenizer: { type: "Whitespace" },
    post_processor: null,
    decoder: null,
    model: {
      type: "WordLevel",
      unk_token: "[UNK]",
      vocab: Object.fromEntries(VOCABULARY.map((word, id) => [word, id])),
    },
  });
}
