import { expect } from "chai";
import { AverageNonZeroReducer, MeanReducer, PerAnchorReducer, SumReducer, type Reducer } from "likewise/miners";
import type * as tf from "likewise/tf";
import { Distance, type Kind, type SimilarityLoss } from "../../lib/contracts/index.js";
import { Cosine, Euclidean, SquaredEuclidean, type DistanceName } from "../../lib/distances/index.js";
import { unitRows } from "../../lib/tensor/rows.js";
import { expectClose } from "./close.js";
import type { Matrix } from "./gradient.js";
import { judge, type Judgement, type PlainBatch } from "./loss.js";
import { readGolden, type GoldenCase } from "./shared.js";

/** A distance between rows divided by their length, as pytorch-metric-learning has it by default. */
export class OfUnitRows extends Distance {
  readonly name: string;
  readonly #distance: Distance;

  constructor(distance: Distance) {
    super();
    this.name = `unit-${distance.name}`;
    this.#distance = distance;
  }

  override matrix(left: tf.Tensor2D, right: tf.Tensor2D): tf.Tensor2D {
    return this.#distance.matrix(unitRows(left), unitRows(right));
  }

  override pairs(left: tf.Tensor2D, right: tf.Tensor2D): tf.Tensor1D {
    return this.#distance.pairs(unitRows(left), unitRows(right));
  }

  override similarity<T extends tf.Tensor>(distance: T): T {
    return this.#distance.similarity(distance);
  }

  override asInnerProduct(): null {
    return null;
  }
}

/** Our distance for `[class, settings]` of pytorch-metric-learning. */
export function peerDistance(given: unknown, otherwise: DistanceName | Distance): DistanceName | Distance {
  const [name, settings = {}] = (given ?? []) as [string?, Record<string, unknown>?];
  switch (name) {
    case undefined:
      return otherwise;
    case "CosineSimilarity":
      return new Cosine();
    case "DotProductSimilarity":
      return settings["normalize_embeddings"] === false ? "dot-product" : "cosine";
    case "LpDistance": {
      const plain = settings["power"] === 2 ? new SquaredEuclidean() : new Euclidean();
      return settings["normalize_embeddings"] === false ? plain : new OfUnitRows(plain);
    }
    default:
      throw new TypeError(`no distance for ${name}`);
  }
}

/** Our reducer for `[class, settings]` of pytorch-metric-learning. */
export function peerReducer(given: unknown): Reducer | null {
  const [name] = (given ?? []) as [string?];
  switch (name) {
    case undefined:
      return null;
    case "SumReducer":
      return new SumReducer();
    case "AvgNonZeroReducer":
      return new AverageNonZeroReducer();
    case "PerAnchorReducer":
      return new PerAnchorReducer();
    default:
      return new MeanReducer();
  }
}

/** How numbers of pytorch-metric-learning are compared. */
export interface PeerComparison {
  /** Our loss for a configuration there; null to leave the case out. */
  readonly make: (config: Readonly<Record<string, unknown>>, given: GoldenCase) => SimilarityLoss<Kind> | null;
  /** Cases whose gradients are compared too. Default all but those with zero vectors, which have a huge gradient there, and none here. */
  readonly gradients?: (given: GoldenCase) => boolean;
  /** Parameters of the loss, from the weights of the case. */
  readonly parameters?: (given: GoldenCase) => PlainBatch["parameters"];
  /** Cases that must be compared at least. */
  readonly atLeast: number;
  readonly relative?: number;
  readonly also?: (found: Judgement, given: GoldenCase) => void;
}

/** Compares values and gradients with those of `../shared/golden/pml/<file>.json`. Skips the test when they are absent. */
export function expectPeerNumbers(
  context: Mocha.Context,
  file: string,
  { make, gradients = ({ tag }) => tag !== "zero_vector", parameters, atLeast, relative = 2e-5, also }: PeerComparison,
): void {
  const cases = readGolden(`pml/${file}`);
  if (cases === null) return context.skip();
  let compared = 0;
  for (const given of cases) {
    const { tag, config, inputs, expected64 } = given;
    if (expected64 === undefined || "error" in expected64) continue;
    const loss = make(config, given);
    if (loss === null) continue;
    const found = judge(loss, batchOf(given, parameters?.(given)));
    const what = `${tag} ${JSON.stringify(config)}`;
    expectClose(found.value, expected64["loss"], { relative, absolute: 3e-6, what });
    if (gradients(given)) {
      const wanted = expected64["grad_embeddings"] as number[][];
      const largest = Math.max(...wanted.flat().map(Math.abs));
      const tolerances = { relative: 1e-3, absolute: 2e-6 + 2e-5 * largest };
      expectClose(found.gradient, wanted, { ...tolerances, what: `gradient of ${what}` });
    }
    also?.(found, given);
    compared += 1;
    void inputs;
  }
  expect(compared, "cases compared").to.be.at.least(atLeast);
}

function batchOf({ inputs }: GoldenCase, parameters: PlainBatch["parameters"]): PlainBatch {
  const remembered = inputs["ref_labels"] as number[] | undefined;
  return {
    embeddings: inputs["embeddings"] as Matrix,
    targets: { groups: inputs["labels"] as number[] },
    ...(parameters === undefined ? {} : { parameters }),
    ...(remembered === undefined
      ? {}
      : {
          memory: {
            embeddings: inputs["ref_emb"] as Matrix,
            groups: remembered,
            valid: remembered.map(() => 1),
          },
        }),
  };
}
