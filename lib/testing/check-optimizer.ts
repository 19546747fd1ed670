import type { Transform } from "../contracts/optimizer.js";
import { Random } from "../random.js";
import { upload, zerosLike, type HostTensor, type HostTensors } from "../tensor/host.js";
import * as tf from "../tensor/tf.js";
import { mapEntries, prefixed, under, type Tensors } from "../tensor/tree.js";
import { layout, notFinite } from "./compare.js";
import { runTwice, thrown } from "./run-twice.js";
import { configurationProblems } from "./saved-configuration.js";

const STEPS = 3;
const SHAPES = { scale: [], "head/bias": [5], "head/kernel": [3, 4], "loss/proxies": [2, 3, 2] };

/**
 * Checks an optimizer of your own, or what is chained with one, over a few steps of random gradients: updates with the names and shapes of
 * the gradients, slots that keep theirs, finite numbers, of zero gradients too, the same numbers each time, nothing read back, no tensor left, `elementwise` as
 * it says, a configuration that JSON keeps.
 * @returns one sentence for each thing that is wrong.
 */
export function checkOptimizer(transform: Transform, options: { readonly seed?: number } = {}): Promise<string[]> {
  try {
    return Promise.resolve([...stepProblems(transform, options.seed ?? 0), ...configurationProblems(transform.config)]);
  } catch (error) {
    return Promise.resolve([thrown("scalars", error)]);
  }
}

function stepProblems(transform: Transform, seed: number): string[] {
  const random = new Random(`${seed}/optimizer`);
  const parameters = drawn(random);
  const started = runTwice("initialize", () => transform.initialize(mapEntries(parameters, upload)));
  if (started.result === null || started.problems.length > 0) return [...started.problems];
  let state = started.result;
  for (let step = 0; step < STEPS; step += 1) {
    const gradients = drawn(random);
    const scalars = transform.scalars({ step, totalSteps: STEPS });
    const bad = Object.entries(scalars).find(([, value]) => !Number.isFinite(value));
    if (bad !== undefined) return [`scalars gives ${bad[0]} = ${bad[1]} at step ${step}`];
    const { result, problems } = runTwice("update", () => updated(transform, gradients, state, parameters, scalars));
    const found = [...problems, ...(result === null ? [] : updateProblems(gradients, state, result))];
    if (found.length > 0 || result === null) return found;
    if (transform.elementwise) {
      const mixed = mixedProblem(result, moved(gradients), (given) =>
        runTwice("update", () => updated(transform, given, state, parameters, scalars)),
      );
      if (mixed !== null) return [mixed];
    }
    state = under(result, "state");
  }
  return stillProblems(transform, parameters, started.result);
}

/** A gradient of zeros, which parameters that a batch does not reach have: where roots and divisions go wrong. */
function stillProblems(transform: Transform, parameters: HostTensors, state: HostTensors): string[] {
  const scalars = transform.scalars({ step: 0, totalSteps: STEPS });
  const gradients = mapEntries(parameters, zerosLike);
  const { result } = runTwice("update", () => updated(transform, gradients, state, parameters, scalars));
  const bad = result === null ? null : notFinite(result);
  return bad === null ? [] : [`update of zero gradients gives numbers that are not finite: ${bad}`];
}

function updated(
  transform: Transform,
  gradients: HostTensors,
  state: HostTensors,
  parameters: HostTensors,
  scalars: Readonly<Record<string, number>>,
): Tensors {
  const [given, slots, held] = [gradients, state, parameters].map((tensors) => mapEntries(tensors, upload));
  const result = transform.update(
    given as Tensors,
    slots as Tensors,
    held as Tensors,
    mapEntries(scalars, (value) => tf.scalar(value)),
  );
  return { ...prefixed("update", result.updates), ...prefixed("state", result.state) };
}

function updateProblems(gradients: HostTensors, state: HostTensors, result: HostTensors): string[] {
  const problems: string[] = [];
  const [expected, got] = [layout(gradients), layout(under(result, "update"))];
  if (expected !== got) problems.push(`the updates are ${got}, they must be as the gradients: ${expected}`);
  const [before, after] = [layout(state), layout(under(result, "state"))];
  if (before !== after) problems.push(`the state ${before} becomes ${after}; it must keep its names and shapes`);
  const bad = notFinite(result);
  if (bad !== null) problems.push(`update gives numbers that are not finite: ${bad}`);
  return problems;
}

/** The gradients with another first number in the matrix. */
function moved(gradients: HostTensors): HostTensors {
  const { data, shape } = gradients["head/kernel"] as HostTensor;
  const changed = data.slice();
  changed[0] = (changed[0] as number) + 1;
  return { ...gradients, "head/kernel": { data: changed, shape } };
}

/** That a number of an update changed with another number of the gradient, although the transform says that it is elementwise. */
function mixedProblem(
  before: HostTensors,
  gradients: HostTensors,
  update: (gradients: HostTensors) => { readonly result: HostTensors | null },
): string | null {
  const after = update(gradients).result ?? {};
  for (const [name, { data }] of Object.entries(before)) {
    const at = data.findIndex((value, i) => !Object.is(value, after[name]?.data[i]));
    const second = data.findIndex((value, i) => i > 0 && !Object.is(value, after[name]?.data[i]));
    const found = name.endsWith("head/kernel") ? second : at;
    if (found !== -1) return `elementwise is true, but ${name}[${found}] changes with the gradient of head/kernel[0]`;
  }
  return null;
}

function drawn(random: Random): HostTensors {
  return mapEntries<readonly number[], HostTensor>(SHAPES, (shape) => ({
    data: random.normals(shape.reduce((product, length) => product * length, 1)),
    shape,
  }));
}
