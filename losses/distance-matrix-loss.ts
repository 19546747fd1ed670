import type { Targets } from "../lib/contracts/batch.js";
import type { Distance } from "../lib/contracts/distance.js";
import { SimilarityLoss, type LossValue, type Memory, type UsesMemory } from "../lib/contracts/loss.js";
import { refuse } from "../lib/contracts/options.js";
import type { Noise, SavedPart } from "../lib/contracts/part.js";
import { distanceNamed, savedDistance, type DistanceChoice } from "../lib/distances/index.js";
import type { JsonObject } from "../lib/json.js";
import { GroupMasks } from "../lib/tensor/group-masks.js";
import type { PairMasks } from "../lib/tensor/masks.js";
import * as tf from "../lib/tensor/tf.js";
import type { TensorTree } from "../lib/tensor/tree.js";
import { withoutGradient } from "../lib/tensor/without-gradient.js";
import { Comparison } from "./mining/comparison.js";
import { MeanReducer } from "./mining/mean-reducer.js";
import type { Mined, Miner } from "./mining/miner.js";
import { receivedChoice } from "./mining/received.js";
import type { Reducer } from "./mining/reducer.js";
import { minerOf, miningProblems, reducerOf } from "./mining/registered.js";
import type { Units } from "./mining/units.js";

/** The names of `DistanceMatrixOptions`, for the checks of a subclass. */
export const DISTANCE_MATRIX_KEYS = ["distance", "miner", "reducer"] as const;

/** Options of every loss that compares the rows of a batch by their distances. */
export interface DistanceMatrixOptions {
  /** Default "cosine", unless the loss says otherwise. */
  readonly distance?: DistanceChoice;
  /** Which pairs or triplets the loss looks at, see `likewise/miners`. Default null: those that the loss itself is defined on. */
  readonly miner?: Miner | SavedPart | null;
  /** How the losses of pairs, triplets or anchors become one number, see `likewise/miners`. Default null: as the loss is defined. */
  readonly reducer?: Reducer | SavedPart | null;
}

/** What a subclass says of a batch. */
export interface Judgement {
  /** Losses by name; each is reduced by itself, and the results are added. A single one may have any name. */
  readonly terms: Readonly<Record<string, Units>>;
  /** Weight of the batch. Default the number of units in all terms. */
  readonly weight?: tf.Scalar;
}

/**
 * A loss over groups that asks for nothing but distances: of every row of the batch to every other, or to every remembered row.
 * A subclass says what it costs that a row is as far from its positives and from its negatives as it is; which of them it sees is
 * the miner's choice, and how single losses become one number the reducer's. All three go with each other and with any distance.
 *
 * A subclass has the options `DistanceMatrixOptions` among its own, passes them to `super`, and puts `sharedConfig` into its `config`.
 */
export abstract class DistanceMatrixLoss<Parameters extends TensorTree = TensorTree>
  extends SimilarityLoss<"group", Parameters>
  implements UsesMemory
{
  readonly kind = "group";
  readonly separable = false;
  override readonly distance: Distance;
  /** Chooses the pairs or triplets; null when the loss looks at those it is defined on. */
  readonly miner: Miner | null;
  /** The reducer that was given; null when the loss uses its own. */
  readonly reducer: Reducer | null;
  readonly #reducer: Reducer;

  protected constructor(
    { distance, miner, reducer }: DistanceMatrixOptions,
    defaults: { readonly distance?: DistanceChoice; readonly reducer?: Reducer } = {},
  ) {
    super();
    refuse(new.target.name, miningProblems({ miner, reducer }));
    this.distance = distanceNamed(distance ?? defaults.distance ?? "cosine");
    this.miner = minerOf(miner);
    this.reducer = reducerOf(reducer);
    this.#reducer = this.reducer ?? defaults.reducer ?? new MeanReducer();
  }

  /** A miner may look at lengths. */
  get remembersDirections(): boolean {
    return this.miner === null && this.distance.asInnerProduct()?.normalize === true;
  }

  /** What is to be saved of `DistanceMatrixOptions`. */
  protected get sharedConfig(): JsonObject {
    const saved = (part: Miner | Reducer | null): JsonObject | null =>
      part === null ? null : { type: part.type, config: part.config };
    return { distance: savedDistance(this.distance), miner: saved(this.miner), reducer: saved(this.reducer) };
  }

  override compute(
    parameters: Parameters,
    embeddings: tf.Tensor2D,
    { groups }: Targets<"group">,
    noise?: Noise,
  ): LossValue {
    const comparison = new Comparison(this.distance, embeddings, embeddings, groups, groups);
    return this.#judged(comparison, new GroupMasks(groups), parameters, noise);
  }

  /** The same with positives and negatives from the memory alone; the anchors are the rows of the batch. */
  computeAgainst(
    parameters: Parameters,
    embeddings: tf.Tensor2D,
    { groups }: Targets<"group">,
    memory: Memory,
    noise?: Noise,
  ): LossValue {
    const comparison = new Comparison(this.distance, embeddings, memory.embeddings, groups, memory.groups);
    return this.#judged(comparison, new GroupMasks(groups, memory), parameters, noise);
  }

  /**
   * The losses of the mined pairs or triplets. By default what `judge` says of the distance matrix; to be replaced by a loss that
   * needs the gradient of few distances only, which `comparison` gives at less cost.
   */
  protected compare(comparison: Comparison, mined: Mined, parameters: Parameters): Judgement {
    return this.judge(comparison.matrix, computed(mined), comparison, parameters);
  }

  /**
   * The losses of `[n, m]` distances, given which columns are positives and negatives of each row: 0 or 1, or after a miner of
   * triplets how many of them a pair is in.
   */
  protected abstract judge(
    distances: tf.Tensor2D,
    masks: Mined,
    comparison: Comparison,
    parameters: Parameters,
  ): Judgement;

  #judged(comparison: Comparison, masks: PairMasks, parameters: Parameters, noise?: Noise): LossValue {
    const { rows, columns, groups } = comparison;
    const { miner, distance } = this;
    // Mostly the loss needs the matrix with its gradient; then the miner looks at the same one.
    const distances = miner === null || miner.single ? null : comparison.matrix;
    const mined =
      miner === null
        ? masks
        : withoutGradient(() => {
            const looked = distances ?? comparison.values;
            const pairs = computed(masks);
            const context = { rows, columns, distance, noise: noise ?? HALVES };
            // What a miner leaves behind on its way would be held until the end of the step.
            return tf.tidy(
              () => receivedChoice(miner.type, miner.mine(looked, pairs, context), looked.shape) as never,
            ) as Mined;
          });
    const { terms, weight } = this.compare(comparison, mined, parameters);
    const reduced = Object.entries(terms).map(([name, units]) => [name, this.#reducer.reduce(units, groups)] as const);
    const values = reduced.map(([, { value }]) => value);
    const weights = reduced.map(([, term]) => term.weight);
    const [first] = reduced;
    if (first !== undefined && reduced.length === 1)
      return { value: first[1].value, weight: weight ?? first[1].weight };
    return {
      value: tf.addN(values),
      weight: weight ?? tf.addN(weights),
      terms: Object.fromEntries(reduced.map(([name, { value }]) => [name, value])),
    };
  }
}

/** Masks that are there: those that are computed when they are asked for would belong to whatever asks first, a `tf.tidy` for instance. */
function computed<M extends PairMasks>(masks: M): M | PairMasks {
  return masks instanceof GroupMasks ? { positives: masks.positives, negatives: masks.negatives } : masks;
}

/** Stands in for random numbers where a loss is called by hand. */
const HALVES: Noise = { uniform: (shape) => tf.fill([...shape], 0.5) };
