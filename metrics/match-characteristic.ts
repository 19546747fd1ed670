import { wholeNumber } from "../lib/contracts/options.js";
import { MatchCurve } from "../lib/tensor/match-curve.js";
import type { RankDepth } from "../lib/tensor/nearest-counts.js";
import { anyHit, type RankProfile } from "../lib/tensor/nearest-profile.js";
import { RetrievalMetric } from "./retrieval-metric.js";
import { refuseOptions, type RetrievalMetricOptions } from "./retrieval-options.js";

/** Options of `MatchCharacteristic`. */
export interface MatchCharacteristicOptions extends RetrievalMetricOptions {
  /** Ranks of the curve, 1 to this. Default 10. */
  readonly ranks?: number;
}

/**
 * Cumulative match characteristic (CMC): for each rank from 1 to `ranks`, how many queries are identified by then, that is have a
 * relevant row among so many nearest. At rank k it is `HitRate({ k })`; `curve` gives all ranks from one search. The value, one number
 * for logs and checkpoints, is the mean of the curve: the area under it.
 *
 * Phillips, Moon, Rizvi, Rauss, "The FERET Evaluation Methodology for Face-Recognition Algorithms", TPAMI 2000.
 */
export class MatchCharacteristic extends RetrievalMetric {
  readonly name: string;
  readonly #ranks: number;

  constructor(options: MatchCharacteristicOptions = {}) {
    const { ranks = 10 } = options;
    refuseOptions("MatchCharacteristic", options, ["ranks"], [wholeNumber("ranks", ranks, 1)]);
    super(options);
    this.name = `cmc-area@${ranks}`;
    this.#ranks = ranks;
  }

  /** The share of queries identified at each rank, rank 1 first, over all rows since `reset`; NaN when no query counts. */
  async curve(): Promise<Float64Array> {
    const curve = new MatchCurve(this.#ranks);
    const known = await this.eachProfile(
      () => this.depth(),
      (profile) => curve.add(profile),
    );
    return known ? curve.rates() : new Float64Array(this.#ranks).fill(NaN);
  }

  protected override depth(): RankDepth {
    return { cutoff: this.#ranks, first: false };
  }

  protected override measure(profile: RankProfile): number {
    let sum = 0;
    for (let k = 1; k <= this.#ranks; k += 1) sum += anyHit(profile, k);
    return sum / this.#ranks;
  }
}
