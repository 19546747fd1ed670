/**
 * Scores in descending order, cut where they change: how many of the relevant and of the others have at least each score. Everything
 * that is said of a threshold is read off these counts, so that equal scores are never told apart.
 */
export interface RankedScores {
  /** Different scores, highest first. */
  readonly thresholds: Float64Array;
  /** How many relevant ones have at least each of them. */
  readonly truePositives: Float64Array;
  /** How many others have at least each of them. */
  readonly falsePositives: Float64Array;
  /** How many are relevant in all. */
  readonly positives: number;
  /** How many are not. */
  readonly negatives: number;
}

/** Sorts scores, of which those at `relevant` (above 0) should be high. Null when a score is NaN. */
export function rankScores(scores: ArrayLike<number>, relevant: ArrayLike<number>): RankedScores | null {
  const { length } = scores;
  const order = new Uint32Array(length);
  for (let at = 0; at < length; at += 1) {
    if (Number.isNaN(scores[at])) return null;
    order[at] = at;
  }
  order.sort((left, right) => (scores[left]! > scores[right]! ? -1 : scores[left]! < scores[right]! ? 1 : 0));
  const thresholds = new Float64Array(length);
  const truePositives = new Float64Array(length);
  const falsePositives = new Float64Array(length);
  let levels = 0;
  let positives = 0;
  for (let place = 0; place < length; place += 1) {
    const at = order[place]!;
    if (relevant[at]! > 0) positives += 1;
    if (place + 1 < length && scores[order[place + 1]!] === scores[at]) continue;
    thresholds[levels] = scores[at]!;
    truePositives[levels] = positives;
    falsePositives[levels] = place + 1 - positives;
    levels += 1;
  }
  return {
    thresholds: thresholds.subarray(0, levels),
    truePositives: truePositives.subarray(0, levels),
    falsePositives: falsePositives.subarray(0, levels),
    positives,
    negatives: length - positives,
  };
}
