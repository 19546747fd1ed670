import type { Distance } from "../../lib/contracts/index.js";
import {
  Cosine,
  DotProduct,
  Euclidean,
  Lp,
  Manhattan,
  SignalToNoise,
  SquaredEuclidean,
} from "../../lib/distances/index.js";
import { dot, length, minus } from "../support/plain-distance.js";

const unit = (x: readonly number[]): number[] => x.map((value) => value / length(x));
const variance = (x: readonly number[]): number => {
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  return x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
};

/** What each distance means, in plain numbers. */
export const oracles: readonly {
  distance: Distance;
  between: (x: readonly number[], y: readonly number[]) => number;
  similarity: (d: number) => number;
}[] = [
  { distance: new Cosine(), between: (x, y) => 1 - dot(x, y) / (length(x) * length(y)), similarity: (d) => 1 - d },
  { distance: new Euclidean(), between: (x, y) => length(minus(x, y)), similarity: (d) => 1 / (1 + d) },
  { distance: new SquaredEuclidean(), between: (x, y) => length(minus(x, y)) ** 2, similarity: (d) => 1 / (1 + d) },
  {
    distance: new Manhattan(),
    between: (x, y) => minus(x, y).reduce((sum, v) => sum + Math.abs(v), 0),
    similarity: (d) => 1 / (1 + d),
  },
  { distance: new DotProduct(), between: (x, y) => -dot(x, y), similarity: (d) => -d },
  {
    distance: new Lp({ p: 3, power: 2 }),
    between: (x, y) => minus(x, y).reduce((sum, v) => sum + Math.abs(v) ** 3, 0) ** (2 / 3),
    similarity: (d) => 1 / (1 + d),
  },
  {
    distance: new Lp({ normalize: true, power: 3 }),
    between: (x, y) => length(minus(unit(x), unit(y))) ** 3,
    similarity: (d) => 1 / (1 + d),
  },
  {
    distance: new SignalToNoise(),
    between: (x, y) => variance(minus(x, y)) / variance(x),
    similarity: (d) => 1 / (1 + d),
  },
];
