import type { Targets } from "../contracts/batch.js";
import type { LossValue, SimilarityLoss } from "../contracts/loss.js";
import type { Kind } from "../contracts/samples.js";
import { Random } from "../random.js";
import { upload, type HostMatrix, type HostTensor, type HostTensors } from "../tensor/host.js";
import * as tf from "../tensor/tf.js";
import { mapEntries, prefixed, type Tensors } from "../tensor/tree.js";
import { notFinite } from "./compare.js";
import { checkGradient, gradientsOf, notScalar, type GradientCheckOptions } from "./gradient.js";
import { runTwice, type Watched } from "./run-twice.js";
import { parametersOf, sameNoise, startingParameters } from "./running.js";
import { savingProblems } from "./saving.js";
import { checkStart } from "./start.js";

/** How a loss is checked. */
export interface LossCheckOptions extends GradientCheckOptions {
  /** Decides the first parameters of the loss. Default 0. */
  readonly seed?: number;
  /**
   * False for a loss whose gradient leaves out factors on purpose, as `CircleLoss` does with its weights, so that the differences of its
   * value are others: its gradient must then be finite, the same each time and not all zero. Default true.
   */
  readonly valueSlopes?: boolean;
}

/**
 * Checks a loss of your own on a batch: one finite number, a positive weight, the same numbers each time, nothing read back, no tensor
 * left, gradients by embeddings and parameters, saving. A loss that reads a guide is given random vectors as wide as the embeddings.
 * @returns one sentence for each thing that is wrong.
 */
export async function checkLoss<K extends Kind>(
  loss: SimilarityLoss<K>,
  embeddings: HostMatrix,
  targets: Readonly<Record<keyof Targets<K>, Float32Array | Int32Array>>,
  options: LossCheckOptions = {},
): Promise<string[]> {
  const { result: start, problems } = checkStart(loss, options.seed ?? 0);
  if (start === null) return [...problems];
  const at = {
    ...startingParameters(start),
    embeddings: { data: embeddings.data, shape: [embeddings.rows, embeddings.size] },
  };
  const batch = {
    targets: mapEntries(targets as Readonly<Record<string, HostTensor["data"]>>, (data) => ({
      data,
      shape: [data.length],
    })),
    guide: { data: new Random("guide").normals(embeddings.data.length), shape: at.embeddings.shape },
  };
  const found = [...problems];
  const watched = runTwice("the loss", () => judged(loss, mapEntries(at, upload), batch));
  const wrong = [...watched.problems, ...(watched.result === null ? [] : scalarProblems(watched.result))];
  found.push(...wrong);
  // Differences of what is random, throws or is no number say nothing.
  if (wrong.length === 0) found.push(...gradientProblems(loss, at, batch, options));
  const compute = (one: SimilarityLoss<K>): HostTensors =>
    runTwice("the loss", () => judged(one, mapEntries(at, upload), batch)).result ?? {};
  return [...found, ...(await savingProblems(loss, compute))];
}

/** What a loss is given besides embeddings and parameters. */
interface LossBatch {
  readonly targets: HostTensors;
  readonly guide: HostTensor;
}

function judged<K extends Kind>(loss: SimilarityLoss<K>, given: Tensors, { targets, guide }: LossBatch): Tensors {
  const result: LossValue | tf.Scalar = loss.compute(
    parametersOf(given),
    given["embeddings"] as tf.Tensor2D,
    mapEntries(targets, upload) as unknown as Targets<K>,
    sameNoise(),
    loss.usesGuide ? (upload(guide) as tf.Tensor2D) : undefined,
  );
  if (result instanceof tf.Tensor) return { value: result };
  const { value, weight, terms = {} } = result;
  return { value, weight, ...prefixed("term", terms) };
}

function scalarProblems(result: HostTensors): string[] {
  return Object.entries(result).flatMap(([name, { data, shape }]) => {
    if (shape.length > 0) return [notScalar(name, shape)];
    const value = data[0] as number;
    if (name === "weight")
      return Number.isFinite(value) && value > 0 ? [] : [`the weight is ${value}, it must be above 0`];
    return Number.isFinite(value) ? [] : [`the ${name} is ${value}`];
  });
}

function gradientProblems<K extends Kind>(
  loss: SimilarityLoss<K>,
  at: HostTensors,
  batch: LossBatch,
  options: LossCheckOptions,
): string[] {
  const value = (given: Tensors): tf.Scalar => judged(loss, given, batch)["value"] as tf.Scalar;
  if (options.valueSlopes ?? true) return checkGradient(value, at, options);
  const { result, problems }: Watched = runTwice("the gradient", () => gradientsOf(value, at));
  if (result === null) return [...problems];
  const bad = notFinite(result);
  const lost = Object.entries(result).filter(([, { data }]) => data.every((slope) => slope === 0));
  return [
    ...problems,
    ...(bad === null ? [] : [`the gradient is not finite: ${bad}`]),
    ...lost.map(([name]) => `the gradient of ${name} is zero everywhere`),
  ];
}
