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
import { count, refuse, requireOptions, savedOptions, unknownOptions } from "../lib/contracts/options.js";
import type { Init, Noise, PartFinder, SavedPart } from "../lib/contracts/part.js";
import type { Kind } from "../lib/contracts/samples.js";
import { ShapeError } from "../lib/errors.js";
import type { JsonObject } from "../lib/json.js";
import type { Random } from "../lib/random.js";
import { hostTensor, type HostTensors } from "../lib/tensor/host.js";
import * as tf from "../lib/tensor/tf.js";
import type { HostTree, TensorTree } from "../lib/tensor/tree.js";
import { lossProblem, madeLoss, nestedWeights, parametersOf, savedLoss } from "./nested.js";

const KEYS = ["embeddingSize", "sizes"] as const;

/** Options of `ProjectedLoss`; `configureLoss({ embeddingSize })` gives the width. */
export interface ProjectedLossOptions {
  /** Width of the embeddings. */
  readonly embeddingSize: number;
  /** Width of each layer, the last that of what the loss inside sees. */
  readonly sizes: readonly number[];
}

/**
 * Any loss on what a small trained network makes of the embeddings, linear maps with relu between them, which is thrown away afterwards:
 * what the loss asks too much of, such as to forget all that two views differ in, is lost there and not in the embeddings.
 * `new ProjectedLoss(new SelfSupervisedLoss(new NTXentLoss()), { embeddingSize, sizes: [embeddingSize, 128] })` is SimCLR with its head;
 * `BarlowTwinsLoss`, `VICRegLoss` and `ArcFaceLoss` gain alike. A loss inside that has a width has the last of `sizes`.
 *
 * Chen, Kornblith, Norouzi, Hinton, "A Simple Framework for Contrastive Learning of Visual Representations", ICML 2020.
 */
export class ProjectedLoss<K extends Kind = Kind> extends SimilarityLoss<K> {
  /** Name it is saved by. */
  static readonly type = "ProjectedLoss";
  override readonly kind: K;
  override readonly separable: boolean;
  override readonly closedVocabulary: boolean;
  override readonly groupCount: number | null;
  override readonly usesGuide: boolean;
  override readonly scoreRange: ScoreRange;
  override readonly distance: Distance | null;
  /** As the loss inside, on remembered rows projected as they are now; absent when that one cannot compare with them. */
  declare readonly computeAgainst?: UsesMemory<RememberedKind>["computeAgainst"];
  readonly #loss: SimilarityLoss<K>;
  readonly #options: ProjectedLossOptions;

  constructor(loss: SimilarityLoss<K>, options: ProjectedLossOptions) {
    super();
    requireOptions("ProjectedLoss", options, "options such as { embeddingSize, sizes }");
    const { embeddingSize, sizes } = options;
    const given: readonly unknown[] = Array.isArray(sizes) ? sizes : [];
    refuse("ProjectedLoss", [
      ...unknownOptions(options, KEYS),
      lossProblem("loss", loss),
      count("embeddingSize", embeddingSize),
      given.length === 0 ? "sizes: expected a list of at least one width" : null,
      ...given.map((size, at) => count(`sizes[${at}]`, size)),
    ]);
    this.kind = loss.kind;
    this.separable = loss.separable;
    this.closedVocabulary = loss.closedVocabulary;
    this.groupCount = loss.groupCount;
    this.usesGuide = loss.usesGuide;
    this.scoreRange = loss.scoreRange;
    this.distance = loss.distance;
    this.#loss = loss;
    this.#options = Object.freeze({ embeddingSize, sizes: [...sizes] });
    if (usesMemory(loss))
      this.computeAgainst = (parameters, embeddings, targets, memory, noise) =>
        loss.computeAgainst(
          parametersOf(parameters, "loss"),
          this.#projected(parameters, embeddings),
          targets,
          { ...memory, embeddings: this.#projected(parameters, memory.embeddings) },
          noise,
        );
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject, weights: HostTensors, parts: PartFinder): ProjectedLoss {
    type Saved = { readonly loss: SavedPart } & ProjectedLossOptions;
    const { loss, ...options } = savedOptions<Saved>("ProjectedLoss", config, ["loss", ...KEYS]);
    return new ProjectedLoss(madeLoss("loss", loss, weights, parts), options);
  }

  override get config(): JsonObject {
    const { embeddingSize, sizes } = this.#options;
    return { loss: savedLoss(this.#loss), embeddingSize, sizes: [...sizes] };
  }

  override get weights(): HostTensors {
    return nestedWeights([["loss", this.#loss]]);
  }

  override initialize(random: Random): Init {
    const { embeddingSize, sizes } = this.#options;
    const drawn = random.fork("projection");
    const layers = sizes.map((to, at) => {
      const from = sizes[at - 1] ?? embeddingSize;
      const numbers = drawn.normals(from * to, 0, Math.sqrt((at < sizes.length - 1 ? 2 : 1) / from));
      return [
        `layer${at}`,
        { map: hostTensor(numbers, [from, to]), bias: hostTensor(new Float32Array(to), [to]) },
      ] as const;
    });
    const inner = this.#loss.initialize(random.fork("loss")).parameters;
    const parameters: Record<string, HostTree> = { projection: Object.fromEntries(layers) };
    if (Object.keys(inner).length > 0) parameters["loss"] = inner;
    return { parameters };
  }

  override compute(
    parameters: TensorTree,
    embeddings: tf.Tensor2D,
    targets: Targets<K>,
    noise?: Noise,
    guide?: tf.Tensor2D,
  ): LossValue {
    const projected = this.#projected(parameters, embeddings);
    return lossValue(
      this.#loss,
      this.#loss.compute(parametersOf(parameters, "loss"), projected, targets, noise, guide),
    );
  }

  #projected({ projection }: TensorTree, embeddings: tf.Tensor2D): tf.Tensor2D {
    const { embeddingSize, sizes } = this.#options;
    if (embeddings.shape[1] !== embeddingSize)
      throw new ShapeError("ProjectedLoss", `[n, ${embeddingSize}]`, embeddings.shape);
    return sizes.reduce((rows, _, at) => {
      const { map, bias } = (projection as TensorTree)[`layer${at}`] as { map: tf.Tensor2D; bias: tf.Tensor1D };
      const moved = tf.add<tf.Tensor2D>(tf.matMul(rows, map), bias);
      return at < sizes.length - 1 ? tf.relu(moved) : moved;
    }, embeddings);
  }
}
