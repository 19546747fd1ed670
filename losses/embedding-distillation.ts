import type { Distance } from "../lib/contracts/distance.js";
import { SimilarityLoss, type LossValue } from "../lib/contracts/loss.js";
import { flag, oneOf, refuse, savedOptions, unknownOptions, wholeNumber } from "../lib/contracts/options.js";
import type { Init, Noise } from "../lib/contracts/part.js";
import type { Kind } from "../lib/contracts/samples.js";
import { distanceNamed, savedDistance, type DistanceChoice } from "../lib/distances/index.js";
import { ShapeError } from "../lib/errors.js";
import type { JsonObject } from "../lib/json.js";
import type { Random } from "../lib/random.js";
import { hostTensor } from "../lib/tensor/host.js";
import * as tf from "../lib/tensor/tf.js";
import type { TensorTree } from "../lib/tensor/tree.js";
import { requireGuide } from "./require-guide.js";

const KINDS: readonly Kind[] = ["pair", "group", "tuple", "label"];
const KEYS = ["kind", "embeddingSize", "guideSize", "project", "distance"] as const;

/** Options of `EmbeddingDistillationLoss`; `configureLoss({ embeddingSize, guideSize })` gives both sizes. */
export interface EmbeddingDistillationOptions<K extends Kind = "group"> {
  /** The samples of the train loader, of which only the items are looked at. Default "group". */
  readonly kind?: K;
  /** Width of the embeddings. */
  readonly embeddingSize: number;
  /** Width of the guide's vectors. */
  readonly guideSize: number | null;
  /** Compare a trained linear map of the embeddings with the guide's vectors, so that widths may differ. Default false. */
  readonly project?: boolean;
  /** What evaluation uses. Default "cosine". */
  readonly distance?: DistanceChoice;
}

/**
 * Teaches a small model the vectors of a large one, the model's guide (`configureGuide`): the mean of `(xₖ - gₖ)²` over all numbers of
 * embeddings x and the guide's vectors g of the same items. Needs no labels. With `project`, of `W·x` in place of x, with W trained and
 * thrown away afterwards: then distances are learned only as far as W keeps them.
 *
 * Reimers, Gurevych, "Making Monolingual Sentence Embeddings Multilingual using Knowledge Distillation", EMNLP 2020.
 */
export class EmbeddingDistillationLoss<K extends Kind = "group"> extends SimilarityLoss<K> {
  /** Name it is saved by. */
  static readonly type = "EmbeddingDistillationLoss";
  override readonly kind: K;
  override readonly separable = true;
  override readonly usesGuide = true;
  override readonly distance: Distance;
  readonly #settings: { readonly embeddingSize: number; readonly guideSize: number; readonly project: boolean };

  /** @throws ConfigError for widths that differ without `project`. */
  constructor(options: EmbeddingDistillationOptions<K>) {
    super();
    const { kind = "group", embeddingSize, guideSize, project = false, distance = "cosine" } = options;
    refuse("EmbeddingDistillationLoss", [
      ...unknownOptions(options, KEYS),
      oneOf("kind", kind, KINDS),
      wholeNumber("embeddingSize", embeddingSize, 1),
      guideSize === null ? "guideSize: there is no guide; return a frozen encoder from configureGuide" : null,
      guideSize === null ? null : wholeNumber("guideSize", guideSize, 1),
      flag("project", project),
      !project && guideSize !== null && guideSize !== embeddingSize
        ? `guideSize: the guide gives ${guideSize} numbers, embeddings have ${embeddingSize}; give the head that outputSize, or set project: true`
        : null,
    ]);
    this.kind = kind as K;
    this.distance = distanceNamed(distance);
    this.#settings = Object.freeze({ embeddingSize, guideSize: guideSize as number, project });
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): EmbeddingDistillationLoss<Kind> {
    return new EmbeddingDistillationLoss(
      savedOptions<EmbeddingDistillationOptions<Kind>>("EmbeddingDistillationLoss", config, KEYS),
    );
  }

  override get config(): JsonObject {
    return { kind: this.kind, ...this.#settings, distance: savedDistance(this.distance) };
  }

  override initialize(random: Random): Init {
    const { embeddingSize, guideSize, project } = this.#settings;
    if (!project) return { parameters: {} };
    const numbers = random.normals(embeddingSize * guideSize, 0, 1 / Math.sqrt(embeddingSize));
    return { parameters: { projection: hostTensor(numbers, [embeddingSize, guideSize]) } };
  }

  override compute(
    { projection }: TensorTree,
    embeddings: tf.Tensor2D,
    _targets: unknown,
    _noise?: Noise,
    guide?: tf.Tensor2D,
  ): LossValue {
    const guided = requireGuide(this, embeddings, guide);
    const student = this.#settings.project ? tf.matMul(embeddings, projection as tf.Tensor2D) : embeddings;
    const { guideSize } = this.#settings;
    for (const rows of [student, guided])
      if (rows.shape[1] !== guideSize) throw new ShapeError(this.type, `[n, ${guideSize}]`, rows.shape);
    const value = tf.mean<tf.Scalar>(tf.squaredDifference(student, guided));
    return { value, weight: tf.scalar(embeddings.shape[0]) };
  }
}
