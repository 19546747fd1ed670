import type { Targets } from "../lib/contracts/batch.js";
import type { Distance } from "../lib/contracts/distance.js";
import {
  SimilarityLoss,
  usesMemory,
  type LossValue,
  type RememberedKind,
  type ScoreRange,
  type UsesMemory,
} from "../lib/contracts/loss.js";
import { lossValue } from "../lib/contracts/loss-value.js";
import { above, refuse, requireOptions, savedOptions, unknownOptions } from "../lib/contracts/options.js";
import type { Init, Noise, PartFinder, SavedPart } from "../lib/contracts/part.js";
import type { Kind } from "../lib/contracts/samples.js";
import type { JsonObject } from "../lib/json.js";
import type { Random } from "../lib/random.js";
import type { HostTensors } from "../lib/tensor/host.js";
import type * as tf from "../lib/tensor/tf.js";
import type { TensorTree } from "../lib/tensor/tree.js";
import { namedLossProblems } from "./named-losses.js";
import {
  commonRange,
  initializeNested,
  leastGroupCount,
  madeLoss,
  nestedWeights,
  parametersOf,
  savedLoss,
  weightedSum,
  type NamedLosses,
} from "./nested.js";

/** Options of `MultipleLosses`. */
export interface MultipleLossesOptions {
  /** By name of the loss. Default 1 for each that is not named. */
  readonly weights?: Readonly<Record<string, number>>;
}

/**
 * Several losses of one kind at once: `Σ weight · loss`. Each weighted loss is logged under its name.
 *
 * ```ts
 * new MultipleLosses({ triplet: new TripletLoss(), even: new IntraPairVarianceLoss() }, { weights: { even: 0.1 } });
 * ```
 *
 * Evaluation uses the distance of the first loss that has one. With a cross-batch memory, those losses that can compare with remembered
 * rows do.
 */
export class MultipleLosses<K extends Kind> extends SimilarityLoss<K> {
  /** Name it is saved by. */
  static readonly type = "MultipleLosses";
  override readonly kind: K;
  override readonly separable: boolean;
  override readonly closedVocabulary: boolean;
  override readonly groupCount: number | null;
  override readonly usesGuide: boolean;
  override readonly scoreRange: ScoreRange;
  override readonly distance: Distance | null;
  /** The losses that can compare with remembered rows; absent when none can. */
  declare readonly computeAgainst?: UsesMemory<RememberedKind>["computeAgainst"];
  readonly #losses: NamedLosses<K>;
  readonly #weights: Readonly<Record<string, number>>;

  /** @throws ConfigError for no loss, losses of different kinds, and weights of unknown losses. */
  constructor(losses: Readonly<Record<string, SimilarityLoss<K>>>, options: MultipleLossesOptions = {}) {
    super();
    requireOptions("MultipleLosses", losses, "losses under names, such as { near: loss, far: loss }");
    const { weights = {} } = options;
    const names = Object.keys(losses);
    refuse("MultipleLosses", [
      ...unknownOptions(options, ["weights"]),
      ...namedLossProblems(losses),
      ...Object.entries(weights).map(([name, weight]) =>
        names.includes(name)
          ? above(`weights.${name}`, weight, 0)
          : `weights: there is no loss "${name}"; there are ${names.join(", ")}`,
      ),
    ]);
    this.#losses = Object.entries(losses);
    this.#weights = Object.freeze(Object.fromEntries(names.map((name) => [name, weights[name] ?? 1])));
    const all = this.#losses.map(([, loss]) => loss);
    this.kind = (all[0] as SimilarityLoss<K>).kind;
    this.distance = all.find(({ distance }) => distance !== null)?.distance ?? null;
    this.separable = all.every(({ separable }) => separable);
    this.closedVocabulary = all.some(({ closedVocabulary }) => closedVocabulary);
    this.groupCount = leastGroupCount(all);
    this.usesGuide = all.some(({ usesGuide }) => usesGuide);
    this.scoreRange = commonRange(all);
    const remembering = this.#losses.filter(([, loss]) => usesMemory(loss));
    if (remembering.length > 0)
      this.computeAgainst = (parameters, embeddings, targets, memory, noise) =>
        this.#sum(remembering, (name, loss) => {
          const own = parametersOf(parameters, name);
          return (loss as unknown as UsesMemory<RememberedKind>).computeAgainst(
            own,
            embeddings,
            targets,
            memory,
            noise,
          );
        });
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject, weights: HostTensors, parts: PartFinder): MultipleLosses<Kind> {
    type Saved = { readonly losses: Readonly<Record<string, SavedPart>> } & MultipleLossesOptions;
    const { losses, ...options } = savedOptions<Saved>("MultipleLosses", config, ["losses", "weights"]);
    const made = Object.entries(losses).map(([name, saved]) => [name, madeLoss(name, saved, weights, parts)] as const);
    return new MultipleLosses(Object.fromEntries(made), options);
  }

  override get config(): JsonObject {
    const losses = Object.fromEntries(this.#losses.map(([name, loss]) => [name, savedLoss(loss)]));
    return { losses, weights: { ...this.#weights } };
  }

  override get weights(): HostTensors {
    return nestedWeights(this.#losses);
  }

  override initialize(random: Random): Init {
    return initializeNested(this.#losses, random);
  }

  override compute(
    parameters: TensorTree,
    embeddings: tf.Tensor2D,
    targets: Targets<K>,
    noise?: Noise,
    guide?: tf.Tensor2D,
  ): LossValue {
    return this.#sum(this.#losses, (name, loss) =>
      loss.compute(parametersOf(parameters, name), embeddings, targets, noise, guide),
    );
  }

  #sum(losses: NamedLosses<K>, judge: (name: string, loss: SimilarityLoss<K>) => LossValue | tf.Scalar): LossValue {
    return weightedSum(
      losses.map(([name, loss]) => [name, lossValue(loss, judge(name, loss)), this.#weights[name] as number] as const),
    );
  }
}
