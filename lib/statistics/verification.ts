import type { RankedScores } from "./ranked-scores.js";

/**
 * Area under the receiver operating characteristic: the probability that a relevant one scores higher than another, equal scores
 * counting half. 0.5 for guesses; NaN when all are relevant or none is.
 */
export function areaUnderCurve({ truePositives, falsePositives, positives, negatives }: RankedScores): number {
  let area = 0;
  let hits = 0;
  let alarms = 0;
  truePositives.forEach((found, level) => {
    area += (falsePositives[level]! - alarms) * (hits + found) * 0.5;
    hits = found;
    alarms = falsePositives[level]!;
  });
  return area / (positives * negatives);
}

/**
 * Average precision: precision at each threshold, weighed by the recall it adds. Equal scores share one threshold. NaN when none is
 * relevant.
 */
export function averagePrecision({ truePositives, falsePositives, positives }: RankedScores): number {
  let sum = 0;
  let before = 0;
  truePositives.forEach((found, level) => {
    sum += ((found - before) * found) / (found + falsePositives[level]!);
    before = found;
  });
  return sum / positives;
}

/** What a threshold is judged by. */
export type ThresholdMeasure = "f1" | "accuracy" | "mcc";

/** A threshold and what it reaches. */
export interface Cut {
  /** Scores of at least this much are taken for relevant; Infinity takes none. */
  readonly threshold: number;
  /** The measure at this threshold. */
  readonly value: number;
  /** Share of those taken that is relevant. 1 when none is taken. */
  readonly precision: number;
  /** Share of the relevant that is taken. */
  readonly recall: number;
}

/**
 * The threshold with the highest F1, accuracy or Matthews correlation; halfway between the lowest score it takes and the highest it
 * does not, so that a new score is judged by the nearer of both. NaN throughout when there is nothing to judge.
 */
export function bestCut(ranked: RankedScores, measure: ThresholdMeasure): Cut {
  const { thresholds } = ranked;
  let best = -1;
  let value = measureAt(ranked, -1, measure);
  for (let level = 0; level < thresholds.length; level += 1) {
    const here = measureAt(ranked, level, measure);
    if (here > value) [best, value] = [level, here];
  }
  return cutAt(ranked, best, value);
}

/**
 * Of the thresholds at which at least this share of what is taken is relevant, that with the highest recall, and of several the highest,
 * which takes fewest others; null when no threshold gives the share.
 */
export function cutOfPrecision(ranked: RankedScores, precision: number): Cut | null {
  return bestLevel(ranked, "precision", ({ precision: reached, recall }) =>
    reached >= precision && recall > 0 ? recall : null,
  );
}

/**
 * Of the thresholds at which at least this share of the relevant is taken, that with the highest precision, and of several the highest;
 * null when nothing is relevant.
 */
export function cutOfRecall(ranked: RankedScores, recall: number): Cut | null {
  return bestLevel(ranked, "recall", ({ precision, recall: reached }) => (reached >= recall ? precision : null));
}

/**
 * What every threshold reaches that tells two different scores apart, highest first, with its F1 as value; of more than `most`, those at
 * even steps with the first and the last.
 */
export function allCuts(ranked: RankedScores, most: number): Cut[] {
  const levels = ranked.thresholds.length;
  const count = Math.min(levels, most);
  return Array.from({ length: count }, (_, at) => {
    const level = count === 1 ? levels - 1 : Math.round((at * (levels - 1)) / (count - 1));
    return cutAt(ranked, level, measureAt(ranked, level, "f1"));
  });
}

/**
 * Share of the relevant that is missed (false non-match rate) at the lowest threshold that takes no more than a share `rate` of the
 * others (false match rate). NaN when all are relevant or none is.
 */
export function missRateAt(ranked: RankedScores, rate: number): number {
  const { truePositives, falsePositives, positives, negatives } = ranked;
  if (positives === 0 || negatives === 0) return NaN;
  let found = 0;
  for (let level = 0; level < truePositives.length && falsePositives[level]! / negatives <= rate; level += 1) {
    found = truePositives[level]!;
  }
  return 1 - found / positives;
}

/** The first of the levels that are worth most; null when none is worth anything. Its value is the share that was asked for. */
function bestLevel(
  ranked: RankedScores,
  asked: "precision" | "recall",
  worthOf: (at: { readonly precision: number; readonly recall: number }) => number | null,
): Cut | null {
  const { truePositives, falsePositives, positives } = ranked;
  const shares = (level: number) => {
    const found = truePositives[level]!;
    return { precision: found / (found + falsePositives[level]!), recall: found / positives };
  };
  let best = -1;
  let worth = -Infinity;
  for (let level = 0; level < truePositives.length; level += 1) {
    const here = worthOf(shares(level));
    if (here !== null && here > worth) [best, worth] = [level, here];
  }
  return best < 0 ? null : cutAt(ranked, best, shares(best)[asked]);
}

function cutAt(ranked: RankedScores, level: number, value: number): Cut {
  const { thresholds, truePositives, falsePositives, positives } = ranked;
  if (level < 0) return { threshold: Infinity, value, precision: 1, recall: positives === 0 ? NaN : 0 };
  const taken = truePositives[level]! + falsePositives[level]!;
  const next = thresholds[level + 1];
  return {
    threshold: next === undefined ? thresholds[level]! : halfway(next, thresholds[level]!),
    value,
    precision: truePositives[level]! / taken,
    recall: truePositives[level]! / positives,
  };
}

/** Above `low`, at most `high`, also where both are neighbours among the numbers or not finite. */
function halfway(low: number, high: number): number {
  const middle = low / 2 + high / 2;
  return Number.isFinite(middle) && middle > low && middle <= high ? middle : high;
}

function measureAt(ranked: RankedScores, level: number, measure: ThresholdMeasure): number {
  const { positives, negatives } = ranked;
  const found = ranked.truePositives[level] ?? 0;
  const alarms = ranked.falsePositives[level] ?? 0;
  switch (measure) {
    case "f1":
      return (2 * found) / (found + alarms + positives);
    case "accuracy":
      return (found + negatives - alarms) / (positives + negatives);
    case "mcc": {
      const taken = found + alarms;
      const left = positives + negatives - taken;
      const scale = Math.sqrt(taken * left * positives * negatives);
      return scale === 0 ? 0 : (found * (negatives - alarms) - alarms * (positives - found)) / scale;
    }
    default:
      return measure satisfies never;
  }
}
