import type { FrozenEncoder, TrainableEncoder } from "../contracts/encoder.js";
import type { Head } from "../contracts/head.js";
import type { LossValue, SimilarityLoss } from "../contracts/loss.js";
import type { Kind } from "../contracts/samples.js";
import type { Targets } from "../contracts/batch.js";
import type { Mode, Noise, Part } from "../contracts/part.js";
import { canonicalJson } from "../json.js";
import { classOf, roleOf, type PartRegistry } from "../model/part-registry.js";
import { Random } from "../random.js";
import { standardParts } from "../standard-parts.js";
import { downloadSync, upload, type HostMatrix, type HostTensors } from "../tensor/host.js";
import * as tf from "../tensor/tf.js";
import { flatten, mapEntries, unflatten, under } from "../tensor/tree.js";
import { checkGradient, type GradientCheckOptions } from "./gradient.js";

/** Whether a part comes back equal from its type, configuration and weights. Empty = it does. */
export async function checkSaving(part: Part): Promise<string[]> {
  const registry: PartRegistry = (await standardParts()).with([classOf(part)]);
  const config = JSON.parse(JSON.stringify(part.config)) as Part["config"];
  const again = registry.make(roleOf(part, part.constructor.name), { type: part.type, config }, part.weights);
  const [before, after] = [canonicalJson(part.config), canonicalJson(again.config)];
  return before === after ? [] : [`the configuration ${before} comes back as ${after}`];
}

/**
 * Checks a head of your own on random vectors: width, finite numbers, rows that do not depend on each other, gradients, saving.
 * @returns one sentence for each thing that is wrong.
 */
export async function checkHead(
  head: Head,
  options: GradientCheckOptions & { readonly seed?: number } = {},
): Promise<string[]> {
  const random = new Random(options.seed ?? 0);
  head.prepare();
  const init = head.initialize(random);
  const parameters = flatten(init.parameters);
  const vectors = { data: random.normals(5 * head.inputSize), shape: [5, head.inputSize] };
  const mode = inference(init.state === undefined ? {} : flatten(init.state));
  const run = (given: HostTensors, rows: typeof vectors): HostMatrix =>
    hostMatrix(() => valueOf(head.apply(unflatten(mapEntries(given, upload)), upload(rows) as tf.Tensor2D, mode())));
  const all = run(parameters, vectors);
  const first = run(parameters, { data: vectors.data.slice(0, head.inputSize), shape: [1, head.inputSize] });
  const problems = [...checkRows(all, 5, head.outputSize), ...checkFirstRow(all, first)];
  // Of the width that came out, so that a wrong one does not hide wrong gradients.
  const cotangent = { data: random.normals(all.data.length), shape: [all.rows, all.size] };
  problems.push(
    ...checkGradient(
      (given) => {
        const output = head.apply(unflatten(under(given, "parameters")), given["vectors"] as tf.Tensor2D, mode());
        return tf.sum(tf.mul(valueOf(output), upload(cotangent)));
      },
      {
        ...Object.fromEntries(Object.entries(parameters).map(([name, value]) => [`parameters/${name}`, value])),
        vectors,
      },
      options,
    ),
  );
  return [...problems, ...(await checkSaving(head))];
}

/** Checks an encoder of your own on a few different items: width, finite numbers, order, an empty batch, saving. */
export async function checkEncoder<Item>(
  encoder: FrozenEncoder<Item> | TrainableEncoder<Item>,
  items: readonly Item[],
  seed = 0,
): Promise<string[]> {
  const encode = encoder.trainable ? trainableEncode(encoder, seed) : frozenEncode(encoder);
  const all = await encode(items);
  const problems = checkRows(all, items.length, encoder.embeddingSize);
  problems.push(...checkFirstRow(all, await encode(items.slice(0, 1))));
  const reversed = await encode([...items].reverse());
  const last = reversed.data.slice((items.length - 1) * reversed.size);
  problems.push(...checkFirstRow(all, { data: last, rows: 1, size: reversed.size }));
  if (!encoder.trainable && (await encoder.embed([])).length !== 0) problems.push("an empty batch gives numbers");
  return [...problems, ...(await checkSaving(encoder))];
}

/** Checks a loss of your own on a batch: a finite scalar, a positive weight, gradients by embeddings and parameters, saving. */
export async function checkLoss<K extends Kind>(
  loss: SimilarityLoss<K>,
  embeddings: HostMatrix,
  targets: Readonly<Record<keyof Targets<K>, Float32Array | Int32Array>>,
  options: GradientCheckOptions & { readonly seed?: number } = {},
): Promise<string[]> {
  const parameters = flatten(loss.initialize(new Random(options.seed ?? 0)).parameters);
  const at = {
    ...Object.fromEntries(Object.entries(parameters).map(([name, value]) => [`parameters/${name}`, value])),
    embeddings: { data: embeddings.data, shape: [embeddings.rows, embeddings.size] },
  };
  const given = mapEntries(targets as Readonly<Record<string, Float32Array | Int32Array>>, (data) => ({
    data,
    shape: [data.length],
  }));
  const judge = (tensors: Readonly<Record<string, tf.Tensor>>): Pick<LossValue, "value" | "weight"> => {
    const judged = loss.compute(
      unflatten(under(tensors, "parameters")),
      tensors["embeddings"] as tf.Tensor2D,
      mapEntries(given, upload) as unknown as Targets<K>,
    );
    return judged instanceof tf.Tensor ? { value: judged, weight: tf.scalar(1) } : judged;
  };
  const problems: string[] = [];
  tf.tidy(() => {
    const judged = judge(mapEntries(at, upload));
    const [value, weight] = [judged.value, judged.weight].map((scalar) => scalar.dataSync()[0] as number);
    if (!Number.isFinite(value)) problems.push(`the value is ${value}`);
    if (!(Number.isFinite(weight) && Number(weight) > 0)) problems.push(`the weight is ${weight}, it must be above 0`);
  });
  problems.push(...checkGradient((tensors) => judge(tensors).value, at, options));
  return [...problems, ...(await checkSaving(loss))];
}

function frozenEncode<Item>(encoder: FrozenEncoder<Item>) {
  return async (items: readonly Item[]): Promise<HostMatrix> => {
    const data = await encoder.embed(items);
    return { data, rows: items.length, size: data.length / Math.max(1, items.length) };
  };
}

function trainableEncode<Item>(encoder: TrainableEncoder<Item>, seed: number) {
  const init = encoder.initialize(new Random(seed));
  const mode = inference(init.state === undefined ? {} : flatten(init.state));
  return async (items: readonly Item[]): Promise<HostMatrix> => {
    const inputs = await encoder.collate(items);
    return hostMatrix(() =>
      valueOf(
        encoder.apply(unflatten(mapEntries(flatten(init.parameters), upload)), mapEntries(inputs, upload), mode()),
      ),
    );
  };
}

function inference(state: HostTensors): () => Mode {
  const noise: Noise = { uniform: (shape) => tf.fill([...shape], 0.5) };
  return () => ({ training: false, noise, state: unflatten(mapEntries(state, upload)) });
}

function valueOf(output: ReturnType<Head["apply"]>): tf.Tensor2D {
  return output instanceof tf.Tensor ? output : output.value;
}

function hostMatrix(compute: () => tf.Tensor2D): HostMatrix {
  let result: HostMatrix = { data: new Float32Array(0), rows: 0, size: 0 };
  tf.tidy(() => {
    const tensor = compute();
    const [rows, size] = tensor.shape;
    result = { data: downloadSync(tensor).data as Float32Array, rows, size };
  });
  return result;
}

function checkRows({ data, rows, size }: HostMatrix, expectedRows: number, expectedSize: number): string[] {
  const problems: string[] = [];
  if (rows !== expectedRows || size !== expectedSize)
    problems.push(`gives [${rows}, ${size}] for [${expectedRows}, ${expectedSize}]`);
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad !== -1) problems.push(`row ${Math.floor(bad / size)} holds ${data[bad]}`);
  return problems;
}

function checkFirstRow(all: HostMatrix, alone: HostMatrix): string[] {
  for (let i = 0; i < all.size; i += 1) {
    const [among, single] = [all.data[i] ?? NaN, alone.data[i] ?? NaN];
    if (!(Math.abs(among - single) <= 1e-5 * (1 + Math.abs(among)))) {
      return [`row 0 depends on the other rows of its batch: ${among} among others, ${single} alone`];
    }
  }
  return [];
}
