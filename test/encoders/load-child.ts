// Loads the models that the parent saved, in a process that has seen none of them: `node load-child.ts <folder>`.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";
import { SimilarityModel } from "likewise";

/** A saved model, and items for it. */
export interface SavedExample {
  readonly name: string;
  readonly folder: string;
  readonly items: readonly unknown[];
}

/** What a loaded model makes of the items. */
export interface LoadedExample {
  readonly name: string;
  readonly vectors: Float32Array;
  /** Null for an encoder that is trained. */
  readonly fingerprint: string | null;
}

const folder = process.argv[2] ?? "";
const examples = deserialize(await readFile(join(folder, "examples"))) as readonly SavedExample[];
const loaded: LoadedExample[] = [];
for (const { name, folder: saved, items } of examples) {
  await using model = await SimilarityModel.load<unknown>(saved, { engine: "eager" });
  const { data: vectors } = await model.encode(items);
  const encoder = model.content.encoders[0]?.[1];
  loaded.push({ name, vectors, fingerprint: encoder?.trainable === false ? encoder.fingerprint() : null });
}
await writeFile(join(folder, "loaded"), serialize(loaded));
