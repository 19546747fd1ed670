import { readFile } from "node:fs/promises";
import { isOnnxSource, isRouting, type InputLayout, type OnnxSourceGraph } from "../contracts/encoder.js";
import type { Program } from "../contracts/engine.js";
import { flag, refuse, unknownOptions } from "../contracts/options.js";
import { pathProblem } from "../contracts/path.js";
import { exportProgram } from "../engine/export-program.js";
import { encodeModel, type OnnxModel } from "../engine/onnx/model.js";
import { renameValues } from "../engine/onnx/rename-values.js";
import { prependGraph, type Connection } from "../engine/onnx/prepend-graph.js";
import { EngineError, LikewiseError } from "../errors.js";
import { writeFileAtomic } from "../store/atomic.js";
import type * as tf from "../tensor/tf.js";
import { under } from "../tensor/tree.js";
import { modelFingerprint } from "./fingerprint.js";
import { forward } from "./forward.js";
import type { ModelContent } from "./model-content.js";
import { savedPart } from "./model-file.js";

/** How a model is exported. */
export interface ExportOptions {
  /** Items a run takes: any number ("dynamic", default), or always this many. */
  readonly batch?: "dynamic" | number;
  /** Version of the operators; 17 is the only one so far. */
  readonly opset?: 17;
  /** Put the ONNX graph of a frozen encoder that has one into the file, so that it takes what that graph takes. Default false. */
  readonly includeEncoder?: boolean;
}

/** What was exported. */
export interface ExportedModel {
  /** Inputs of the network; with `includeEncoder` the file has those of the encoder's graph besides. */
  readonly inputs: readonly string[];
  /** The only output, `[batch, embeddingSize]`. */
  readonly output: string;
}

const OUTPUT = "embeddings";
const WHO = "SimilarityModel.exportOnnx";

/** An encoder whose graph becomes part of the file. */
interface Included {
  readonly name: string;
  readonly graph: OnnxSourceGraph;
}

/**
 * Writes the encoders that are trained and the head as an ONNX file, in one step. See `SimilarityModel.exportOnnx`.
 *
 * @throws ConfigError, TraceError, EngineError, FileFormatError, StorageError.
 */
export async function exportModel<Item>(
  path: string,
  content: ModelContent<Item>,
  options: ExportOptions = {},
): Promise<ExportedModel> {
  const { batch = "dynamic", opset = 17, includeEncoder = false } = options;
  const sources = content.encoders.filter(([, encoder]) => isOnnxSource(encoder));
  const known = batch === "dynamic" || (Number.isInteger(batch) && batch >= 1);
  const wrongSources = includeEncoder && sources.length !== 1;
  refuse(WHO, [
    pathProblem("path", path),
    known ? null : `batch: expected "dynamic" or a whole number from 1, got ${JSON.stringify(batch)}`,
    (opset as number) === 17 ? null : `opset: expected 17, got ${JSON.stringify(opset)}`,
    flag("includeEncoder", includeEncoder),
    wrongSources
      ? `includeEncoder: needs exactly one encoder that is an ONNX graph, there are ${sources.length}`
      : null,
    ...unknownOptions(options, ["batch", "opset", "includeEncoder"]),
    ...content.encoders.map(([name, encoder]) =>
      encoder.trainable && encoder.inputLayouts() === null
        ? `encoder "${name}" (${encoder.type}) does not say what its inputs look like; give it a method inputLayouts()`
        : null,
    ),
  ]);
  const included = includeEncoder ? await graphOf(sources[0] as (typeof sources)[number]) : null;
  const layouts = inputsOf(content, included, batch);
  const traced = exportProgram("likewise", programOf(content, included), content.carried, layouts);
  const model = renameValues({ ...traced, metadata: await metadataOf(content) }, publicNames(content, traced));
  const connections = included === null ? [] : connectionsOf(included, layouts, traced, model);
  const bytes = included === null ? encodeModel(model) : prependGraph(included.graph.bytes, model, connections);
  await writeFileAtomic(path, bytes).catch((cause: unknown) => {
    if (cause instanceof LikewiseError) throw cause;
    throw new EngineError(`the model cannot be written to ${path}: ${String(cause)}`, { cause });
  });
  const fed = new Set(connections.map(({ input }) => input));
  return { inputs: model.inputs.map(({ name }) => name).filter((name) => !fed.has(name)), output: OUTPUT };
}

async function graphOf<Item>([name, encoder]: ModelContent<Item>["encoders"][number]): Promise<Included | null> {
  return isOnnxSource(encoder) ? { name, graph: await encoder.onnxGraph() } : null;
}

/** Inputs of the exported program by name: `<encoder>/<tensor>`. */
function inputsOf<Item>(
  { encoders }: ModelContent<Item>,
  included: Included | null,
  batch: "dynamic" | number,
): Record<string, InputLayout> {
  const inputs: Record<string, InputLayout> = {};
  for (const [name, encoder] of encoders) {
    const layouts: Readonly<Record<string, InputLayout>> =
      name === included?.name
        ? included.graph.reads
        : encoder.trainable
          ? (encoder.inputLayouts() ?? {})
          : { vectors: { dtype: "float32", shape: ["batch", encoder.embeddingSize] } };
    for (const [tensor, { dtype, shape }] of Object.entries(layouts)) {
      const sizes = shape.map((size) => (size === "batch" && batch !== "dynamic" ? batch : size));
      inputs[`${name}/${tensor}`] = { dtype, shape: sizes };
    }
    if (isRouting(encoder))
      inputs[`${name}/routes`] = { dtype: "int32", shape: [batch === "dynamic" ? "batch" : batch] };
  }
  return inputs;
}

function programOf<Item>(content: ModelContent<Item>, included: Included | null): Program {
  content.head.prepare();
  return (carried, inputs, noise) => {
    const given: Record<string, (typeof inputs)[string]> = {};
    for (const [name, encoder] of content.encoders) {
      const { routes, ...own } = under(inputs, name);
      if (routes !== undefined) given[`routes/${name}`] = routes;
      if (routes !== undefined && encoder.trainable) given[`inputs/${name}/routes`] = routes;
      if (encoder.trainable) for (const [key, tensor] of Object.entries(own)) given[`inputs/${name}/${key}`] = tensor;
      else
        given[`frozen/${name}`] =
          included?.name === name ? included.graph.vectors(own) : (own["vectors"] as tf.Tensor2D);
    }
    const mode = { training: false, noise, state: under(carried, "state") };
    return { reported: { [OUTPUT]: forward(content, under(carried, "parameters"), given, mode).embeddings } };
  };
}

/** Inputs are called as the encoder calls them, with its name before that where there are several. */
function publicNames<Item>({ encoders }: ModelContent<Item>, { inputs }: OnnxModel): ReadonlyMap<string, string> {
  const names = new Map([[`reported/${OUTPUT}`, OUTPUT]]);
  const dropped = encoders.length === 1 ? `input/${encoders[0]?.[0] ?? ""}/` : "input/";
  for (const { name } of inputs) names.set(name, name.slice(dropped.length));
  return names;
}

/** What the included graph feeds. */
function connectionsOf(
  { name: encoder }: Included,
  layouts: Readonly<Record<string, InputLayout>>,
  traced: OnnxModel,
  model: OnnxModel,
): Connection[] {
  return traced.inputs.flatMap(({ name }, at): Connection[] => {
    const prefix = `input/${encoder}/`;
    if (!name.startsWith(prefix)) return [];
    const type = layouts[name.slice("input/".length)]?.dtype ?? "float32";
    return [{ input: model.inputs[at]?.name ?? "", tensor: name.slice(prefix.length), type }];
  });
}

async function metadataOf<Item>(content: ModelContent<Item>): Promise<Record<string, string>> {
  const { encoders, head, distance } = content;
  const parts = {
    encoders: Object.fromEntries(encoders.map(([name, encoder]) => [name, savedPart(encoder)])),
    head: savedPart(head),
  };
  return {
    likewise_version: await libraryVersion(),
    fingerprint: modelFingerprint(content),
    config: JSON.stringify(parts),
    encoders: JSON.stringify(
      encoders.map(([name, encoder]) => ({ name, type: encoder.type, trainable: encoder.trainable })),
    ),
    embedding_size: String(head.outputSize),
    distance: distance.name,
  };
}

async function libraryVersion(): Promise<string> {
  const file = new URL(import.meta.resolve("likewise/package.json"));
  return (JSON.parse(await readFile(file, "utf8")) as { readonly version: string }).version;
}
