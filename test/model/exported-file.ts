import { readFile } from "node:fs/promises";
import { expect } from "chai";
import type { SimilarityModel } from "likewise";
import { collate } from "../../lib/model/collate.js";
import { Random } from "../../lib/random.js";
import { openModel, type Runtime } from "../support/onnx-runtime.js";

/** Embeddings by the exported file; `int64` says which inputs it wants as such. */
export async function runFile<Item>(
  runtime: Runtime,
  path: string,
  model: SimilarityModel<Item>,
  items: readonly Item[],
) {
  const session = await openModel(runtime, await readFile(path));
  const { encoders } = model.content;
  const collated = await collate(encoders, items);
  const feeds = Object.fromEntries(
    Object.entries(collated).map(([name, { data, shape }]) => {
      const [role, encoder = "", ...rest] = name.split("/");
      const tensor = role === "frozen" ? "vectors" : role === "routes" ? "routes" : rest.join("/");
      const key = encoders.length === 1 ? tensor : `${encoder}/${tensor}`;
      return [
        key,
        new runtime.Tensor(data instanceof Int32Array ? "int32" : "float32", data as Float32Array, [...shape]),
      ];
    }),
  );
  const { embeddings } = await session.run(feeds);
  await session.release();
  expect(embeddings?.dims).to.deep.equal([items.length, model.embeddingSize]);
  return embeddings?.data as Float32Array;
}

/** Vectors that look random and are the same every time. */
export const vectors = (count: number, size: number) =>
  Array.from({ length: count }, (_, row) => [...new Random(`row ${row}`).normals(size)]);
