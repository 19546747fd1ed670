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
import { type Problem, above, refuse, requireOptions, savedOptions, unknownOptions } from "../lib/contracts/options.js";
import type { Init, Noise, PartFinder, SavedPart } from "../lib/contracts/part.js";
import type { Kind } from "../lib/contracts/samples.js";
import type { JsonObject } from "../lib/json.js";
import type { Random } from "../lib/random.js";
import { show } from "../lib/show.js";
import type { HostTensors } from "../lib/tensor/host.js";
import * as tf from "../lib/tensor/tf.js";
import type { TensorTree } from "../lib/tensor/tree.js";
import { lossProblem, madeLoss, nestedWeights, savedLoss } from "./nested.js";
import { ProxyLoss, type ProxyParameters } from "./proxy-loss.js";
import { regularizerOf } from "./regularizers/registered.js";
import { Regularizer } from "./regularizers/regularizer.js";

const KEYS = ["embeddings", "proxies", "weights"] as const;

/** What the loss itself is called in the log. */
const LOSS = "loss";

/** Regularizers, each under a name of its own. */
export type NamedRegularizers = Readonly<Record<string, Regularizer | SavedPart>>;

/** Options of `RegularizedLoss`. */
export interface RegularizedLossOptions {
  /** Of the embeddings of the batch. */
  readonly embeddings?: NamedRegularizers;
  /** Of the trained vectors of a loss that has one or several a group. */
  readonly proxies?: NamedRegularizers;
  /** By name of the regularizer. Default 1 for each that is not named. */
  readonly weights?: Readonly<Record<string, number>>;
}

/**
 * Any loss, with what its vectors cost by themselves: `loss + Σ weight · mean(penalty)`. The loss is logged as `loss`, each weighted
 * regularizer under its name.
 *
 * ```ts
 * const face = new ArcFaceLoss({ embeddingSize, groups });
 * new RegularizedLoss(face, { proxies: { apart: new RegularFaceRegularizer() }, weights: { apart: 0.3 } });
 * ```
 *
 * A cross-batch memory adds what the loss inside says of it, and nothing of regularizers.
 */
export class RegularizedLoss<K extends Kind> extends SimilarityLoss<K> {
  /** Name it is saved by. */
  static readonly type = "RegularizedLoss";
  override readonly kind: K;
  override readonly separable: boolean;
  override readonly closedVocabulary: boolean;
  override readonly groupCount: number | null;
  override readonly usesGuide: boolean;
  override readonly scoreRange: ScoreRange;
  override readonly distance: Distance | null;
  /** As the loss inside; absent when that one cannot compare with remembered rows. */
  declare readonly computeAgainst?: UsesMemory<RememberedKind>["computeAgainst"];
  readonly #loss: SimilarityLoss<K>;
  readonly #embeddings: readonly (readonly [string, Regularizer])[];
  readonly #proxies: readonly (readonly [string, Regularizer])[];
  readonly #weights: Readonly<Record<string, number>>;

  /** @throws ConfigError for no regularizer, for two of one name, and for proxies of a loss that has none. */
  constructor(loss: SimilarityLoss<K>, options: RegularizedLossOptions) {
    super();
    requireOptions("RegularizedLoss", options, "options such as { embeddings: { name: regularizer } }");
    const { embeddings = {}, proxies = {}, weights = {} } = options;
    const names = [...Object.keys(embeddings), ...Object.keys(proxies)];
    refuse("RegularizedLoss", [
      lossProblem("loss", loss),
      ...unknownOptions(options, KEYS),
      names.length === 0 ? "embeddings, proxies: expected one regularizer or more, each under a name" : null,
      ...regularizerProblems("embeddings", embeddings),
      ...regularizerProblems("proxies", proxies),
      ...names.map((name, at) =>
        name === LOSS || names.indexOf(name) !== at ? `${name}: expected a name of its own; "loss" is the loss` : null,
      ),
      ...Object.entries(weights).map(([name, weight]) =>
        names.includes(name)
          ? above(`weights.${name}`, weight, 0)
          : `weights: there is no regularizer "${name}"; there are ${names.join(", ")}`,
      ),
      Object.keys(proxies).length > 0 && loss instanceof SimilarityLoss && !((loss as unknown) instanceof ProxyLoss)
        ? `proxies: ${loss.type} has no trained vectors of groups itself; wrap a loss that has, such as ArcFaceLoss`
        : null,
    ]);
    this.#loss = loss;
    this.#embeddings = Object.entries(embeddings).map(([name, given]) => [name, regularizerOf(given)]);
    this.#proxies = Object.entries(proxies).map(([name, given]) => [name, regularizerOf(given)]);
    this.#weights = Object.freeze(Object.fromEntries(names.map((name) => [name, weights[name] ?? 1])));
    this.kind = loss.kind;
    this.separable = loss.separable && this.#embeddings.length === 0;
    this.closedVocabulary = loss.closedVocabulary;
    this.groupCount = loss.groupCount;
    this.usesGuide = loss.usesGuide;
    this.scoreRange = loss.scoreRange;
    this.distance = loss.distance;
    if (usesMemory(loss))
      this.computeAgainst = (parameters, embeddingsOfBatch, targets, memory, noise) =>
        (loss as UsesMemory<RememberedKind>).computeAgainst(parameters, embeddingsOfBatch, targets, memory, noise);
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject, weights: HostTensors, parts: PartFinder): RegularizedLoss<Kind> {
    type Saved = { readonly loss: SavedPart } & RegularizedLossOptions;
    const { loss, ...options } = savedOptions<Saved>("RegularizedLoss", config, ["loss", ...KEYS]);
    return new RegularizedLoss(madeLoss(LOSS, loss, weights, parts), options);
  }

  override get config(): JsonObject {
    const saved = (named: readonly (readonly [string, Regularizer])[]): JsonObject =>
      Object.fromEntries(named.map(([name, { type, config }]) => [name, { type, config }]));
    return {
      loss: savedLoss(this.#loss),
      embeddings: saved(this.#embeddings),
      proxies: saved(this.#proxies),
      weights: { ...this.#weights },
    };
  }

  override get weights(): HostTensors {
    return nestedWeights([[LOSS, this.#loss]]);
  }

  override initialize(random: Random): Init {
    return this.#loss.initialize(random);
  }

  override compute(
    parameters: TensorTree,
    embeddings: tf.Tensor2D,
    targets: Targets<K>,
    noise?: Noise,
    guide?: tf.Tensor2D,
  ): LossValue {
    const { value, weight } = lossValue(this.#loss, this.#loss.compute(parameters, embeddings, targets, noise, guide));
    const term = (name: string, regularizer: Regularizer, rows: tf.Tensor2D, perGroup: number) =>
      [name, tf.mul<tf.Scalar>(tf.mean(regularizer.penalties(rows, perGroup)), this.#weights[name] as number)] as const;
    const terms: Record<string, tf.Scalar> = Object.fromEntries([
      [LOSS, value],
      ...this.#embeddings.map(([name, regularizer]) => term(name, regularizer, embeddings, 1)),
      ...this.#proxies.map(([name, regularizer]) => {
        const { kernel } = parameters as ProxyParameters;
        const perGroup = kernel.shape[1] / (this.#loss.config["groups"] as number);
        return term(name, regularizer, tf.transpose(kernel), perGroup);
      }),
    ]);
    return { value: tf.addN(Object.values(terms)) as tf.Scalar, weight, terms };
  }
}

function regularizerProblems(option: string, given: NamedRegularizers): Problem[] {
  return Object.entries(given).map(([name, value]) =>
    value instanceof Regularizer || (typeof value === "object" && value !== null && "type" in value)
      ? null
      : `${option}.${name}: expected a regularizer, got ${show(value)}`,
  );
}
