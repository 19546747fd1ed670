import type { Distance } from "../contracts/distance.js";
import type { Group } from "../contracts/samples.js";
import { flag, oneOf, refuse, unknownOptions, wholeNumber, type Problem } from "../contracts/options.js";
import { distanceNamed, type DistanceName } from "../distances/index.js";
import { UsageError } from "../errors.js";
import type { HostMatrix } from "../tensor/host.js";
import { findNearest } from "../tensor/nearest-top.js";
import type { Calibration } from "./calibrate.js";
import { toMatrix, type Vectors } from "./vectors.js";

/** Options of `NearestClassifier`. */
export interface NearestClassifierOptions {
  /** How many neighbours vote. Default 1. */
  readonly k?: number;
  /** "majority" (default): the label most neighbours have, the nearer ones deciding ties; "weighted": neighbours count `1 / (1 + distance)`. */
  readonly vote?: "majority" | "weighted";
  /**
   * Neighbours farther than this do not vote; without any, the label is null. A distance, or what `calibrate` gave, by the same distance.
   * Default none: the nearest always decide.
   */
  readonly threshold?: number | Pick<Calibration, "threshold" | "distance"> | null;
  /** Default cosine. */
  readonly distance?: DistanceName | Distance;
  /** Leave out the neighbour at the same position, for classifying the examples themselves. Default false. */
  readonly leaveOneOut?: boolean;
}

/** What a query is taken for. */
export interface Classified<Label> {
  /** Null when nothing known is near enough: an open set. */
  readonly label: Label | null;
  /** To the nearest neighbour with this label; when there is none, to the nearest of all. */
  readonly distance: number;
  /** Share of the votes for the label; 0 when there is none. */
  readonly share: number;
}

/**
 * Tells the label of a vector from its nearest labelled neighbours, and, with a threshold as `calibrate` finds it, when it is none of the
 * known ones. New labels are learned by adding examples: nothing is trained again.
 */
export class NearestClassifier<Label extends Group> {
  readonly #matrix: HostMatrix;
  readonly #labels: readonly Label[];
  readonly #distance: Distance;
  readonly #options: Required<Omit<NearestClassifierOptions, "distance" | "threshold">> & {
    readonly threshold: number | null;
  };

  /**
   * @param vectors examples, with their labels.
   * @throws ConfigError, ShapeError, UsageError when labels and vectors are not equally many, or there is none.
   */
  constructor(vectors: Vectors, labels: readonly Label[], options: NearestClassifierOptions = {}) {
    const { k = 1, vote = "majority", threshold = null, leaveOneOut = false, distance = "cosine" } = options;
    const metric = distanceNamed(distance);
    refuse("NearestClassifier", [
      wholeNumber("k", k, 1),
      oneOf("vote", vote, ["majority", "weighted"]),
      flag("leaveOneOut", leaveOneOut),
      thresholdProblem(threshold, metric),
      ...unknownOptions(options, ["k", "vote", "threshold", "leaveOneOut", "distance"]),
    ]);
    this.#matrix = toMatrix("NearestClassifier", vectors);
    if (labels.length !== this.#matrix.rows || labels.length === 0) {
      throw new UsageError(
        `NearestClassifier: expected one label for each of one vector or more, got ${this.#matrix.rows} vectors and ${labels.length} labels`,
      );
    }
    this.#labels = [...labels];
    this.#distance = metric;
    const limit = typeof threshold === "object" && threshold !== null ? threshold.threshold : threshold;
    this.#options = { k, vote, threshold: limit, leaveOneOut };
  }

  /** One answer for each query. */
  async classify(queries: Vectors): Promise<Classified<Label>[]> {
    const { k, leaveOneOut } = this.#options;
    const matrix = toMatrix("NearestClassifier.classify", queries, this.#matrix.size);
    const wanted = k + (leaveOneOut ? 1 : 0);
    const { count, rows, distances } = await findNearest(this.#distance, matrix, this.#matrix, wanted);
    return Array.from({ length: matrix.rows }, (_, query) => {
      const neighbours: Neighbour<Label>[] = [];
      for (let at = query * count; at < (query + 1) * count && neighbours.length < k; at += 1) {
        const row = rows[at]!;
        if (leaveOneOut && row === query) continue;
        neighbours.push({ label: this.#labels[row]!, distance: distances[at]! });
      }
      return this.#decide(neighbours);
    });
  }

  #decide(neighbours: readonly Neighbour<Label>[]): Classified<Label> {
    const { threshold, vote } = this.#options;
    const near = neighbours.filter(({ distance }) => threshold === null || distance <= threshold);
    const votes = new Map<Label, { votes: number; distance: number }>();
    let all = 0;
    for (const { label, distance } of near) {
      const weight = vote === "weighted" ? 1 / (1 + Math.max(0, distance)) : 1;
      const counted = votes.get(label) ?? { votes: 0, distance };
      votes.set(label, { ...counted, votes: counted.votes + weight });
      all += weight;
    }
    let best: Classified<Label> = { label: null, distance: neighbours[0]?.distance ?? NaN, share: 0 };
    // Labels come in the order of their nearest neighbour, so that the nearer one keeps a tie.
    for (const [label, { votes: own, distance }] of votes) {
      if (own / all > best.share) best = { label, distance, share: own / all };
    }
    return best;
  }
}

function thresholdProblem(given: unknown, metric: Distance): Problem {
  if (given === null || Number.isFinite(given)) return null;
  const { threshold, distance } = Object(given) as Partial<Calibration>;
  if (!Number.isFinite(threshold)) return "threshold: expected a number, what calibrate gave, or null";
  return distance === metric.name
    ? null
    : `threshold: was calibrated by the distance "${distance}", and vectors are compared by "${metric.name}"`;
}

interface Neighbour<Label> {
  readonly label: Label;
  readonly distance: number;
}
