import {
  DistillKLLoss,
  EmbeddingDistillationLoss,
  GuidedMultipleNegativesRankingLoss,
  MarginMSELoss,
} from "likewise/losses";
import { Random } from "../../lib/random.js";
import { randomRows } from "../support/loss.js";
import { groups, pairs, SIZE, tuples, unit, type Example } from "./contract-batches.js";

const guideRows = (rows: number, size = 3): number[][] => randomRows(new Random("guide"), rows, size);

/** A guide that says what the targets say: what belongs together is the same to it. */
const guidedPairs = {
  ...pairs,
  guide: guideRows(pairs.rows),
  perfect: { ...pairs.perfect, guide: pairs.perfect.embeddings },
  confused: { ...pairs.confused, guide: [unit(0), unit(1), unit(0), unit(1)] },
};
const guidedTuples = {
  ...tuples,
  guide: guideRows(tuples.rows),
  perfect: { ...tuples.perfect, guide: tuples.perfect.embeddings },
  confused: { ...tuples.confused, guide: [unit(0), unit(1), unit(0), unit(1), unit(2)] },
};
const guidedGroups = {
  ...groups,
  guide: guideRows(groups.rows, SIZE),
  perfect: { ...groups.perfect, guide: groups.perfect.embeddings },
  confused: { ...groups.confused, guide: [unit(0), unit(0), unit(1), unit(1)] },
};

/** Losses that read the vectors of a guide. */
export const GUIDED: Readonly<Record<string, () => Readonly<Record<string, Example>>>> = {
  DistillKLLoss: () => ({
    "scores of tuples": { ...tuples, loss: new DistillKLLoss() },
    "guide, tuples": {
      ...guidedTuples,
      loss: new DistillKLLoss({ kind: "tuple", teacher: "guide", distance: "cosine", temperature: 0.2 }),
    },
    "guide, pairs": { ...guidedPairs, loss: new DistillKLLoss({ kind: "pair", distance: "cosine", temperature: 0.5 }) },
  }),
  EmbeddingDistillationLoss: () => ({
    "same width": { ...guidedGroups, loss: new EmbeddingDistillationLoss({ embeddingSize: SIZE, guideSize: SIZE }) },
    cosine: {
      ...guidedGroups,
      loss: new EmbeddingDistillationLoss({ embeddingSize: SIZE, guideSize: SIZE, compare: "cosine" }),
    },
    euclidean: {
      ...guidedGroups,
      loss: new EmbeddingDistillationLoss({ embeddingSize: SIZE, guideSize: SIZE, compare: "euclidean" }),
    },
  }),
  GuidedMultipleNegativesRankingLoss: () => ({
    defaults: { ...guidedPairs, loss: new GuidedMultipleNegativesRankingLoss({ temperature: 0.1 }) },
    "answers alone": {
      ...guidedPairs,
      loss: new GuidedMultipleNegativesRankingLoss({
        temperature: 0.1,
        margin: 0.05,
        marginStrategy: "relative",
        contrastAnchors: false,
        contrastPositives: false,
      }),
    },
    tuples: { ...guidedTuples, loss: new GuidedMultipleNegativesRankingLoss({ kind: "tuple", temperature: 0.1 }) },
  }),
  MarginMSELoss: () => ({
    "scores of tuples": { ...tuples, loss: new MarginMSELoss() },
    "guide, tuples": {
      ...guidedTuples,
      loss: new MarginMSELoss({ kind: "tuple", teacher: "guide", distance: "cosine" }),
    },
    "guide, pairs": { ...guidedPairs, loss: new MarginMSELoss({ kind: "pair", distance: "cosine" }) },
  }),
};
