import type { Head } from "../contracts/head.js";
import { requireOptions } from "../contracts/options.js";
import { upload, zerosLike, type HostTensor, type HostTensors } from "../tensor/host.js";
import type * as tf from "../tensor/tf.js";
import { mapEntries, type Tensors } from "../tensor/tree.js";
import { notFinite } from "./compare.js";
import { checkGradient, gradientsOf, type GradientCheckOptions } from "./gradient.js";
import { unusedProblems } from "./unused.js";
import { firstRowProblems, rowProblems } from "./rows.js";
import { runTwice, type Watched } from "./run-twice.js";
import {
  modeOf,
  namedOutput,
  parametersOf,
  randomVectors,
  sameNoise,
  startingParameters,
  weighedSum,
} from "./running.js";
import { checkSaving } from "./saving.js";
import { checkStart, stateProblems } from "./start.js";

/**
 * Checks a head of your own on random vectors, in inference and in training: width, finite numbers, the same numbers each time, rows that
 * do not depend on each other, vectors of zeros, parameters that all matter, nothing read back, no tensor left, gradients in training, saving.
 * @returns one sentence for each thing that is wrong.
 */
export async function checkHead(
  head: Head,
  options: GradientCheckOptions & { readonly seed?: number } = {},
): Promise<string[]> {
  requireOptions("checkHead", head, "a head such as new DenseHead(64)");
  const { seed = 0 } = options;
  head.prepare();
  const { result: start, problems } = checkStart(head, seed);
  if (start === null) return [...problems];
  const vectors = randomVectors(head, seed);
  // Inference draws other noise each time: it must not matter.
  let draw = 0;
  const run = (training: boolean, rows: HostTensor): Watched =>
    runTwice(training ? "in training it" : "in inference it", () => {
      const mode = modeOf(training, start, training ? sameNoise() : sameNoise((draw += 1)));
      return namedOutput(head.apply(parametersOf(mapEntries(start, upload)), upload(rows) as tf.Tensor2D, mode));
    });
  const found = [...problems];
  const inference = run(false, vectors);
  found.push(...inference.problems);
  if (inference.result !== null) {
    const all = inference.result["value"] as HostTensor;
    found.push(...rowProblems(all, 5, head.outputSize));
    const alone = run(false, { data: vectors.data.slice(0, head.inputSize), shape: [1, head.inputSize] }).result;
    // What is random is told above.
    if (alone !== null && inference.problems.length === 0)
      found.push(...firstRowProblems(all, alone["value"] as HostTensor));
  }
  const training = run(true, vectors);
  found.push(...training.problems);
  if (training.result !== null) {
    const rows = rowProblems(training.result["value"] as HostTensor, 5, head.outputSize);
    found.push(...rows.map((problem) => `in training ${problem}`), ...stateProblems(start, training.result));
  }
  // Differences of what is random, or throws, say nothing.
  if (training.problems.length === 0) {
    const compute = (given: Tensors): tf.Scalar => {
      const output = head.apply(parametersOf(given), given["vectors"] as tf.Tensor2D, modeOf(true, start));
      return weighedSum(namedOutput(output)["value"] as tf.Tensor);
    };
    const parameters = startingParameters(start);
    found.push(
      ...checkGradient(compute, { ...parameters, vectors }, options),
      ...unusedProblems(compute, parameters, { vectors }),
      ...zeroProblems(compute, { ...parameters, vectors: zerosLike(vectors) }),
    );
  }
  return [...found, ...(await checkSaving(head))];
}

/** An item that says nothing has a vector of zeros: where roots and divisions go wrong. */
function zeroProblems(compute: (given: Tensors) => tf.Scalar, at: HostTensors): string[] {
  const { result } = runTwice("it", () => ({ value: compute(mapEntries(at, upload)), ...gradientsOf(compute, at) }));
  const bad = result === null ? null : notFinite(result);
  return bad === null ? [] : [`for vectors of zeros it or its gradient is not finite: ${bad}`];
}
