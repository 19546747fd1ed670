import * as tf from "likewise/tf";
import { Distance } from "../../lib/contracts/index.js";
import { Cosine, type DistanceName } from "../../lib/distances/index.js";
import type { Matrix } from "./gradient.js";

type Row = readonly number[];

export const dot = (x: Row, y: Row): number => x.reduce((sum, value, at) => sum + value * (y[at] as number), 0);
export const length = (x: Row): number => Math.sqrt(dot(x, x));
export const minus = (x: Row, y: Row): number[] => x.map((value, at) => value - (y[at] as number));

/** Distances in plain numbers. */
export const plainDistance: Readonly<Record<DistanceName, (x: Row, y: Row) => number>> = {
  cosine: (x, y) => (length(x) * length(y) === 0 ? 1 : 1 - dot(x, y) / (length(x) * length(y))),
  euclidean: (x, y) => length(minus(x, y)),
  "squared-euclidean": (x, y) => dot(minus(x, y), minus(x, y)),
  manhattan: (x, y) => minus(x, y).reduce((sum, value) => sum + Math.abs(value), 0),
  "dot-product": (x, y) => -dot(x, y),
  "signal-to-noise": (x, y) => (variance(x) === 0 ? 1 : variance(minus(x, y)) / variance(x)),
};

const variance = (x: Row): number => {
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  return x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
};

/** `[n][m]` distances in plain numbers. */
export const plainMatrix = (name: DistanceName, left: Matrix, right: Matrix): number[][] =>
  left.map((x) => right.map((y) => plainDistance[name](x, y)));

/** Cosine as Quaterion has it in matrices: `(1 - cos) / 2`. Only to compare with its numbers. */
export class HalvedCosine extends Distance {
  readonly name = "halved-cosine";
  readonly #cosine = new Cosine();

  override matrix(left: tf.Tensor2D, right: tf.Tensor2D): tf.Tensor2D {
    return tf.mul(this.#cosine.matrix(left, right), 0.5);
  }

  override pairs(left: tf.Tensor2D, right: tf.Tensor2D): tf.Tensor1D {
    return tf.mul(this.#cosine.pairs(left, right), 0.5);
  }

  override similarity<T extends tf.Tensor>(distance: T): T {
    return tf.sub(1, distance);
  }

  override asInnerProduct(): null {
    return null;
  }
}

/** Cosine as Quaterion has it in a loss that uses both: halved in matrices, not in pairs. Only to compare with its numbers. */
export class MixedCosine extends Distance {
  readonly name = "mixed-cosine";
  readonly #cosine = new Cosine();
  readonly #halved = new HalvedCosine();

  override matrix(left: tf.Tensor2D, right: tf.Tensor2D): tf.Tensor2D {
    return this.#halved.matrix(left, right);
  }

  override pairs(left: tf.Tensor2D, right: tf.Tensor2D): tf.Tensor1D {
    return this.#cosine.pairs(left, right);
  }

  override similarity<T extends tf.Tensor>(distance: T): T {
    return this.#cosine.similarity(distance);
  }

  override asInnerProduct(): null {
    return null;
  }
}

/** Our distance for a name of Quaterion's, as its losses over distance matrices have it. */
export function quaterionDistance(name: unknown): DistanceName | Distance {
  switch (name) {
    case "cosine":
      return new HalvedCosine();
    case "dot_product":
      return "dot-product";
    default:
      return name as DistanceName;
  }
}
