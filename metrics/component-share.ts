import { Metric, type Kind } from "../lib/contracts/index.js";
import { refuse, unknownOptions } from "../lib/contracts/options.js";
import { componentsFor, Variation } from "../lib/statistics/principal-components.js";
import type { HostMatrix } from "../lib/tensor/host.js";

/** Options of `ComponentShare`. */
export interface ComponentShareOptions {
  /** Share of the variance that must be explained, above 0 and up to 1. Default 0.5. */
  readonly variance?: number;
}

/**
 * Principal components fraction (PCF): how many principal components explain a share of the variance of the embeddings, as a share of
 * their width. 1 or near it when they use all directions alike, `1 / width` when they lie on a line: embeddings that collapse show here
 * before retrieval suffers. Needs no targets, and keeps `width²` numbers, however many rows there are. NaN when the rows do not vary or
 * are not finite.
 */
export class ComponentShare extends Metric<Kind> {
  readonly name: string;
  readonly higherIsBetter = true;
  readonly #variance: number;
  #seen: { readonly variation: Variation; readonly size: number } | null = null;

  constructor(options: ComponentShareOptions = {}) {
    super();
    const { variance = 0.5 } = options;
    refuse("ComponentShare", [
      typeof variance === "number" && variance > 0 && variance <= 1
        ? null
        : `variance: expected a number above 0 and up to 1, got ${String(variance)}`,
      ...unknownOptions(options, ["variance"]),
    ]);
    this.name = `component-share@${variance}`;
    this.#variance = variance;
  }

  override update(embeddings: HostMatrix): void {
    this.#seen ??= { variation: new Variation(embeddings.size), size: embeddings.size };
    this.#seen.variation.add(embeddings);
  }

  override value(): Promise<number> {
    const variances = this.#seen?.variation.variances() ?? null;
    const size = this.#seen?.size ?? 1;
    return Promise.resolve(variances === null ? NaN : componentsFor(variances, this.#variance) / size);
  }

  override reset(): void {
    this.#seen = null;
  }
}
