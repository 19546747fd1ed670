import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ConfigError } from "../lib/errors.js";

/** A language model and its tokenizer as they lie on the disk. */
export interface TextModelFiles {
  /** Path of the model. */
  readonly file: string;
  readonly model: Uint8Array;
  readonly tokenizer: Uint8Array;
}

/**
 * Reads an ONNX file, or the only one in a folder, and `tokenizer.json` beside it unless another one is named.
 * @throws ConfigError for a folder with no such file or several.
 */
export async function readTextModel(path: string, tokenizer?: string): Promise<TextModelFiles> {
  const file = await modelFile(path);
  return {
    file,
    model: await readFile(file),
    tokenizer: await readFile(tokenizer ?? join(dirname(file), "tokenizer.json")),
  };
}

async function modelFile(path: string): Promise<string> {
  if (!(await stat(path)).isDirectory()) return path;
  const files = (await readdir(path)).filter((name) => name.endsWith(".onnx"));
  if (files.length === 1) return join(path, files[0] as string);
  throw new ConfigError("OnnxEncoder", [
    `path: expected a folder with one .onnx file, ${path} has ${files.length === 0 ? "none" : files.join(", ")}; name the file`,
  ]);
}
