import type { EarlyStoppingConfig } from "./early-stopping-config.js";
import type { Scalars } from "./events.js";
import { Best, isOther, valueOf, type Watched } from "./monitor.js";

/** What early stopping remembers; plain JSON. */
export interface EarlyStoppingState {
  readonly best: number | null;
  readonly waited: number;
  /** What it is a value of. Absent in checkpoints of older releases. */
  readonly watched?: Watched;
}

/** Decides whether training ends, and says why. */
export class EarlyStopping {
  readonly #best: Best;
  #waited = 0;

  constructor(
    readonly config: EarlyStoppingConfig,
    readonly watched: Watched,
  ) {
    this.#best = new Best(watched.mode, config.minDelta);
  }

  /** A sentence when training ends, else null. @throws ConfigError when the monitored name was not logged. */
  check(values: Scalars): string | null {
    const { monitor } = this.watched;
    const { patience, stoppingThreshold, divergenceThreshold } = this.config;
    const value = valueOf("EarlyStoppingConfig", this.watched, values);
    if (!Number.isFinite(value)) return `${monitor} is ${value}`;
    if (stoppingThreshold !== null && this.#best.reaches(value, stoppingThreshold)) {
      return `${monitor} reached ${show(value)} (stoppingThreshold ${stoppingThreshold})`;
    }
    if (divergenceThreshold !== null && !this.#best.reaches(value, divergenceThreshold)) {
      return `${monitor} is ${show(value)}, worse than divergenceThreshold ${divergenceThreshold}`;
    }
    if (this.#best.improve(value)) {
      this.#waited = 0;
      return null;
    }
    this.#waited += 1;
    if (this.#waited < patience) return null;
    return `${monitor} did not improve on ${show(this.#best.value ?? NaN)} in ${this.#waited} checks (patience ${patience})`;
  }

  get state(): EarlyStoppingState {
    return { best: this.#best.value, waited: this.#waited, watched: this.watched };
  }

  /** @returns what was watched before, if that is something else; then it starts anew. */
  restore({ best, waited, watched }: EarlyStoppingState): Watched | null {
    if (isOther(watched, this.watched)) return watched;
    this.#best.value = best;
    this.#waited = waited;
    return null;
  }
}

function show(value: number): string {
  return Number(value.toPrecision(5)).toString();
}
