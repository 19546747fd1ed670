import type { Distance } from "../contracts/distance.js";
import { refuse, unknownOptions, wholeNumber } from "../contracts/options.js";
import { distanceNamed, type DistanceName } from "../distances/index.js";
import { findNearest, type Nearest, type SearchChunks } from "../tensor/nearest-top.js";
import { CHUNKS, chunkProblems } from "./search-chunks.js";
import { toMatrix, type Vectors } from "./vectors.js";

/** Options of `findDuplicates`. */
export interface DuplicateSearch extends SearchChunks {
  /** Pairs farther apart than this are left out; null (default) for none. */
  readonly threshold?: number | null;
  /** Neighbours looked at for each vector. Default 10. */
  readonly neighbours?: number;
  /** Most pairs that are given. Default 1,000,000. */
  readonly most?: number;
  /** Default cosine. */
  readonly distance?: DistanceName | Distance;
}

/** Two vectors that lie near each other. */
export interface NearPair {
  /** The smaller position. */
  readonly left: number;
  readonly right: number;
  readonly distance: number;
}

/**
 * The nearest pairs among vectors, nearest first: duplicates, paraphrases. A pair is found when one of its vectors is among the
 * `neighbours` nearest of the other, so that memory grows with the vectors and not with their square.
 */
export async function findDuplicates(vectors: Vectors, options: DuplicateSearch = {}): Promise<NearPair[]> {
  const { threshold = null, neighbours = 10, most = 1_000_000, distance = "cosine" } = options;
  refuse("findDuplicates", [
    threshold === null || Number.isFinite(threshold) ? null : "threshold: expected a number or null",
    wholeNumber("neighbours", neighbours, 1),
    wholeNumber("most", most, 1),
    ...chunkProblems(options),
    ...unknownOptions(options, ["threshold", "neighbours", "most", "distance", ...CHUNKS]),
  ]);
  const { size, count, rows, distances } = await nearestOfAll("findDuplicates", vectors, neighbours, distance, options);
  const pairs = new Map<number, NearPair>();
  for (let at = 0; at < rows.length; at += 1) {
    const [query, found, apart] = [Math.floor(at / count), rows[at]!, distances[at]!];
    if (found === query || (threshold !== null && apart > threshold)) continue;
    const [left, right] = [Math.min(query, found), Math.max(query, found)];
    pairs.set(left * size + right, { left, right, distance: apart });
  }
  return [...pairs.values()]
    .sort((one, other) => one.distance - other.distance || one.left - other.left || one.right - other.right)
    .slice(0, most);
}

/** Options of `findCommunities`. */
export interface CommunitySearch extends SearchChunks {
  /** Members lie no farther than this from the center. */
  readonly threshold: number;
  /** Smaller communities are left out. Default 2. */
  readonly least?: number;
  /** Most members that are looked for round a center. Default 1,000. */
  readonly neighbours?: number;
  /** Default cosine. */
  readonly distance?: DistanceName | Distance;
}

/** Vectors round one of them. */
export interface Community {
  /** Position of the center. */
  readonly center: number;
  /** Positions, the center first, then by distance to it. */
  readonly members: readonly number[];
}

/**
 * Groups of vectors that lie near each other, largest first; no vector is in two. Vectors with many neighbours within the threshold
 * become centers first. For topics in a pile of texts, where k-means would need their number.
 */
export async function findCommunities(vectors: Vectors, options: CommunitySearch): Promise<Community[]> {
  const { threshold, least = 2, neighbours = 1000, distance = "cosine" } = options;
  refuse("findCommunities", [
    Number.isFinite(threshold) ? null : "threshold: expected a number",
    wholeNumber("least", least, 1),
    wholeNumber("neighbours", neighbours, 1),
    ...chunkProblems(options),
    ...unknownOptions(options, ["threshold", "least", "neighbours", "distance", ...CHUNKS]),
  ]);
  const { size, count, rows, distances } = await nearestOfAll(
    "findCommunities",
    vectors,
    neighbours,
    distance,
    options,
  );
  const around = Array.from({ length: size }, (_, center) => {
    const members = [center];
    for (let at = center * count; at < (center + 1) * count && distances[at]! <= threshold; at += 1) {
      if (rows[at] !== center) members.push(rows[at]!);
    }
    return { center, members };
  }).filter(({ members }) => members.length >= least);
  around.sort((one, other) => other.members.length - one.members.length || one.center - other.center);
  const taken = new Set<number>();
  const found: Community[] = [];
  for (const { center, members } of around) {
    if (taken.has(center)) continue;
    const free = members.filter((member) => !taken.has(member));
    if (free.length < least) continue;
    for (const member of free) taken.add(member);
    found.push({ center, members: free });
  }
  return found.sort((one, other) => other.members.length - one.members.length || one.center - other.center);
}

/** The nearest of each vector among all of them, itself included, and how many vectors there are. */
async function nearestOfAll(
  caller: string,
  vectors: Vectors,
  neighbours: number,
  distance: DistanceName | Distance,
  chunks: SearchChunks,
): Promise<Nearest & { readonly size: number }> {
  const matrix = toMatrix(caller, vectors);
  const nearest = await findNearest(distanceNamed(distance), matrix, matrix, neighbours + 1, chunks);
  return { ...nearest, size: matrix.rows };
}
