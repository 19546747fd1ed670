import { isFittable, type FrozenEncoder } from "../contracts/encoder.js";
import type { SimilarityLoss } from "../contracts/loss.js";
import type { Kind } from "../contracts/samples.js";
import type { Encoders } from "./parameters.js";

/** The name of the guide among the encoders, for caches and messages. */
export const GUIDE = "guide";

/** The encoders with the guide as one more, where vectors are made or kept. */
export function withGuide<Item>(encoders: Encoders<Item>, guide: FrozenEncoder<Item> | null): Encoders<Item> {
  return guide === null ? encoders : [...encoders, [GUIDE, guide]];
}

/** Everything about a guide that does not fit the model. */
export function guideProblems<Item>(
  loss: SimilarityLoss<Kind>,
  guide: FrozenEncoder<Item> | null,
  encoders: Encoders<Item>,
): string[] {
  const problems: string[] = [];
  if (guide === null) {
    if (loss.usesGuide)
      problems.push(
        `configureGuide: ${loss.type} compares with the vectors of a guide, but there is none; return a frozen encoder`,
      );
    return problems;
  }
  if (!loss.usesGuide) {
    problems.push(
      `configureGuide: ${loss.type} does not look at the vectors of a guide; return null, or use another loss`,
    );
  }
  if ((guide.trainable as boolean) === true) {
    problems.push(`configureGuide: ${guide.type} is trainable, but a guide does not learn; see freeze`);
  }
  if (encoders.some(([name]) => name === GUIDE)) {
    problems.push(`configureEncoders: beside a guide no encoder may be called "${GUIDE}"`);
  }
  if (isFittable<Item>(guide) && !guide.fitted) {
    problems.push(
      `configureGuide: ${guide.type} has not learned from data yet; fit it before, a guide is taken as it is`,
    );
  }
  return problems;
}
