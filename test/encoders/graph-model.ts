import { writeFile } from "node:fs/promises";
import { join } from "node:path";

/** A graph model of one node after another: relu(x · [1, 2]). */
export async function writeGraphModel(folder: string, shard = "weights.bin"): Promise<void> {
  const type = { T: { type: "DT_FLOAT" } };
  const shape = (...sizes: number[]) => ({ shape: { dim: sizes.map((size) => ({ size: String(size) })) } });
  const node = [
    { name: "x", op: "Placeholder", attr: { dtype: { type: "DT_FLOAT" }, shape: shape(-1, 2) } },
    { name: "w", op: "Const", attr: { dtype: { type: "DT_FLOAT" }, value: { tensor: { dtype: "DT_FLOAT", tensorShape: shape(2, 1).shape } } } },
    { name: "product", op: "MatMul", input: ["x", "w"], attr: { ...type, transpose_a: { b: false }, transpose_b: { b: false } } },
    { name: "y", op: "Relu", input: ["product"], attr: type },
  ]; // prettier-ignore
  const weights = [{ name: "w", shape: [2, 1], dtype: "float32" }];
  const model = {
    format: "graph-model",
    modelTopology: { node, versions: {} },
    weightsManifest: [{ paths: [shard], weights }],
  };
  await writeFile(join(folder, "model.json"), JSON.stringify(model));
  if (shard === "weights.bin") await writeFile(join(folder, shard), new Uint8Array(Float32Array.of(1, 2).buffer));
}
