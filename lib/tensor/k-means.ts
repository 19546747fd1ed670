import { setImmediate } from "node:timers/promises";
import type { Random } from "../random.js";
import { prepareBackend } from "./backend.js";
import type { HostMatrix } from "./host.js";
import * as tf from "./tf.js";

/** Rows compared with all centers at once. */
const BLOCK = 4096;

/** Options of `kMeans`. */
export interface KMeansOptions {
  /** Most times that centers move. Default 100. */
  readonly rounds?: number;
}

/** The cluster of each row, and how far rows are from the centers of theirs. */
export interface Clustering {
  /** `[rows]`, from 0. */
  readonly clusters: Int32Array;
  /** `[clusters, size]` */
  readonly centers: HostMatrix;
  /** Sum of squared distances of rows to their centers. */
  readonly inertia: number;
}

/**
 * Cuts rows into `count` clusters, each row in that of the nearest center by euclidean distance. Centers begin far apart (k-means++) and
 * move to the mean of their rows until none changes; a center that loses all rows moves to the row that is farthest from its own.
 *
 * Arthur, Vassilvitskii, "k-means++: The Advantages of Careful Seeding", SODA 2007.
 */
export async function kMeans(
  rows: HostMatrix,
  count: number,
  random: Random,
  { rounds = 100 }: KMeansOptions = {},
): Promise<Clustering> {
  await prepareBackend();
  const { size } = rows;
  const clusters = Math.min(count, rows.rows);
  let centers = firstCenters(rows, clusters, random);
  let found: Int32Array = new Int32Array(rows.rows).fill(-1);
  let nearest: Float64Array = new Float64Array(rows.rows);
  for (let round = 0; round < rounds; round += 1) {
    await setImmediate();
    const next = assign(rows, { data: centers, rows: clusters, size });
    const changed = next.clusters.some((cluster, row) => cluster !== found[row]);
    [found, nearest] = [next.clusters, next.distances];
    if (!changed) break;
    centers = means(rows, found, nearest, clusters);
  }
  return {
    clusters: found,
    centers: { data: centers, rows: clusters, size },
    inertia: nearest.reduce((sum, distance) => sum + distance, 0),
  };
}

/** Each next center is a row drawn with the square of its distance to the nearest center so far. */
function firstCenters({ data, rows, size }: HostMatrix, count: number, random: Random): Float32Array {
  const centers = new Float32Array(count * size);
  const nearest = new Float64Array(rows).fill(Infinity);
  let chosen = random.integer(rows);
  for (let center = 0; center < count; center += 1) {
    const place = chosen * size;
    centers.set(data.subarray(place, place + size), center * size);
    let total = 0;
    for (let row = 0; row < rows; row += 1) {
      let squared = 0;
      for (let at = 0; at < size; at += 1) squared += (data[row * size + at]! - data[place + at]!) ** 2;
      if (squared < nearest[row]!) nearest[row] = squared;
      total += nearest[row]!;
    }
    chosen = total > 0 ? draw(nearest, random.uniform() * total) : random.integer(rows);
  }
  return centers;
}

function draw(weights: Float64Array, target: number): number {
  let rest = target;
  for (let row = 0; row < weights.length; row += 1) {
    rest -= weights[row]!;
    if (rest < 0) return row;
  }
  return weights.findLastIndex((weight) => weight > 0);
}

function assign(
  { data, rows, size }: HostMatrix,
  centers: HostMatrix,
): { readonly clusters: Int32Array; readonly distances: Float64Array } {
  const clusters = new Int32Array(rows);
  const distances = new Float64Array(rows);
  const right = tf.tensor2d(centers.data, [centers.rows, size]);
  const halves = tf.tidy(() => tf.mul(0.5, tf.sum(tf.square(right), 1)));
  for (let start = 0; start < rows; start += BLOCK) {
    const end = Math.min(rows, start + BLOCK);
    const best = tf.tidy(() => {
      const left = tf.tensor2d(data.subarray(start * size, end * size), [end - start, size]);
      return tf.argMax(tf.sub(tf.matMul(left, right, false, true), halves), 1);
    });
    clusters.set(best.dataSync(), start);
    best.dispose();
  }
  right.dispose();
  halves.dispose();
  for (let row = 0; row < rows; row += 1) {
    const center = clusters[row]! * size;
    let squared = 0;
    for (let at = 0; at < size; at += 1) squared += (data[row * size + at]! - centers.data[center + at]!) ** 2;
    distances[row] = squared;
  }
  return { clusters, distances };
}

function means({ data, size }: HostMatrix, clusters: Int32Array, distances: Float64Array, count: number): Float32Array {
  const sums = new Float64Array(count * size);
  const members = new Float64Array(count);
  clusters.forEach((cluster, row) => {
    members[cluster]! += 1;
    for (let at = 0; at < size; at += 1) sums[cluster * size + at]! += data[row * size + at]!;
  });
  const centers = new Float32Array(count * size);
  const farthest = distances.slice();
  members.forEach((number, cluster) => {
    if (number > 0) {
      for (let at = 0; at < size; at += 1) centers[cluster * size + at] = sums[cluster * size + at]! / number;
      return;
    }
    const row = farthest.reduce((best, distance, at) => (distance > farthest[best]! ? at : best), 0);
    farthest[row] = -1;
    centers.set(data.subarray(row * size, (row + 1) * size), cluster * size);
  });
  return centers;
}
