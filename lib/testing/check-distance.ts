import type { Distance } from "../contracts/distance.js";
import { requireOptions } from "../contracts/options.js";
import { distanceNamed, savedDistance, type SavedDistance } from "../distances/index.js";
import { Random } from "../random.js";
import { upload, type HostTensor, type HostTensors } from "../tensor/host.js";
import * as tf from "../tensor/tf.js";
import { mapEntries, type Tensors } from "../tensor/tree.js";
import { difference, notFinite } from "./compare.js";
import { checkGradient, gradientsOf, type GradientCheckOptions } from "./gradient.js";
import { runTwice, thrown } from "./run-twice.js";
import { weighedSum } from "./running.js";
import { changedConfiguration, configurationProblems, savedConfiguration } from "./saved-configuration.js";

const FORMS = ["matrix", "pairs"] as const;

/**
 * Checks a distance of your own on random vectors: shapes, rows that do not depend on others, the same scale for pairs and matrices, a similarity that falls as it grows,
 * gradients, which must be finite for equal and zero vectors too, its form as an inner product, saving under the name it is registered by.
 * @returns one sentence for each thing that is wrong.
 */
export function checkDistance(
  distance: Distance,
  options: GradientCheckOptions & { readonly seed?: number } = {},
): Promise<string[]> {
  requireOptions("checkDistance", distance, "a distance such as new Cosine()");
  const random = new Random(`${options.seed ?? 0}/distance`);
  const rows = (count: number): HostTensor => ({ data: random.normals(count * 6), shape: [count, 6] });
  const at = { left: rows(4), right: rows(5) };
  const same = { left: at.left, right: { data: at.right.data.slice(0, 24), shape: [4, 6] } };
  const { result, problems } = runTwice("the distance", () => {
    const given = mapEntries({ ...at, partners: same.right }, upload) as Record<string, tf.Tensor2D>;
    const [left, right, partners] = ["left", "right", "partners"].map((name) => given[name]) as [
      tf.Tensor2D,
      tf.Tensor2D,
      tf.Tensor2D,
    ];
    const pairs = distance.pairs(left, partners);
    return {
      matrix: distance.matrix(left, right),
      turned: distance.matrix(right, left),
      square: distance.matrix(left, partners),
      pairs,
      similarity: distance.similarity(pairs),
      alone: distance.matrix(tf.slice(left, [0, 0], [1, 6]), tf.slice(right, [0, 0], [1, 6])),
      "pair alone": distance.pairs(tf.slice(left, [0, 0], [1, 6]), tf.slice(partners, [0, 0], [1, 6])),
    };
  });
  const found = [...problems, ...(result === null ? [] : valueProblems(distance, result, at))];
  if (problems.length === 0) {
    for (const form of FORMS) {
      const compute = (given: Tensors): tf.Scalar => weighedSum(formOf(distance, form, given));
      const gradients = checkGradient(compute, form === "pairs" ? same : at, options);
      found.push(...gradients.map((problem) => `of ${form}: ${problem}`), ...degenerateProblems(distance, form));
    }
  }
  return Promise.resolve([...found, ...savingProblems(distance, at)]);
}

function formOf(distance: Distance, form: (typeof FORMS)[number], given: Tensors): tf.Tensor {
  return distance[form](given["left"] as tf.Tensor2D, given["right"] as tf.Tensor2D);
}

function valueProblems(distance: Distance, result: HostTensors, at: { left: HostTensor; right: HostTensor }): string[] {
  const shapes = {
    matrix: [4, 5],
    turned: [5, 4],
    square: [4, 4],
    pairs: [4],
    similarity: [4],
    alone: [1, 1],
    "pair alone": [1],
  };
  const wrong = Object.entries(shapes).flatMap(([name, shape]) => {
    const got = result[name]?.shape ?? [];
    return got.join() === shape.join() ? [] : [`${name} gives [${got.join(", ")}] for [${shape.join(", ")}]`];
  });
  if (wrong.length > 0) return wrong;
  const bad = notFinite(result);
  if (bad !== null) return [`the distance is not finite: ${bad}`];
  const [matrix, square, pairs, similarity] = ["matrix", "square", "pairs", "similarity"].map((name) => [
    ...(result[name] as HostTensor).data,
  ]) as [number[], number[], number[], number[]];
  const problems: string[] = [];
  const apart = pairs.findIndex((value, i) => !close(value, square[5 * i] as number));
  if (apart !== -1)
    problems.push(`pairs gives ${pairs[apart]} for two rows of which matrix gives ${square[5 * apart]}`);
  for (const [among, alone] of [
    [matrix, "alone"],
    [pairs, "pair alone"],
  ] as const) {
    const single = result[alone]?.data[0] as number;
    if (!close(among[0] as number, single))
      problems.push(`the distance of two rows depends on the others: ${among[0]} among others, ${single} alone`);
  }
  if (new Set(matrix).size === 1) problems.push(`the distance is ${matrix[0]} for all rows`);
  else if (new Set(similarity).size === 1) problems.push(`the similarity is ${similarity[0]} for all distances`);
  const order = [...pairs.keys()].sort((i, j) => (pairs[i] as number) - (pairs[j] as number));
  if (
    order.some(
      (i, place) => place > 0 && (similarity[i] as number) > (similarity[order[place - 1] as number] as number),
    )
  )
    problems.push("similarity grows with the distance; it must fall");
  const [smallest, largest] = distance.similarityRange ?? [-Infinity, Infinity];
  const outside = similarity.find((value) => value < smallest - 1e-5 || value > largest + 1e-5);
  if (outside !== undefined) problems.push(`a similarity is ${outside}, outside of ${smallest} to ${largest}`);
  return [...problems, ...innerProductProblems(distance, at, matrix)];
}

function innerProductProblems(
  distance: Distance,
  { left, right }: { left: HostTensor; right: HostTensor },
  matrix: readonly number[],
): string[] {
  const form = distance.asInnerProduct();
  if (form === null) return [];
  const rowsOf = ({ data, shape: [rows = 0, size = 0] }: HostTensor): number[][] =>
    Array.from({ length: rows }, (_, i) => {
      const row = [...data.slice(i * size, (i + 1) * size)];
      const length = form.normalize ? Math.hypot(...row) : 1;
      return row.map((value) => value / length);
    });
  const dot = (x: readonly number[], y: readonly number[]): number =>
    x.reduce((sum, value, i) => sum + value * (y[i] as number), 0);
  const columns = rowsOf(right);
  const found = rowsOf(left).flatMap((x) =>
    columns.map((y) => {
      const score = dot(x, y) - (form.subtractHalfSquaredNorm ? dot(y, y) / 2 : 0);
      return form.distance(score, dot(x, x), dot(y, y));
    }),
  );
  const at = found.findIndex((value, i) => !close(value, matrix[i] as number));
  return at === -1 ? [] : [`asInnerProduct gives ${found[at]} for two rows of which matrix gives ${matrix[at]}`];
}

/** Equal rows and zero rows: where roots and divisions go wrong. */
function degenerateProblems(distance: Distance, form: (typeof FORMS)[number]): string[] {
  const rows = { data: Float32Array.of(1, 2, 3, 1, 2, 3, 0, 0, 0, 0, 0, 0), shape: [4, 3] };
  const { result } = runTwice(form, () =>
    gradientsOf((given) => tf.sum(formOf(distance, form, given)), { left: rows, right: rows }),
  );
  const bad = result === null ? null : notFinite(result);
  return bad === null ? [] : [`of ${form}: the gradient of equal and zero rows is not finite: ${bad}`];
}

function savingProblems(distance: Distance, at: HostTensors): string[] {
  const kept = configurationProblems(distance.config ?? {});
  if (kept.length > 0) return kept;
  try {
    const { name, config = {} } = distance;
    const saved: SavedDistance = { name, config: savedConfiguration(config) };
    const again = distanceNamed(saved);
    const matrix = (one: Distance): HostTensors =>
      runTwice(name, () => ({ matrix: formOf(one, "matrix", mapEntries(at, upload)) })).result ?? {};
    const other = difference(matrix(distance), matrix(again));
    return [
      ...changedConfiguration(savedDistance(distance), savedDistance(again)),
      ...(other === null ? [] : [`it computes other numbers after loading: ${other}; is an option not in config?`]),
    ];
  } catch (error) {
    return [`${thrown("loading it again", error)}; was registerDistance("${distance.name}", …) called?`];
  }
}

const close = (one: number, other: number): boolean => Math.abs(one - other) <= 1e-4 * (1 + Math.abs(other));
