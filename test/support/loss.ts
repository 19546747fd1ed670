import * as tf from "likewise/tf";
import { usesMemory, type Kind, type LossValue, type Memory, type SimilarityLoss } from "../../lib/contracts/index.js";
import { Random } from "../../lib/random.js";
import { flatten, unflatten, type HostTree, type TensorTree } from "../../lib/tensor/tree.js";
import type { Matrix } from "./gradient.js";
import { uploadTree } from "./part.js";

const FLOATS = new Set(["labels", "scores"]);

/** Targets as plain numbers. */
export type PlainTargets = Readonly<Record<string, readonly number[]>>;

/** Remembered rows as plain numbers. */
export interface PlainMemory {
  readonly embeddings: Matrix;
  readonly groups: readonly number[];
  readonly valid: readonly number[];
}

/** A batch as plain numbers. */
export interface PlainBatch {
  readonly embeddings: Matrix;
  readonly targets: PlainTargets;
  /** Parameters of the loss; by default those it starts with. */
  readonly parameters?: HostTree;
  /** Vectors of the guide, one for each row. */
  readonly guide?: Matrix;
  /** Judge against remembered rows instead of within the batch. */
  readonly memory?: PlainMemory;
}

/** What a loss said of a batch, as plain numbers. */
export interface Judgement {
  readonly value: number;
  readonly weight: number;
  readonly terms: Readonly<Record<string, number>>;
  /** By the embeddings, row after row. */
  readonly gradient: number[];
  readonly parameterGradients: Readonly<Record<string, number[]>>;
}

/** Runs a loss forward and backward on a batch; leaves no tensor. */
export function judge<K extends Kind>(loss: SimilarityLoss<K>, batch: PlainBatch): Judgement {
  let found: Judgement | undefined;
  tf.tidy(() => {
    const embeddings = matrixTensor(batch.embeddings);
    const parameters = flatten<tf.Tensor>(
      uploadTree(batch.parameters ?? loss.initialize(new Random("parameters")).parameters),
    );
    const names = Object.keys(parameters);
    const compute = (rows: tf.Tensor, own: TensorTree): LossValue =>
      computeValue(loss, rows as tf.Tensor2D, own, batch);
    const gradients = tf.valueAndGrads((rows: tf.Tensor, ...own: tf.Tensor[]) => {
      const tree = unflatten(Object.fromEntries(names.map((name, at) => [name, own[at] as tf.Tensor])));
      return compute(rows, tree).value;
    })([embeddings, ...Object.values(parameters)]);
    const { weight, terms = {} } = compute(embeddings, unflatten(parameters));
    const [gradient, ...rest] = gradients.grads.map((tensor) => Array.from(tensor.dataSync()));
    found = {
      value: scalar(gradients.value),
      weight: scalar(weight),
      terms: Object.fromEntries(Object.entries(terms).map(([name, term]) => [name, scalar(term)])),
      gradient: gradient as number[],
      parameterGradients: Object.fromEntries(names.map((name, at) => [name, rest[at] as number[]])),
    };
  });
  return found as Judgement;
}

/** The loss alone, as tensors of the surrounding tidy. */
export function computeValue<K extends Kind>(
  loss: SimilarityLoss<K>,
  embeddings: tf.Tensor2D,
  parameters: TensorTree,
  batch: PlainBatch,
): LossValue {
  const targets = Object.fromEntries(
    Object.entries(batch.targets).map(([name, values]) => [
      name,
      FLOATS.has(name) ? tf.tensor1d([...values], "float32") : tf.tensor1d([...values], "int32"),
    ]),
  );
  if (batch.memory === undefined) {
    const guide = batch.guide === undefined ? undefined : matrixTensor(batch.guide);
    const given = targets as unknown as Parameters<typeof loss.compute>[2];
    return asValue(loss.compute(parameters, embeddings, given, undefined, guide));
  }
  if (!usesMemory(loss)) throw new TypeError(`${loss.type} has no computeAgainst`);
  const memory: Memory = {
    embeddings: matrixTensor(batch.memory.embeddings),
    groups: tf.tensor1d([...batch.memory.groups], "int32"),
    valid: tf.tensor1d([...batch.memory.valid], "float32"),
  };
  return asValue(loss.computeAgainst(parameters, embeddings, targets as { groups: tf.Tensor1D }, memory));
}

export function matrixTensor(rows: Matrix): tf.Tensor2D {
  return tf.tensor2d(rows.map((row) => [...row]));
}

/** Rows from a normal distribution. */
export function randomRows(random: Random, rows: number, size: number, scale = 1): number[][] {
  return Array.from({ length: rows }, () => Array.from(random.normals(size, 0, scale)));
}

function asValue(result: LossValue | tf.Scalar): LossValue {
  return result instanceof tf.Tensor ? { value: result, weight: tf.scalar(1) } : result;
}

function scalar(tensor: tf.Tensor): number {
  if (tensor.shape.length !== 0)
    throw new TypeError(`a loss value must be a scalar, got shape [${tensor.shape.join(", ")}]`);
  return tensor.dataSync()[0] as number;
}
