import { Random } from "../random.js";
import { differentiate } from "../tensor/differentiate.js";
import { type HostTensor, type HostTensors, upload } from "../tensor/host.js";
import * as tf from "../tensor/tf.js";
import { mapEntries, type Tensors } from "../tensor/tree.js";
import { spreadPositions } from "./positions.js";
import { runTwice } from "./run-twice.js";

/** How a gradient is checked against central differences. */
export interface GradientCheckOptions {
  /**
   * Largest step, as a part of the root mean square of the tensor that is moved (of 1 where that is zero); where it disagrees it is
   * halved, six times at most. Default 1/16.
   */
  readonly step?: number;
  /** Largest error relative to the larger of both values. Default 0.03. */
  readonly relative?: number;
  /** Error that is always allowed besides what rounding makes. Default 0. */
  readonly absolute?: number;
  /** Numbers checked of each tensor, spread over all its axes. Default 20. */
  readonly samples?: number;
}

/** The signs of this many random directions are tried, in which all numbers of a tensor move at once. */
const DIRECTIONS = 3;
/** Steps that are tried, each half of the one before. */
const STEPS = 7;
/** Error of single precision in a value that was computed by a few operations. */
const ROUNDING = 2 ** -21;
/** Slopes below this part of the tensor's largest are allowed the error of such a one: they drown in what the others round. */
const SMALL = 1 / 32;

/**
 * Compares the gradient of a scalar function with central differences `(f(x + h) - f(x - h)) / 2h` of the same function: for single
 * numbers of each tensor, and along random directions, in which a gradient that is lost counts however large the batch is.
 *
 * Steps are a part of the size of the tensor, so that small numbers, such as fresh proxies, are not moved far away. A step that disagrees
 * is halved, and one that agrees is enough: large ones meet curvature and kinks, small ones the rounding of single precision. When none
 * agrees, what the most certain of them is uncertain by is not held against the gradient. The function must give the same value twice, read none back and leave no tensor.
 * Needs a tfjs backend (`await prepareBackend()`, from here); leaves no tensor.
 *
 * @returns one sentence for each number that disagrees; empty when all agree.
 */
export function checkGradient(
  compute: (parameters: Tensors) => tf.Scalar,
  at: HostTensors,
  { step = 1 / 16, relative = 0.03, absolute = 0, samples = 20 }: GradientCheckOptions = {},
): string[] {
  let shape: readonly number[] = [];
  const { result: analytic, problems } = runTwice("the gradient", () =>
    gradientsOf((parameters) => {
      const value = compute(parameters);
      ({ shape } = value);
      return shape.length === 0 ? value : tf.sum(value);
    }, at),
  );
  if (shape.length > 0) return [notScalar("value", shape)];
  if (analytic === null || problems.length > 0) return [...problems];
  return Object.entries(at).flatMap(([name, tensor]) => {
    const gradient = (analytic[name] as HostTensor).data;
    const largestStep = step * (rootMeanSquare(tensor) || 1);
    const valueAt = (moved: HostTensor): number =>
      tf.tidy(() => compute(mapEntries({ ...at, [name]: moved }, upload)).dataSync()[0] as number);
    const disagreement = (got: number, direction: Direction, size: number): number | null => {
      const tried: Difference[] = [];
      for (let by = largestStep; tried.length < STEPS; by /= 2) {
        const [above, below] = [valueAt(moved(tensor, direction, by)), valueAt(moved(tensor, direction, -by))];
        const slope = (above - below) / (2 * by);
        const larger = Math.max(Math.abs(got), Math.abs(slope), size);
        const rounding = (ROUNDING * Math.max(Math.abs(above), Math.abs(below))) / by;
        const error = Math.abs(got - slope) - (absolute + relative * larger + rounding);
        if (error <= 0) return null;
        tried.push({ by, slope, error, spread: Math.abs(slope - (tried.at(-1)?.slope ?? NaN)) });
      }
      const { slope, error, spread, noise } = mostCertain(tried);
      return error <= 2 * spread + noise ? null : slope;
    };
    let largest = 0;
    for (const slope of gradient) largest = Math.max(largest, Math.abs(slope));
    const alone = spreadPositions(tensor.shape, samples).flatMap((position) => {
      const got = gradient[position] as number;
      const expected = disagreement(got, (i) => (i === position ? 1 : 0), SMALL * largest);
      return expected === null ? [] : [`gradient of ${name}[${position}] is ${got}, differences give ${expected}`];
    });
    if (alone.length > 0) return alone;
    // A sum of many slopes may be near zero by chance: it is judged by the length of the gradient.
    const length = rootMeanSquare({ data: gradient }) * Math.sqrt(gradient.length);
    return randomDirections(tensor.data.length).flatMap((signs) => {
      const got = signs.reduce((sum, sign, i) => sum + sign * (gradient[i] as number), 0);
      const expected = disagreement(got, (i) => signs[i] as number, length);
      return expected === null
        ? []
        : [`gradient of ${name} along a random direction is ${got}, differences give ${expected}`];
    });
  });
}

/** The gradient of a scalar function; call it where tensors are tidied up. */
export function gradientsOf(compute: (parameters: Tensors) => tf.Scalar, at: HostTensors): Tensors {
  return differentiate(mapEntries(at, upload), (given) => ({ value: compute(given), rest: {} })).gradients;
}

/** Says that something is not one number. */
export function notScalar(what: string, shape: readonly number[]): string {
  return `the ${what} has shape [${shape.join(", ")}], it must be a scalar: one number, such as the mean`;
}

interface Difference {
  readonly by: number;
  readonly slope: number;
  /** By how much the gradient is farther from the slope than is allowed. */
  readonly error: number;
  /** From the slope of twice the step. */
  readonly spread: number;
}

/**
 * The difference that changes least when its step is halved, with the noise of the function there: small steps, which noise rules, show
 * how large it is, and it falls as steps grow.
 */
function mostCertain(tried: readonly Difference[]): Difference & { readonly noise: number } {
  const compared = tried.slice(1).filter(({ spread }) => !Number.isNaN(spread));
  const noise = Math.max(0, ...compared.slice(-2).map(({ spread, by }) => spread * by));
  const best = compared.reduce((least, one) => (one.spread < least.spread ? one : least), compared[0] ?? NOWHERE);
  return { ...best, noise: noise / best.by };
}

const NOWHERE: Difference = { by: 1, slope: NaN, error: NaN, spread: NaN };

type Direction = (position: number) => number;

function moved({ data, shape }: HostTensor, direction: Direction, by: number): HostTensor {
  return { data: data.map((value, position) => value + by * direction(position)), shape };
}

function randomDirections(size: number): readonly Int8Array[] {
  if (size === 0) return [];
  const random = new Random("directions");
  return Array.from({ length: DIRECTIONS }, () => Int8Array.from({ length: size }, () => (random.bits() & 1) * 2 - 1));
}

function rootMeanSquare({ data }: Pick<HostTensor, "data">): number {
  let sum = 0;
  for (const value of data) sum += value * value;
  return data.length === 0 ? 0 : Math.sqrt(sum / data.length);
}
