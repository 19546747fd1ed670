import type { Distance } from "../lib/contracts/distance.js";
import { SimilarityLoss, usesDatasets, type UsesDatasets } from "../lib/contracts/loss.js";
import { refuse, requireOptions, savedOptions } from "../lib/contracts/options.js";
import type { Init, PartFinder, SavedPart } from "../lib/contracts/part.js";
import type { Kind } from "../lib/contracts/samples.js";
import { UsageError } from "../lib/errors.js";
import type { JsonObject } from "../lib/json.js";
import type { Random } from "../lib/random.js";
import type { HostTensors } from "../lib/tensor/host.js";
import { namedLossProblems } from "./named-losses.js";
import { initializeNested, leastGroupCount, madeLoss, nestedWeights, savedLoss, type NamedLosses } from "./nested.js";

/**
 * A loss of its own for each of several datasets, whose batches a `MixedLoader` gives under the same names:
 *
 * ```ts
 * new LossByDataset({ questions: new MultipleNegativesRankingLoss(), judged: new CoSENTLoss() });
 * new MixedLoader({ questions: new PairLoader(…), judged: new PairLoader(…) });
 * ```
 *
 * All losses are of one kind, and their parameters are trained with the batches of their datasets alone. Evaluation uses the distance of
 * the first loss that has one. It is the outermost loss; a cross-batch memory cannot be used with it.
 */
export class LossByDataset<K extends Kind> extends SimilarityLoss<K> implements UsesDatasets<K> {
  /** Name it is saved by. */
  static readonly type = "LossByDataset";
  /** Tells it from other losses that are made of several. */
  readonly byDataset = true;
  override readonly kind: K;
  override readonly separable: boolean;
  override readonly closedVocabulary: boolean;
  override readonly groupCount: number | null;
  override readonly usesGuide: boolean;
  override readonly distance: Distance | null;
  /** By name of the dataset. */
  readonly losses: Readonly<Record<string, SimilarityLoss<K>>>;

  /** @throws ConfigError for no loss, and for losses of different kinds. */
  constructor(losses: Readonly<Record<string, SimilarityLoss<K>>>) {
    super();
    requireOptions("LossByDataset", losses, "losses under the names of datasets");
    refuse("LossByDataset", [
      ...namedLossProblems(losses),
      ...Object.entries(losses).map(([name, loss]) =>
        loss instanceof SimilarityLoss && usesDatasets(loss) ? `losses.${name}: datasets within a dataset` : null,
      ),
    ]);
    this.losses = Object.freeze({ ...losses });
    const all = Object.values(this.losses);
    this.kind = (all[0] as SimilarityLoss<K>).kind;
    this.distance = all.find(({ distance }) => distance !== null)?.distance ?? null;
    this.separable = all.every(({ separable }) => separable);
    this.closedVocabulary = all.some(({ closedVocabulary }) => closedVocabulary);
    this.groupCount = leastGroupCount(all);
    this.usesGuide = all.some(({ usesGuide }) => usesGuide);
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject, weights: HostTensors, parts: PartFinder): LossByDataset<Kind> {
    type Saved = { readonly losses: Readonly<Record<string, SavedPart>> };
    const { losses } = savedOptions<Saved>("LossByDataset", config, ["losses"]);
    const made = Object.entries(losses).map(([name, saved]) => [name, madeLoss(name, saved, weights, parts)] as const);
    return new LossByDataset(Object.fromEntries(made));
  }

  override get config(): JsonObject {
    return { losses: Object.fromEntries(this.#named.map(([name, loss]) => [name, savedLoss(loss)])) };
  }

  override get weights(): HostTensors {
    return nestedWeights(this.#named);
  }

  override initialize(random: Random): Init {
    return initializeNested(this.#named, random);
  }

  /** @throws UsageError: the framework asks the loss of the batch's dataset. */
  override compute(): never {
    throw new UsageError(
      "LossByDataset judges no batch itself; it must be the outermost loss, which configureLoss returns",
    );
  }

  get #named(): NamedLosses<K> {
    return Object.entries(this.losses);
  }
}
