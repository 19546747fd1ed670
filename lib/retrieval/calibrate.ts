import type { Distance } from "../contracts/distance.js";
import { oneOf, refuse, unknownOptions } from "../contracts/options.js";
import { distanceNamed, type DistanceName } from "../distances/index.js";
import { DataError, ShapeError } from "../errors.js";
import { rankScores, type RankedScores } from "../statistics/ranked-scores.js";
import {
  areaUnderCurve,
  bestCut,
  cutOfPrecision,
  cutOfRecall,
  type Cut,
  type ThresholdMeasure,
} from "../statistics/verification.js";
import { prepareBackend } from "../tensor/backend.js";
import { pairDistances } from "../tensor/pair-distances.js";
import { toMatrix, type Vectors } from "./vectors.js";

/** What a threshold is chosen for: the best F1, accuracy or Matthews correlation, or a share that must be reached. */
export type CalibrationTarget = ThresholdMeasure | { readonly precision: number } | { readonly recall: number };

/** Pairs of vectors of which it is known whether they match. */
export interface CalibrationPairs {
  readonly left: Vectors;
  /** As many as `left`. */
  readonly right: Vectors;
  /** One for each pair. */
  readonly matches: readonly boolean[];
  /** Default cosine. */
  readonly distance?: DistanceName | Distance;
  /** Default "f1". */
  readonly target?: CalibrationTarget;
}

/** A threshold on the distance and what it does on the pairs it was chosen on. */
export interface Calibration {
  /** Pairs at this distance or nearer are taken for matches. */
  readonly threshold: number;
  /** Name of the distance. */
  readonly distance: string;
  /** Share of the pairs taken for matches that match. */
  readonly precision: number;
  /** Share of the matches that is found. */
  readonly recall: number;
  readonly f1: number;
  /** Probability that a matching pair is nearer than another. */
  readonly auc: number;
  /** How many pairs it was chosen on. */
  readonly pairs: number;
}

/**
 * Chooses the distance up to which two items are taken for a match. Use pairs that the model was not trained on: on training pairs the
 * threshold comes out too strict.
 *
 * @throws ConfigError, ShapeError, and DataError when there is no match or no other pair, or no threshold reaches the target.
 */
export async function calibrate(given: CalibrationPairs): Promise<Calibration> {
  const { matches, target = "f1" } = given;
  refuse("calibrate", [
    ...unknownOptions(given, ["left", "right", "matches", "distance", "target"]),
    typeof target === "string" ? oneOf("target", target, ["f1", "accuracy", "mcc"]) : shareProblem(target),
  ]);
  const left = toMatrix("calibrate, left", given.left);
  const right = toMatrix("calibrate, right", given.right, left.size);
  if (right.rows !== left.rows || matches.length !== left.rows) {
    throw new ShapeError("calibrate", `as many right vectors and matches as left vectors, ${left.rows}`, [
      right.rows,
      matches.length,
    ]);
  }
  const distance = distanceNamed(given.distance ?? "cosine");
  await prepareBackend();
  const nearness = pairDistances(distance, left, right).map((value) => -value);
  const ranked = rankScores(nearness, matches.map(Number));
  if (ranked === null || ranked.positives === 0 || ranked.negatives === 0) {
    throw new DataError(
      `calibrate: needs pairs that match and pairs that do not, got ${ranked?.positives ?? 0} and ${ranked?.negatives ?? 0}`,
    );
  }
  const { threshold, precision, recall } = cut(ranked, target);
  return {
    threshold: -threshold,
    distance: distance.name,
    precision,
    recall,
    f1: precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall),
    auc: areaUnderCurve(ranked),
    pairs: matches.length,
  };
}

function cut(ranked: RankedScores, target: CalibrationTarget): Cut {
  if (typeof target === "string") return bestCut(ranked, target);
  const found = "precision" in target ? cutOfPrecision(ranked, target.precision) : cutOfRecall(ranked, target.recall);
  if (found === null) {
    throw new DataError(`calibrate: no threshold reaches ${JSON.stringify(target)}; ask for less, or train further`);
  }
  return found;
}

function shareProblem(target: object): string | null {
  const [[name, value] = ["", null], ...others] = Object.entries(target) as [string, unknown][];
  const known = others.length === 0 && (name === "precision" || name === "recall");
  return known && typeof value === "number" && value > 0 && value <= 1
    ? null
    : `target: expected "f1", "accuracy", "mcc", { precision } or { recall } above 0 and up to 1, got ${JSON.stringify(target)}`;
}
