import { Head, type FittableHead, type TrainVectors } from "../lib/contracts/head.js";
import type { Init, Mode, Output, PartFinder, SavedPart } from "../lib/contracts/part.js";
import { refuse, savedOptions, share, unknownOptions } from "../lib/contracts/options.js";
import type { JsonObject } from "../lib/json.js";
import type { Random } from "../lib/random.js";
import type { HostTensors } from "../lib/tensor/host.js";
import type * as tf from "../lib/tensor/tf.js";
import type { TensorTree } from "../lib/tensor/tree.js";
import { droppedOut, type HeadOptions } from "./input-dropout.js";
import {
  applyNested,
  headProblem,
  initializeNested,
  madeHead,
  nestedWeights,
  savedHead,
  type NamedHeads,
} from "./nested.js";
import { allFitted, fitInTurn } from "./nested-fitting.js";

/**
 * Heads one after another: `new SequentialHead([new WhiteningHead(300), new DenseHead(300, { outputSize: 128 })])`. Each takes the width
 * that the one before gives.
 */
export class SequentialHead extends Head implements FittableHead {
  /** Name it is saved by. */
  static readonly type = "SequentialHead";
  /** In the order they are run. */
  readonly heads: readonly Head[];
  readonly #named: NamedHeads;
  readonly #dropout: number;

  constructor(heads: readonly Head[], options: HeadOptions = {}) {
    super();
    const { dropout = 0 } = options;
    const given: readonly unknown[] = Array.isArray(heads) ? heads : [];
    refuse("SequentialHead", [
      ...unknownOptions(options, ["dropout"]),
      given.length === 0 ? "heads: expected a list of at least one head" : null,
      ...given.map((head, i) => headProblem(`head ${i}`, head)),
      share("dropout", dropout),
    ]);
    refuse(
      "SequentialHead",
      heads.slice(1).map((head, i) => {
        const before = heads[i] as Head;
        if (head.inputSize === before.outputSize) return null;
        return `head ${i + 1}: ${head.type} takes ${head.inputSize} numbers, but ${before.type} gives ${before.outputSize}`;
      }),
    );
    this.heads = [...heads];
    this.#named = heads.map((head, i) => [`head${i}`, head] as const);
    this.#dropout = dropout;
  }

  /**
   * Makes the head again from its saved configuration and weights.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject, weights: HostTensors, parts: PartFinder): SequentialHead {
    type Saved = HeadOptions & { readonly heads: readonly SavedPart[] };
    const { heads, ...options } = savedOptions<Saved>("SequentialHead", config, ["heads", "dropout"]);
    const made = heads.map((saved, i) => madeHead(`head${i}`, saved, weights, parts));
    return new SequentialHead(made, options);
  }

  override get config(): JsonObject {
    return { heads: this.heads.map(savedHead), dropout: this.#dropout };
  }

  override get weights(): HostTensors {
    return nestedWeights(this.#named);
  }

  override get inputSize(): number {
    return (this.heads[0] as Head).inputSize;
  }

  override get outputSize(): number {
    return (this.heads[this.heads.length - 1] as Head).outputSize;
  }

  /** Whether the heads inside have learned what they learn before training; true when there is none that does. */
  get fitted(): boolean {
    return allFitted(this.#named);
  }

  /** Fits the heads inside, each with what those before it give. */
  async fit(vectors: TrainVectors): Promise<void> {
    await fitInTurn(this.#named, vectors);
  }

  override prepare(): void {
    for (const [, head] of this.#named) head.prepare();
  }

  override initialize(random: Random): Init {
    return initializeNested(this.#named, random);
  }

  override apply(parameters: TensorTree, vectors: tf.Tensor2D, mode: Mode): Output {
    const changed: Record<string, TensorTree> = {};
    let x = droppedOut(vectors, this.#dropout, mode);
    for (const named of this.#named) x = applyNested(named, parameters, x, mode, changed);
    return Object.keys(changed).length === 0 ? x : { value: x, state: changed };
  }
}
