import {
  AnglELoss,
  AngularLoss,
  ArcFaceLoss,
  BarlowTwinsLoss,
  CenterLoss,
  CircleLoss,
  ContrastiveLoss,
  CoSENTLoss,
  CosFaceLoss,
  CosineSimilarityLoss,
  DynamicSoftMarginLoss,
  FastAPLoss,
  GeneralizedLiftedStructureLoss,
  HistogramLoss,
  InstanceLoss,
  IntraPairVarianceLoss,
  LargeMarginSoftmaxLoss,
  LiftedStructureLoss,
  ManifoldLoss,
  MarginLoss,
  MultipleNegativesRankingLoss,
  MultiSimilarityLoss,
  NCALoss,
  NormalizedSoftmaxLoss,
  NPairsLoss,
  NTXentLoss,
  OnlineContrastiveLoss,
  P2SGradLoss,
  PNPLoss,
  ProxyAnchorLoss,
  ProxyNCALoss,
  RankedListLoss,
  SignalToNoiseContrastiveLoss,
  SimSiamLoss,
  SoftmaxLoss,
  SoftTripleLoss,
  SubCenterArcFaceLoss,
  SphereFaceLoss,
  SupervisedContrastiveLoss,
  SurrogatePrecisionLoss,
  ThresholdConsistentMarginLoss,
  TupletMarginLoss,
  VICRegLoss,
} from "likewise/losses";
import {
  SIZE,
  unit,
  groups,
  axes,
  proxies,
  twoProxies,
  spreadPairs,
  foretoldPairs,
  twinPairs,
  cornerGroups,
  pairs,
  onePullOnePush,
  scored,
  tuples,
  farGroups,
  oppositeGroups,
  unevenGroups,
  type Example,
} from "./contract-batches.js";
import { GUIDED } from "./guided-examples.js";
import { TRIPLETS } from "./triplet-examples.js";
import { WRAPPERS } from "./wrapper-examples.js";

/** On their proxies, and sure of it: their length counts. */
const longRows = {
  ...proxies.perfect,
  embeddings: proxies.perfect.embeddings.map((row) => row.map((value) => value * 60)),
};

/** At least one example for every exported loss. */
export const EXAMPLES: Readonly<Record<string, () => Readonly<Record<string, Example>>>> = {
  ...TRIPLETS,
  ...WRAPPERS,
  ...GUIDED,
  AnglELoss: () => ({ defaults: { ...scored, loss: new AnglELoss() } }),
  AngularLoss: () => ({
    defaults: { ...groups, perfect: oppositeGroups, loss: new AngularLoss() },
    // The two negatives of a pair lie opposite to both its rows.
    flat: {
      ...groups,
      perfect: oppositeGroups,
      least: Math.log1p(2 * Math.exp(-10 * Math.tan(0.5) ** 2 - 2)),
      loss: new AngularLoss({ angle: 0.5 }),
    },
  }),
  ArcFaceLoss: () => ({
    defaults: { ...proxies, loss: new ArcFaceLoss({ embeddingSize: SIZE, groups: 4 }) },
    gentle: {
      ...proxies,
      loss: new ArcFaceLoss({ embeddingSize: SIZE, groups: ["a", "b", "c", "d"], scale: 16, margin: 0.2 }),
    },
    // Groups that are alone in their category have nobody to share a label with.
    "labels within categories": {
      ...proxies,
      loss: new ArcFaceLoss({
        ...{ embeddingSize: SIZE, groups: 4, scale: 16, margin: 0.2 },
        ...{ smoothing: 0.2, categories: ["w", "x", "y", 3] },
      }),
    },
  }),
  BarlowTwinsLoss: () => ({ defaults: { ...twinPairs, loss: new BarlowTwinsLoss() } }),
  CenterLoss: () => ({
    defaults: {
      ...groups,
      perfect: { ...groups.perfect, parameters: axes(1) },
      loss: new CenterLoss({ embeddingSize: SIZE, groups: 4 }),
    },
  }),
  CircleLoss: () => ({
    defaults: { ...groups, loss: new CircleLoss(), valueSlopes: false },
    "of faces": { ...groups, loss: new CircleLoss({ margin: 0.25, scale: 256 }), valueSlopes: false },
  }),
  ContrastiveLoss: () => ({
    defaults: { ...pairs, confused: onePullOnePush, loss: new ContrastiveLoss() },
    "within pairs": {
      ...pairs,
      loss: new ContrastiveLoss({ margin: 1.5, acrossSubgroups: false, distance: "euclidean" }),
      perfect: {
        embeddings: [unit(0, 2), unit(1, 2), unit(0, 2), unit(2, 2)],
        targets: { labels: [1, 0], subgroups: [0, 0, 0, 0] },
      },
      confused: onePullOnePush,
    },
  }),
  CoSENTLoss: () => ({
    defaults: { ...scored, loss: new CoSENTLoss() },
  }),
  CosFaceLoss: () => ({
    defaults: { ...proxies, loss: new CosFaceLoss({ embeddingSize: SIZE, groups: 4 }) },
    gentle: { ...proxies, loss: new CosFaceLoss({ embeddingSize: SIZE, groups: 4, scale: 24, margin: 0.1 }) },
  }),
  CosineSimilarityLoss: () => ({
    defaults: { ...scored, loss: new CosineSimilarityLoss() },
  }),
  DynamicSoftMarginLoss: () => ({
    // All differences are -2, in the first bin, which holds all of them.
    defaults: { ...groups, perfect: oppositeGroups, least: -2, valueSlopes: false, loss: new DynamicSoftMarginLoss() },
  }),
  FastAPLoss: () => ({
    defaults: { ...groups, loss: new FastAPLoss() },
    coarse: { ...groups, loss: new FastAPLoss({ bins: 4 }) },
  }),
  GeneralizedLiftedStructureLoss: () => ({
    defaults: { ...farGroups, loss: new GeneralizedLiftedStructureLoss() },
  }),
  HistogramLoss: () => ({
    coarse: { ...groups, loss: new HistogramLoss({ bins: 8 }) },
  }),
  InstanceLoss: () => ({
    // It pulls nothing together.
    gentle: { ...groups, confused: { ...groups.confused, together: [] }, loss: new InstanceLoss({ scale: 24 }) },
    euclidean: {
      ...farGroups,
      confused: { ...farGroups.confused, together: [] },
      loss: new InstanceLoss({ distance: "euclidean", scale: 8 }),
    },
  }),
  IntraPairVarianceLoss: () => ({
    defaults: { ...groups, confused: unevenGroups, loss: new IntraPairVarianceLoss() },
  }),
  LargeMarginSoftmaxLoss: () => ({
    defaults: { ...proxies, perfect: longRows, loss: new LargeMarginSoftmaxLoss({ embeddingSize: SIZE, groups: 4 }) },
  }),
  LiftedStructureLoss: () => ({ defaults: { ...farGroups, loss: new LiftedStructureLoss() } }),
  ManifoldLoss: () => ({
    // However near its own vector a row is, walks reach it from the others: shares differ by hundredths.
    defaults: { ...proxies, least: 2.5313, loss: new ManifoldLoss({ embeddingSize: SIZE, groups: 4 }) },
  }),
  MarginLoss: () => ({
    defaults: { ...farGroups, loss: new MarginLoss({ beta: 0.7 }) },
    "boundary learned": { ...farGroups, loss: new MarginLoss({ learnBeta: true, distance: "cosine", beta: 0.3 }) },
    "boundaries of groups": {
      ...farGroups,
      perfect: { ...farGroups.perfect, targets: { groups: [0, 0, 1, 1] } },
      loss: new MarginLoss({ learnBeta: true, groups: 4, beta: 0.7, nu: 0.001 }),
    },
  }),
  MultipleNegativesRankingLoss: () => ({
    defaults: { ...pairs, loss: new MultipleNegativesRankingLoss() },
    symmetric: {
      ...pairs,

      loss: new MultipleNegativesRankingLoss({ temperature: 0.1, symmetric: true, learnScale: true }),
    },
    tuples: { ...tuples, loss: new MultipleNegativesRankingLoss({ kind: "tuple" }) },
    "symmetric tuples": { ...tuples, loss: new MultipleNegativesRankingLoss({ kind: "tuple", symmetric: true }) },
  }),
  MultiSimilarityLoss: () => ({
    // Of each of four rows half of log(1 + 1 / e), of the two without a positive nothing.
    defaults: { ...groups, least: (4 / 6) * 0.5 * Math.log1p(Math.exp(-1)), loss: new MultiSimilarityLoss() },
  }),
  NCALoss: () => ({ defaults: { ...farGroups, loss: new NCALoss() } }),
  NormalizedSoftmaxLoss: () => ({
    defaults: { ...proxies, loss: new NormalizedSoftmaxLoss({ embeddingSize: SIZE, groups: 4 }) },
  }),
  NPairsLoss: () => ({ defaults: { ...farGroups, ordered: true, loss: new NPairsLoss() } }),
  NTXentLoss: () => ({
    defaults: { ...groups, loss: new NTXentLoss() },
    euclidean: { ...farGroups, loss: new NTXentLoss({ distance: "euclidean", temperature: 0.5 }) },
  }),
  OnlineContrastiveLoss: () => ({
    hard: { ...groups, loss: new OnlineContrastiveLoss({ margin: 1 }) },
    all: {
      ...groups,
      loss: new OnlineContrastiveLoss({ mining: "all", distance: "euclidean", margin: 1 }),
      perfect: {
        embeddings: [unit(0), unit(0), unit(1), unit(1)],
        targets: { groups: [0, 0, 1, 1] },
      },
    },
  }),
  P2SGradLoss: () => ({ defaults: { ...proxies, loss: new P2SGradLoss({ embeddingSize: SIZE, groups: 4 }) } }),
  PNPLoss: () => ({
    gentle: { ...groups, loss: new PNPLoss({ temperature: 0.1 }) },
    "far positives given up": { ...groups, loss: new PNPLoss({ variant: "Dq", temperature: 0.1 }) },
  }),
  ProxyAnchorLoss: () => ({
    sharp: {
      ...proxies,
      perfect: cornerGroups,
      loss: new ProxyAnchorLoss({ embeddingSize: SIZE, groups: 4, alpha: 64 }),
    },
  }),
  ProxyNCALoss: () => ({
    sure: { ...proxies, loss: new ProxyNCALoss({ embeddingSize: SIZE, groups: 4, scale: 16 }) },
  }),
  RankedListLoss: () => ({
    defaults: { ...farGroups, loss: new RankedListLoss({ boundary: 0.7 }) },
    cosine: {
      ...groups,
      loss: new RankedListLoss({ distance: "cosine", boundary: 0.5, margin: 0.4, positiveTemperature: 2 }),
    },
  }),
  SignalToNoiseContrastiveLoss: () => ({
    defaults: { ...farGroups, loss: new SignalToNoiseContrastiveLoss() },
    cosine: { ...groups, loss: new SignalToNoiseContrastiveLoss({ distance: "cosine" }) },
  }),
  SimSiamLoss: () => ({
    // No gradient goes to what is foretold.
    defaults: {
      ...foretoldPairs,
      valueSlopes: false,
      loss: new SimSiamLoss({ embeddingSize: SIZE, hiddenSize: 2 * SIZE }),
    },
  }),
  SoftmaxLoss: () => ({
    defaults: { ...proxies, loss: new SoftmaxLoss({ embeddingSize: SIZE, groups: 4 }) },
    normalized: { ...proxies, loss: new SoftmaxLoss({ embeddingSize: SIZE, groups: 4, normalize: true }) },
  }),
  SoftTripleLoss: () => ({
    defaults: {
      ...twoProxies,
      loss: new SoftTripleLoss({ embeddingSize: SIZE, groups: 4, centers: 2, scale: 40 }),
    },
  }),
  SubCenterArcFaceLoss: () => ({
    defaults: { ...twoProxies, loss: new SubCenterArcFaceLoss({ embeddingSize: SIZE, groups: 4, centers: 2 }) },
  }),
  SphereFaceLoss: () => ({
    defaults: { ...proxies, perfect: longRows, loss: new SphereFaceLoss({ embeddingSize: SIZE, groups: 4 }) },
    gentle: {
      ...proxies,
      perfect: longRows,
      loss: new SphereFaceLoss({ embeddingSize: SIZE, groups: 4, scale: 3, margin: 2 }),
    },
  }),
  SupervisedContrastiveLoss: () => ({ defaults: { ...groups, loss: new SupervisedContrastiveLoss() } }),
  SurrogatePrecisionLoss: () => ({
    // Each positive is the first: its rank is a half.
    defaults: {
      ...groups,
      least: 1 - 1 / (1 + Math.exp(-4.5)),
      loss: new SurrogatePrecisionLoss({ temperature: 0.1 }),
    },
    sharp: {
      ...groups,
      least: 1 - 1 / (1 + Math.exp(-2)),
      loss: new SurrogatePrecisionLoss({ k: 1, temperature: 0.1, rankTemperature: 0.25 }),
    },
  }),
  ThresholdConsistentMarginLoss: () => ({ defaults: { ...groups, loss: new ThresholdConsistentMarginLoss() } }),
  TupletMarginLoss: () => ({ defaults: { ...groups, loss: new TupletMarginLoss({ scale: 16 }) } }),
  VICRegLoss: () => ({ defaults: { ...spreadPairs, loss: new VICRegLoss() } }),
};

export { axes, SIZE, type AnyLoss, type Example } from "./contract-batches.js";
