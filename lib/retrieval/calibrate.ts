import type { Distance } from "../contracts/distance.js";
import { oneOf, refuse, unknownOptions, wholeNumber, type Problem } from "../contracts/options.js";
import { distanceNamed, type DistanceName } from "../distances/index.js";
import { DataError, ShapeError } from "../errors.js";
import { rankScores, type RankedScores } from "../statistics/ranked-scores.js";
import {
  allCuts,
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

/**
 * What a threshold is chosen for: the best F1, accuracy or Matthews correlation; the best recall at a precision that must be reached, or the
 * best precision at a recall that must be. Of equally good thresholds the smaller distance.
 */
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

/** Pairs for which several thresholds are chosen at once. */
export interface CalibrationTargets<Name extends string> extends CalibrationPairs {
  /** What each is chosen for, under names of your own, such as `{ strict: { precision: 0.99 }, loose: { recall: 0.95 } }`. */
  readonly targets: Readonly<Record<Name, CalibrationTarget>>;
  /** Most rows of `thresholds`, 2 or more. Default 1,000. */
  readonly mostThresholds?: number;
}

/** A threshold on the distance and what it does on the pairs it was chosen on. */
export interface Calibration {
  /** Pairs at this distance or nearer are taken for matches; below every distance when it is best to take none. */
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

/** What a threshold would do. */
export interface ThresholdRow {
  /** The distance up to which pairs are taken for matches: halfway to the next pair. */
  readonly threshold: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** Thresholds for several targets. Plain data, that JSON can say. */
export interface Calibrations<Name extends string> {
  /** For `target`. */
  readonly optimal: Calibration;
  /** For each of `targets`. */
  readonly cutpoints: Readonly<Record<Name, Calibration>>;
  /** One for each different distance, nearest first; of more than `mostThresholds`, those at even steps with the first and the last. */
  readonly thresholds: readonly ThresholdRow[];
}

/**
 * Chooses the distance up to which two items are taken for a match. Use pairs that the model was not trained on: on training pairs the
 * threshold comes out too strict.
 *
 * With `targets` it chooses several at once, and tells what every other threshold would do.
 *
 * @throws ConfigError, ShapeError, and DataError when there is no match or no other pair, or no threshold reaches a target.
 */
export async function calibrate<const Name extends string>(
  given: CalibrationTargets<Name>,
): Promise<Calibrations<Name>>;
export async function calibrate(given: CalibrationPairs): Promise<Calibration>;
export async function calibrate(
  given: CalibrationPairs & Partial<CalibrationTargets<string>>,
): Promise<Calibration | Calibrations<string>> {
  const { matches, target = "f1", targets, mostThresholds = 1000 } = given;
  const several = targets === undefined ? [] : ["mostThresholds"];
  refuse("calibrate", [
    ...unknownOptions(given, ["left", "right", "matches", "distance", "target", "targets", ...several]),
    targetProblem("target", target),
    wholeNumber("mostThresholds", mostThresholds, 2),
    ...targetsProblems(targets),
  ]);
  const distance = distanceNamed(given.distance ?? "cosine");
  const distances = await distancesOf("calibrate", given, distance);
  const ranked = rankScores(
    distances.map((value) => -value),
    matches.map(Number),
  );
  if (ranked === null || ranked.positives === 0 || ranked.negatives === 0) {
    throw new DataError(
      `calibrate: needs pairs that match and pairs that do not, got ${ranked?.positives ?? 0} and ${ranked?.negatives ?? 0}`,
    );
  }
  const auc = areaUnderCurve(ranked);
  const chosen = (wanted: CalibrationTarget, name = ""): Calibration => {
    const { threshold, precision, recall, f1 } = rowOf(cut(ranked, wanted, name));
    return { threshold, distance: distance.name, precision, recall, f1, auc, pairs: matches.length };
  };
  const optimal = chosen(target);
  if (targets === undefined) return optimal;
  return {
    optimal,
    cutpoints: Object.fromEntries(Object.entries(targets).map(([name, wanted]) => [name, chosen(wanted, name)])),
    thresholds: allCuts(ranked, mostThresholds).map(rowOf),
  };
}

function rowOf({ threshold, precision, recall }: Cut): ThresholdRow {
  return {
    // JSON has no infinity; and no zero is negative.
    threshold: threshold === Infinity ? -Number.MAX_VALUE : 0 - threshold,
    precision,
    recall,
    f1: precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall),
  };
}

/** What a threshold does on pairs. */
export interface ThresholdReport {
  /** For each pair, whether it is taken for a match. */
  readonly decisions: readonly boolean[];
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly accuracy: number;
}

/**
 * Decides for each pair whether it is a match, by a threshold that `calibrate` found, and counts how often that is right. Precision is
 * NaN when none is taken for a match, recall when none is one.
 *
 * @throws ConfigError, ShapeError.
 */
export async function applyThreshold(
  { threshold }: Pick<Calibration, "threshold">,
  given: Omit<CalibrationPairs, "target">,
): Promise<ThresholdReport> {
  refuse("applyThreshold", [
    Number.isFinite(threshold) ? null : "threshold: expected a number",
    ...unknownOptions(given, ["left", "right", "matches", "distance"]),
  ]);
  const distances = await distancesOf("applyThreshold", given, distanceNamed(given.distance ?? "cosine"));
  const decisions = Array.from(distances, (distance) => distance <= threshold);
  const taken = decisions.filter(Boolean).length;
  const matching = given.matches.filter(Boolean).length;
  const hits = decisions.filter((is, at) => is && given.matches[at]).length;
  const right = decisions.filter((is, at) => is === given.matches[at]).length;
  return {
    decisions,
    precision: hits / taken,
    recall: hits / matching,
    f1: (2 * hits) / (taken + matching),
    accuracy: right / decisions.length,
  };
}

async function distancesOf(
  who: string,
  given: Pick<CalibrationPairs, "left" | "right" | "matches">,
  distance: Distance,
): Promise<Float32Array> {
  const left = toMatrix(`${who}, left`, given.left);
  const right = toMatrix(`${who}, right`, given.right, left.size);
  const { length } = given.matches;
  if (right.rows !== left.rows || length !== left.rows) {
    throw new ShapeError(who, `as many right vectors and matches as left vectors, ${left.rows}`, [right.rows, length]);
  }
  await prepareBackend();
  return pairDistances(distance, left, right);
}

function cut(ranked: RankedScores, target: CalibrationTarget, name: string): Cut {
  if (typeof target === "string") return bestCut(ranked, target);
  const found = "precision" in target ? cutOfPrecision(ranked, target.precision) : cutOfRecall(ranked, target.recall);
  if (found === null) {
    const wanted = `${JSON.stringify(target)}${name === "" ? "" : ` of "${name}"`}`;
    throw new DataError(`calibrate: no threshold reaches ${wanted}; ask for less, or train further`);
  }
  return found;
}

function targetsProblems(targets: unknown): Problem[] {
  if (targets === undefined) return [];
  if (typeof targets !== "object" || targets === null || Object.keys(targets).length === 0) {
    return ["targets: expected an object with one target or more"];
  }
  return Object.entries(targets).map(([name, target]) => targetProblem(`targets.${name}`, target));
}

function targetProblem(name: string, target: unknown): Problem {
  return typeof target === "object" && target !== null
    ? shareProblem(name, target)
    : oneOf(name, target, ["f1", "accuracy", "mcc"]);
}

function shareProblem(who: string, target: object): Problem {
  const [[name, value] = ["", null], ...others] = Object.entries(target) as [string, unknown][];
  const known = others.length === 0 && (name === "precision" || name === "recall");
  return known && typeof value === "number" && value > 0 && value <= 1
    ? null
    : `${who}: expected "f1", "accuracy", "mcc", { precision } or { recall } above 0 and up to 1, got ${JSON.stringify(target)}`;
}
