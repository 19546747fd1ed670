import type { Targets } from "../contracts/batch.js";
import type { LossValue, SimilarityLoss } from "../contracts/loss.js";
import type { Kind } from "../contracts/samples.js";
import { Random } from "../random.js";
import { upload, type HostMatrix, type HostTensor, type HostTensors } from "../tensor/host.js";
import * as tf from "../tensor/tf.js";
import { mapEntries, prefixed, type Tensors } from "../tensor/tree.js";
import { notFinite } from "./compare.js";
import { checkGradient, gradientsOf, notScalar, type GradientCheckOptions } from "./gradient.js";
import { samplesOf, sampleCount, type LossBatch } from "./loss-batches.js";
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
  /** True for a loss that takes the first rows of a group, as `NPairsLoss` does, so that the order of samples matters. Default false. */
  readonly ordered?: boolean;
}

/**
 * Checks a loss of your own on a batch: one finite number, a positive weight, the same numbers each time, nothing read back, no tensor
 * left, gradients by embeddings and parameters, which are not zero, the same for samples in another order, finite numbers where all are of one group
 * or label, `separable` as it says, saving. A loss that reads a guide is given random vectors as wide as the embeddings.
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
  if (wrong.length === 0)
    found.push(
      ...gradientProblems(loss, at, batch, options),
      ...otherBatchProblems(loss, at, { ...batch, embeddings: at.embeddings }, options.ordered ?? false),
    );
  const compute = (one: SimilarityLoss<K>): HostTensors =>
    runTwice("the loss", () => judged(one, mapEntries(at, upload), batch)).result ?? {};
  return [...found, ...(await savingProblems(loss, compute))];
}

function judged<K extends Kind>(
  loss: SimilarityLoss<K>,
  given: Tensors,
  { targets, guide }: Omit<LossBatch, "embeddings">,
): Tensors {
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
  batch: Omit<LossBatch, "embeddings">,
  options: LossCheckOptions,
): string[] {
  const value = (given: Tensors): tf.Scalar => judged(loss, given, batch)["value"] as tf.Scalar;
  const { result, problems }: Watched = runTwice("the gradient", () => gradientsOf(value, at));
  if (result === null) return [...problems];
  const bad = notFinite(result);
  const lost = Object.entries(result).filter(([, { data }]) => data.every((slope) => slope === 0));
  if (options.valueSlopes ?? true) {
    const wrong = checkGradient(value, at, options);
    // Differences say nothing of a loss that is always the same.
    const blind = wrong.length === 0 && lost.some(([name]) => name === "embeddings");
    return blind
      ? ["the gradient of embeddings is zero everywhere: this batch costs nothing, or they do not matter"]
      : wrong;
  }
  return [
    ...problems,
    ...(bad === null ? [] : [`the gradient is not finite: ${bad}`]),
    ...lost.map(([name]) => `the gradient of ${name} is zero everywhere`),
  ];
}

/** What the same loss says of the samples in another order, of each half, and where all belong together or have the same label. */
function otherBatchProblems<K extends Kind>(
  loss: SimilarityLoss<K>,
  at: HostTensors,
  batch: LossBatch,
  ordered: boolean,
): string[] {
  const judge = ({ embeddings, ...rest }: LossBatch): Judged => {
    const { result } = runTwice("the loss", () => judged(loss, mapEntries({ ...at, embeddings }, upload), rest));
    return { value: result?.["value"]?.data[0] ?? NaN, weight: result?.["weight"]?.data[0] ?? 1 };
  };
  const of = (samples: readonly number[]): Judged => judge(samplesOf(loss.kind, batch, samples));
  const close = (one: number, other: number): boolean => Math.abs(one - other) <= 1e-4 * (1 + Math.abs(other));
  const problems: string[] = [];
  const numbers = [...Array(sampleCount(loss.kind, batch)).keys()];
  const [whole, turned] = [of(numbers), of(numbers.toReversed())];
  if (!ordered && !close(turned.value, whole.value))
    problems.push(`the value depends on the order of samples: ${whole.value}, and ${turned.value} the other way round`);
  const half = Math.floor(numbers.length / 2);
  if (loss.separable && half > 0) {
    const [both, ...halves] = [
      [0, 2 * half],
      [0, half],
      [half, 2 * half],
    ].map(([from, to]) => of(numbers.slice(from, to)));
    const weight = halves.reduce((sum, one) => sum + one.weight, 0);
    const mean = halves.reduce((sum, one) => sum + one.value * one.weight, 0) / weight;
    if (!close(mean, (both as Judged).value))
      problems.push(`separable is true, but the value is ${both?.value} and the mean of both halves ${mean}`);
  }
  return [...problems, ...sameTargetProblems(loss, at, batch)];
}

interface Judged {
  readonly value: number;
  readonly weight: number;
}

/** A batch of one group has no negatives, one of a single label nothing to compare: where divisions go wrong. */
function sameTargetProblems<K extends Kind>(loss: SimilarityLoss<K>, at: HostTensors, batch: LossBatch): string[] {
  const name = "groups" in batch.targets ? "groups" : "labels";
  const given = batch.targets[name];
  if (given === undefined) return [];
  return [...new Set(given.data)]
    .flatMap((target) => {
      const same = {
        ...batch,
        targets: { ...batch.targets, [name]: { ...given, data: given.data.slice().fill(target) } },
      };
      const value = (tensors: Tensors): tf.Scalar => judged(loss, tensors, same)["value"] as tf.Scalar;
      const { result } = runTwice("the loss", () => ({
        value: value(mapEntries(at, upload)),
        ...gradientsOf(value, at),
      }));
      const bad = result === null ? null : notFinite(result);
      return bad === null ? [] : [`where all ${name} are ${target}, the loss or its gradient is not finite: ${bad}`];
    })
    .slice(0, 1);
}
