import type { Distance } from "../lib/contracts/distance.js";
import { SimilarityLoss, type LossValue } from "../lib/contracts/loss.js";
import {
  flag,
  oneOf,
  refuse,
  requireOptions,
  savedOptions,
  unknownOptions,
  wholeNumber,
} from "../lib/contracts/options.js";
import type { Init, Noise } from "../lib/contracts/part.js";
import type { Kind } from "../lib/contracts/samples.js";
import { Cosine, distanceNamed, savedDistance, type DistanceChoice } from "../lib/distances/index.js";
import { ShapeError } from "../lib/errors.js";
import type { JsonObject } from "../lib/json.js";
import type { Random } from "../lib/random.js";
import { hostTensor } from "../lib/tensor/host.js";
import { rootOrZero, squaredLengths } from "../lib/tensor/rows.js";
import * as tf from "../lib/tensor/tf.js";
import type { TensorTree } from "../lib/tensor/tree.js";
import { requireGuide } from "./require-guide.js";

const KINDS: readonly Kind[] = ["pair", "group", "tuple", "label"];
const COMPARISONS = ["squares", "euclidean", "cosine"] as const;
const KEYS = ["kind", "embeddingSize", "guideSize", "compare", "project", "distance"] as const;

/** Options of `EmbeddingDistillationLoss`; `configureLoss({ embeddingSize, guideSize })` gives both sizes. */
export interface EmbeddingDistillationOptions<K extends Kind = "group"> {
  /** The samples of the train loader, of which only the items are looked at. Default "group". */
  readonly kind?: K;
  /** Width of the embeddings. */
  readonly embeddingSize: number;
  /** Width of the guide's vectors. */
  readonly guideSize: number | null;
  /**
   * How a row is compared with the guide's: "squares" (default) the mean of squared differences of its numbers, "euclidean" the distance,
   * "cosine" one minus the cosine, which leaves the length of embeddings free.
   */
  readonly compare?: (typeof COMPARISONS)[number];
  /** Compare a trained linear map of the embeddings with the guide's vectors, so that widths may differ. Default false. */
  readonly project?: boolean;
  /** What evaluation uses. Default "cosine". */
  readonly distance?: DistanceChoice;
}

/**
 * Teaches a small model the vectors of a large one, the model's guide (`configureGuide`): the mean of `(xₖ - gₖ)²` over all numbers of
 * embeddings x and the guide's vectors g of the same items, or of `|x - g|` or `1 - cos(x, g)` over the items, see `compare`. Needs no
 * labels. With `project`, of `W·x` in place of x, with W trained and thrown away afterwards: then distances are learned only as far as
 * W keeps them.
 *
 * Reimers, Gurevych, "Making Monolingual Sentence Embeddings Multilingual using Knowledge Distillation", EMNLP 2020; of distances and
 * cosines: Kim, Rawat, Zaheer, Jayasumana, Sadhanala, Jitkrittum, Menon, Fergus, Kumar, "EmbedDistill: A Geometric Knowledge Distillation
 * for Information Retrieval", 2023.
 */
export class EmbeddingDistillationLoss<K extends Kind = "group"> extends SimilarityLoss<K> {
  /** Name it is saved by. */
  static readonly type = "EmbeddingDistillationLoss";
  override readonly kind: K;
  override readonly separable = true;
  override readonly usesGuide = true;
  override readonly distance: Distance;
  readonly #settings: {
    readonly embeddingSize: number;
    readonly guideSize: number;
    readonly compare: (typeof COMPARISONS)[number];
    readonly project: boolean;
  };

  /** @throws ConfigError for widths that differ without `project`. */
  constructor(options: EmbeddingDistillationOptions<K>) {
    super();
    requireOptions("EmbeddingDistillationLoss", options, "options such as { embeddingSize, guideSize }");
    const {
      kind = "group",
      embeddingSize,
      guideSize,
      compare = "squares",
      project = false,
      distance = "cosine",
    } = options;
    refuse("EmbeddingDistillationLoss", [
      ...unknownOptions(options, KEYS),
      oneOf("kind", kind, KINDS),
      wholeNumber("embeddingSize", embeddingSize, 1),
      guideSize === null ? "guideSize: there is no guide; return a frozen encoder from configureGuide" : null,
      guideSize === null ? null : wholeNumber("guideSize", guideSize, 1),
      oneOf("compare", compare, COMPARISONS),
      flag("project", project),
      !project && guideSize !== null && guideSize !== embeddingSize
        ? `guideSize: the guide gives ${guideSize} numbers, embeddings have ${embeddingSize}; give the head that outputSize, or set project: true`
        : null,
    ]);
    this.kind = kind as K;
    this.distance = distanceNamed(distance);
    this.#settings = Object.freeze({ embeddingSize, guideSize: guideSize as number, compare, project });
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
    const student: tf.Tensor2D = this.#settings.project ? tf.matMul(embeddings, projection as tf.Tensor2D) : embeddings;
    const { guideSize, compare } = this.#settings;
    for (const rows of [student, guided])
      if (rows.shape[1] !== guideSize) throw new ShapeError(this.type, `[n, ${guideSize}]`, rows.shape);
    return { value: tf.mean(differences(compare, student, guided)), weight: tf.scalar(embeddings.shape[0]) };
  }
}

function differences(compare: (typeof COMPARISONS)[number], student: tf.Tensor2D, guided: tf.Tensor2D): tf.Tensor {
  switch (compare) {
    case "squares":
      return tf.squaredDifference(student, guided);
    case "euclidean":
      return rootOrZero(squaredLengths(tf.sub(student, guided) as tf.Tensor2D));
    case "cosine":
      return new Cosine().pairs(student, guided);
    default:
      return compare satisfies never;
  }
}
