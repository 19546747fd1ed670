import { types } from "node:util";
import { TrainableEncoder, type FrozenEncoder } from "../contracts/encoder.js";
import { upload, type HostTensor, type HostTensors } from "../tensor/host.js";
import * as tf from "../tensor/tf.js";
import { mapEntries } from "../tensor/tree.js";
import { difference } from "./compare.js";
import { checkGradient, type GradientCheckOptions } from "./gradient.js";
import { show } from "../show.js";
import { firstRowProblems, rowProblems } from "./rows.js";
import { attempt, leftBehind, runTwice, type Watched } from "./run-twice.js";
import { modeOf, namedOutput, parametersOf, sameNoise, startingParameters, weighedSum } from "./running.js";
import { savingProblems } from "./saving.js";
import { checkStart, stateProblems } from "./start.js";

/**
 * Checks an encoder of your own on a few different items: a Float32Array of its width, finite numbers, order, an empty batch, the same numbers each time, no
 * tensor left, a fingerprint that stays, saving; of a trainable one also training and its gradients.
 * @returns one sentence for each thing that is wrong.
 */
export async function checkEncoder<Item>(
  encoder: FrozenEncoder<Item> | TrainableEncoder<Item>,
  items: readonly Item[],
  options: GradientCheckOptions & { readonly seed?: number } = {},
): Promise<string[]> {
  const problems = encoder.trainable
    ? await attempt("it", () => trainableProblems(encoder, items, options))
    : await attempt("it", () => frozenProblems(encoder, items));
  const compute = async (
    one: FrozenEncoder<Item> | TrainableEncoder<Item>,
    start: HostTensors,
  ): Promise<HostTensors> =>
    one instanceof TrainableEncoder
      ? (applied(one, start, await one.collate(items), false).result ?? {})
      : { value: await embedded(one, items) };
  return [...problems, ...(await savingProblems(encoder, compute))];
}

async function frozenProblems<Item>(encoder: FrozenEncoder<Item>, items: readonly Item[]): Promise<string[]> {
  const all = await embedded(encoder, items);
  // Also of another realm, such as that of a test runner.
  if (!types.isFloat32Array(all.data)) return [`embed gives ${show(all.data)}, it must give one Float32Array`];
  const kept = { value: { ...all, data: all.data.slice() } };
  const before = tf.memory().numTensors;
  const again = await embedded(encoder, items);
  const left = leftBehind("embed", tf.memory().numTensors - before);
  const other = difference(kept, { value: again });
  return [
    ...rowProblems(all, items.length, encoder.embeddingSize),
    ...firstRowProblems(all, await embedded(encoder, items.slice(0, 1))),
    ...firstRowProblems(all, lastRow(await embedded(encoder, [...items].reverse()))),
    ...(other === null ? [] : [`embed gives other numbers the second time: ${other}`]),
    ...(again.data === all.data ? ["embed gives the same array each time; caches keep it, so make a new one"] : []),
    ...(left === null ? [] : [left]),
    ...(new Set([encoder.fingerprint(), encoder.fingerprint()]).size === 1
      ? []
      : ["fingerprint() is another each time; no cache would ever be found again"]),
    ...((await encoder.embed([])).length === 0 ? [] : ["an empty batch gives numbers"]),
  ];
}

async function embedded<Item>(encoder: FrozenEncoder<Item>, items: readonly Item[]): Promise<HostTensor> {
  const data = await encoder.embed(items);
  return { data, shape: [items.length, data.length / Math.max(1, items.length)] };
}

async function trainableProblems<Item>(
  encoder: TrainableEncoder<Item>,
  items: readonly Item[],
  options: GradientCheckOptions & { readonly seed?: number },
): Promise<string[]> {
  const { result: start, problems } = checkStart(encoder, options.seed ?? 0);
  if (start === null) return [...problems];
  const inputs = await encoder.collate(items);
  const other = difference(inputs, await encoder.collate(items));
  const found = [...problems, ...(other === null ? [] : [`collate gives other numbers the second time: ${other}`])];
  const inference = applied(encoder, start, inputs, false);
  found.push(...inference.problems);
  const all = inference.result?.["value"];
  if (all !== undefined) {
    found.push(...rowProblems(all, items.length, encoder.embeddingSize));
    const rowsOf = async (some: readonly Item[]): Promise<HostTensor | undefined> =>
      applied(encoder, start, await encoder.collate(some), false).result?.["value"];
    const [alone, reversed] = [await rowsOf(items.slice(0, 1)), await rowsOf([...items].reverse())];
    // What is random is told above.
    if (inference.problems.length === 0 && alone !== undefined && reversed !== undefined)
      found.push(...firstRowProblems(all, alone), ...firstRowProblems(all, lastRow(reversed)));
  }
  const training = applied(encoder, start, inputs, true);
  found.push(...training.problems);
  if (training.result !== null) {
    const rows = rowProblems(training.result["value"] as HostTensor, items.length, encoder.embeddingSize);
    found.push(...rows.map((problem) => `in training ${problem}`), ...stateProblems(start, training.result));
  }
  // Differences of what is random, or throws, say nothing.
  if (training.problems.length > 0) return found;
  const gradients = checkGradient(
    (given) => {
      const output = encoder.apply(parametersOf(given), mapEntries(inputs, upload), modeOf(true, start));
      return weighedSum(namedOutput(output)["value"] as tf.Tensor);
    },
    startingParameters(start),
    options,
  );
  return [...found, ...gradients];
}

function applied<Item>(
  encoder: TrainableEncoder<Item>,
  start: HostTensors,
  inputs: HostTensors,
  training: boolean,
): Watched {
  // Inference draws other noise each time: it must not matter.
  let draw = 0;
  return runTwice(training ? "in training it" : "in inference it", () => {
    const mode = modeOf(training, start, training ? sameNoise() : sameNoise((draw += 1)));
    const parameters = parametersOf(mapEntries(start, upload));
    return namedOutput(encoder.apply(parameters, mapEntries(inputs, upload), mode));
  });
}

function lastRow({ data, shape: [rows = 0, size = 0] }: HostTensor): HostTensor {
  return { data: data.slice((rows - 1) * size), shape: [1, size] };
}
