import { Head, type FittableHead, type TrainVectors } from "../lib/contracts/head.js";
import { refuse, requireOptions, savedOptions, share, unknownOptions } from "../lib/contracts/options.js";
import type { Init, Mode, Output, PartFinder, SavedPart } from "../lib/contracts/part.js";
import { UsageError } from "../lib/errors.js";
import type { JsonObject } from "../lib/json.js";
import type { Random } from "../lib/random.js";
import type { HostTensors } from "../lib/tensor/host.js";
import * as tf from "../lib/tensor/tf.js";
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
import { allFitted, fitByWay } from "./nested-fitting.js";

/**
 * A head for each way that a `SwitchEncoder` sends items, by the same names. All heads run on all rows and each row takes what its own
 * one gives, so that a step has one shape; batch statistics of heads inside therefore count all rows.
 */
export class SwitchHead extends Head implements FittableHead {
  /** Name it is saved by. */
  static readonly type = "SwitchHead";
  readonly #named: NamedHeads;
  readonly #dropout: number;

  constructor(heads: Readonly<Record<string, Head>>, options: HeadOptions = {}) {
    super();
    requireOptions("SwitchHead", heads, "heads under the names of ways");
    const { dropout = 0 } = options;
    const named = Object.entries(heads).sort(([a], [b]) => (a < b ? -1 : 1));
    refuse("SwitchHead", [
      ...unknownOptions(options, ["dropout"]),
      named.length === 0 ? "heads: expected at least one" : null,
      ...named.map(([name, head]) => headProblem(`head "${name}"`, head)),
      ...named.map(([name]) => (name.includes("/") ? `head "${name}": a name must not hold "/"` : null)),
      share("dropout", dropout),
    ]);
    const sizes = named.map(([name, head]) => `${name} ${head.inputSize} → ${head.outputSize}`);
    const different = new Set(named.map(([, head]) => `${head.inputSize} ${head.outputSize}`)).size > 1;
    refuse("SwitchHead", [different ? `heads: expected the same sizes for all, got ${sizes.join(", ")}` : null]);
    this.#named = named;
    this.#dropout = dropout;
  }

  /**
   * Makes the head again from its saved configuration and weights.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject, weights: HostTensors, parts: PartFinder): SwitchHead {
    type Saved = HeadOptions & { readonly heads: Readonly<Record<string, SavedPart>> };
    const { heads, ...options } = savedOptions<Saved>("SwitchHead", config, ["heads", "dropout"]);
    const made = Object.entries(heads).map(([name, saved]) => [name, madeHead(name, saved, weights, parts)] as const);
    return new SwitchHead(Object.fromEntries(made), options);
  }

  override get config(): JsonObject {
    const heads = Object.fromEntries(this.#named.map(([name, head]) => [name, savedHead(head)]));
    return { heads, dropout: this.#dropout };
  }

  override get weights(): HostTensors {
    return nestedWeights(this.#named);
  }

  override get inputSize(): number {
    return this.#first.inputSize;
  }

  override get outputSize(): number {
    return this.#first.outputSize;
  }

  /** Whether the heads inside have learned what they learn before training; true when there is none that does. */
  get fitted(): boolean {
    return allFitted(this.#named);
  }

  /** Fits the heads inside, each with the vectors sent its way. */
  async fit(vectors: TrainVectors): Promise<void> {
    await fitByWay(this.#named, vectors);
  }

  override prepare(): void {
    for (const [, head] of this.#named) head.prepare();
  }

  override initialize(random: Random): Init {
    return initializeNested(this.#named, random);
  }

  /** @throws UsageError when no encoder says which way each row goes, or the names of the ways are others. */
  override apply(parameters: TensorTree, vectors: tf.Tensor2D, mode: Mode): Output {
    const { routes } = mode;
    const own = this.#named.map(([name]) => name).join(", ");
    if (routes?.names.join(", ") !== own) {
      const given = routes === undefined ? "no encoder sends items different ways" : `got ${routes.names.join(", ")}`;
      throw new UsageError(`SwitchHead needs a SwitchEncoder with the names of its heads, ${own}; ${given}`);
    }
    const changed: Record<string, TensorTree> = {};
    const x = droppedOut(vectors, this.#dropout, mode);
    const ways = tf.expandDims(routes.ids, 1); // [n, 1]
    let value = applyNested(this.#named[0] as NamedHeads[number], parameters, x, mode, changed);
    this.#named.slice(1).forEach((named, i) => {
      const output = applyNested(named, parameters, x, mode, changed);
      const chosen = tf.tile(tf.equal(ways, tf.scalar(i + 1, "int32")), [1, this.outputSize]);
      value = tf.where(chosen, output, value);
    });
    return Object.keys(changed).length === 0 ? value : { value, state: changed };
  }

  get #first(): Head {
    return (this.#named[0] as NamedHeads[number])[1];
  }
}
