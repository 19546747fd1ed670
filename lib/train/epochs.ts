import type { Kind } from "../contracts/samples.js";
import type { Loader } from "../contracts/loader.js";
import { KeptLoader } from "./kept-loader.js";
import { reached } from "./limits.js";
import { atMost, oneAhead, withFirst, type WithUpcoming } from "./one-ahead.js";
import { prepare, type Prepared } from "./prepare.js";
import type { RunContext } from "./run-context.js";

/** An epoch whose first batch is under way. */
interface Begun<Batch> {
  readonly epoch: number;
  readonly first: Promise<IteratorResult<Batch, void>>;
  readonly batches: AsyncGenerator<Batch, void, void>;
}

/**
 * The batches of a run, epoch by epoch. After the last of an epoch comes the first of the next, as far as what is upcoming goes, so that
 * the engine need not wait at the end of each. That is so where nothing can be expected in between: batches are places of cached items,
 * the epoch is neither the last nor followed by a validation, and its gradients are not accumulated.
 */
export class Epochs<K extends Kind, Item> {
  readonly #run: RunContext<K, Item>;
  readonly #loader: Loader<K, Item>;
  readonly #validates: boolean;
  #begun: Begun<Prepared<K>> | null = null;

  constructor(run: RunContext<K, Item>, loader: Loader<K, Item>, validates: boolean) {
    this.#run = run;
    this.#loader = loader;
    this.#validates = validates;
  }

  /** What is left of the epoch that the loop is at. */
  async *batches(): AsyncGenerator<WithUpcoming<Prepared<K>>, void, void> {
    const { epoch, batch } = this.#run.loop;
    const begun = this.#begun;
    this.#begun = null;
    const source =
      begun?.epoch === epoch && batch === 0 ? withFirst(begun.first, begun.batches) : this.#open(epoch, batch);
    for await (const { value, upcoming } of oneAhead(source)) {
      const following = upcoming.then((next) => next ?? this.#firstAfter(epoch));
      // A failure is reported where the batch is used.
      following.catch(() => undefined);
      yield { value, upcoming: following };
    }
  }

  /** Ends what was begun and will not be needed. */
  async close(): Promise<void> {
    const begun = this.#begun;
    this.#begun = null;
    await begun?.first.catch(() => undefined);
    await begun?.batches.return();
  }

  async #firstAfter(epoch: number): Promise<Prepared<K> | null> {
    if (!this.#runsOn(epoch)) return null;
    const batches = this.#open(epoch + 1, 0);
    const first = batches.next();
    this.#begun = { epoch: epoch + 1, first, batches };
    const { done, value } = await first;
    return done === true ? null : value;
  }

  /** Whether the next epoch follows at once, as far as can be known during the last batch of this one. */
  #runsOn(epoch: number): boolean {
    const { config, limits, loop } = this.#run;
    const { validateEvery } = config;
    const validation = this.#validates && "epochs" in validateEvery && (epoch + 1) % validateEvery.epochs === 0;
    const same = this.#loader instanceof KeptLoader && this.#loader.isFixed;
    if (!same || validation || config.accumulate > 1 || config.overfitBatches !== null) return false;
    return reached(limits, { ...loop, epoch: epoch + 1, step: loop.step + 1 }) === null;
  }

  #open(epoch: number, skip: number): AsyncGenerator<Prepared<K>, void, void> {
    const { assembled, config, embedRows, limits, random } = this.#run;
    const overfit = config.overfitBatches !== null;
    const request = { epoch: overfit ? 0 : epoch, random: random.fork("train"), training: !overfit, skip };
    const left = limits.trainBatches === null ? null : Math.max(0, limits.trainBatches - skip);
    const numbersItems = assembled.xbm !== null && !this.#loader.augmented;
    return prepare(assembled, atMost(this.#loader.epoch(request), left), embedRows, `epoch ${epoch}`, numbersItems);
  }
}
