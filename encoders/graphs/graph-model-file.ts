import { readFile, realpath, stat } from "node:fs/promises";
import { dirname, isAbsolute, join, relative } from "node:path";
import { FileFormatError } from "../../lib/errors.js";
import type { NetworkContent } from "../../lib/tensor/saved-network.js";

/**
 * Reads a TensorFlow.js model, `model.json` and its shards: a layers model or a graph model. `path` is the file or its folder; nothing
 * outside the folder is read.
 *
 * @throws FileFormatError for what is no such model, shards outside the folder or of another length than the model says.
 */
export async function readGraphModel(path: string): Promise<NetworkContent> {
  try {
    const file = (await stat(path)).isDirectory() ? join(path, "model.json") : path;
    return await read(await realpath(file));
  } catch (cause) {
    if (cause instanceof FileFormatError) throw cause;
    throw new FileFormatError(path, `is no model of TensorFlow.js: ${(cause as Error).message}`, { cause });
  }
}

async function read(file: string): Promise<NetworkContent> {
  const json = JSON.parse(await readFile(file, "utf8")) as {
    readonly format?: unknown;
    readonly modelTopology?: object;
    readonly weightsManifest?: readonly { readonly paths: readonly unknown[]; readonly weights: readonly object[] }[];
  };
  const { modelTopology, weightsManifest } = json;
  if (typeof modelTopology !== "object" || !Array.isArray(weightsManifest)) {
    throw new FileFormatError(
      file,
      "has no modelTopology and weightsManifest; expected the model.json of TensorFlow.js",
    );
  }
  const groups = weightsManifest as readonly {
    readonly paths: readonly unknown[];
    readonly weights: readonly object[];
  }[];
  const specs = groups.flatMap(({ weights }) => weights) as NetworkContent["specs"];
  const expected = specs.reduce((sum, spec) => sum + bytesOf(spec, file), 0);
  const shards = await Promise.all(groups.flatMap(({ paths }) => paths).map((name) => shardOf(file, name)));
  const lengths = await Promise.all(shards.map(async (shard) => (await stat(shard)).size));
  const found = lengths.reduce((sum, length) => sum + length, 0);
  if (found !== expected) {
    throw new FileFormatError(file, `says its weights have ${expected} bytes, but its shards have ${found}`);
  }
  const bytes = new Uint8Array(expected);
  let at = 0;
  for (const shard of shards) {
    const content = await readFile(shard);
    bytes.set(content, at);
    at += content.length;
  }
  const graph = json.format === "graph-model" || "node" in modelTopology;
  return { kind: graph ? "graph" : "layers", topology: modelTopology, specs, bytes };
}

async function shardOf(file: string, name: unknown): Promise<string> {
  const folder = dirname(file);
  const path = typeof name === "string" && !isAbsolute(name) ? await realpath(join(folder, name)) : null;
  const inside = path === null ? ".." : relative(folder, path);
  if (path === null || inside === ".." || inside.startsWith("../") || inside.startsWith("..\\") || isAbsolute(inside)) {
    throw new FileFormatError(file, `names weights outside its folder: ${String(name)}`);
  }
  return path;
}

function bytesOf({ name, shape, dtype, quantization }: NetworkContent["specs"][number], file: string): number {
  const width = { float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2, float16: 2 }[quantization?.dtype ?? dtype];
  if (
    width === undefined ||
    !Array.isArray(shape) ||
    !shape.every((length) => Number.isInteger(length) && length >= 0)
  ) {
    throw new FileFormatError(file, `weight ${String(name)} is ${String(dtype)} of shape ${JSON.stringify(shape)}`);
  }
  return width * shape.reduce((product, length) => product * length, 1);
}
