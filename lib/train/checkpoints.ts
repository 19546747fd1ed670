import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { HostTensors } from "../tensor/host.js";
import type { Kind } from "../contracts/samples.js";
import type { CheckpointConfig } from "./checkpoint-config.js";
import { identityOf, readCheckpoint, writeCheckpoint, type Checkpoint } from "./checkpoint-file.js";
import type { EarlyStopping } from "./early-stopping.js";
import type { Scalars, TrainEvent } from "./events.js";
import { Best, valueOf, type Watched } from "./monitor.js";
import type { CheckpointMoment } from "./run.js";
import type { RunContext } from "./run-context.js";
import { contentOf } from "./content.js";

/** What decides which checkpoints are written, and where. */
export interface CheckpointPlan {
  /** null = nothing is written. */
  readonly config: CheckpointConfig | null;
  /** `runDir/run-N/checkpoints`; null keeps the best in memory alone. */
  readonly directory: string | null;
  /** What decides the best; null = there is only the last. */
  readonly watched: Watched | null;
  readonly engine: string;
  readonly earlyStopping: EarlyStopping | null;
}

/** Keeps the best parameters and writes the checkpoints of a run. */
export class Checkpoints<K extends Kind, Item> {
  readonly #run: RunContext<K, Item>;
  readonly #plan: CheckpointPlan;
  readonly best: Best | null;
  /** Carried tensors of the best moment. */
  #bestCarried: HostTensors | null = null;
  #written = { step: -1, epoch: -1, batch: -1 };

  constructor(run: RunContext<K, Item>, plan: CheckpointPlan) {
    this.#run = run;
    this.#plan = plan;
    this.best = plan.watched === null ? null : new Best(plan.watched.mode);
  }

  /** Carried tensors the returned model is made of: the best when one was watched and found, else null. */
  get bestCarried(): HostTensors | null {
    return this.#bestCarried;
  }

  /** Puts back what a resumed run knew of its best: the value, and the parameters from the checkpoint `best` beside its own. */
  async restore(best: number | null, directory: string): Promise<void> {
    if (this.best === null || best === null) return;
    this.best.value = best;
    const beside = join(dirname(directory), "best");
    if (existsSync(join(beside, "training.json"))) this.#bestCarried = (await readCheckpoint(beside)).carried;
  }

  async *accept(values: Scalars, at: CheckpointMoment): AsyncGenerator<TrainEvent, void> {
    const { loop } = this.#run;
    const { config, watched } = this.#plan;
    if (at === "judged") {
      if (watched === null || this.best === null) return;
      const value = valueOf("CheckpointConfig", watched, values);
      if (!this.best.improve(value)) return;
      const carried = await this.#run.session.read();
      this.#bestCarried = carried;
      yield* this.#write("best", values, carried, value);
      return;
    }
    if (config === null) return;
    const due =
      at === "end" ||
      (at === "epoch" && loop.epoch % config.everyEpochs === 0) ||
      (at === "steps" &&
        config.everySteps !== null &&
        loop.step > 0 &&
        loop.pending === 0 &&
        loop.step % config.everySteps === 0);
    if (due && config.saveLast) yield* this.saveLast(values);
  }

  /** Writes the last state now, unless it is written already. */
  async *saveLast(values: Scalars): AsyncGenerator<TrainEvent, void> {
    const { step, epoch, batch } = this.#run.loop;
    const { step: oldStep, epoch: oldEpoch, batch: oldBatch } = this.#written;
    if (step === oldStep && epoch === oldEpoch && batch === oldBatch) return;
    this.#written = { step, epoch, batch };
    if (this.#plan.directory === null || this.#plan.config === null) return;
    yield* this.#write("last", values, await this.#run.session.read(), null);
  }

  async *#write(
    as: "best" | "last",
    values: Scalars,
    carried: HostTensors,
    score: number | null,
  ): AsyncGenerator<TrainEvent, void> {
    const { directory, config } = this.#plan;
    if (directory === null || config === null) return;
    const { assembled, callbacks, loop } = this.#run;
    await callbacks.call("onSaveCheckpoint");
    const path = join(directory, as);
    await writeCheckpoint(path, this.#checkpoint(values, carried), contentOf(assembled, carried));
    yield { type: "checkpoint", step: loop.step, path, as, score };
  }

  #checkpoint(values: Scalars, carried: HostTensors): Checkpoint {
    const { assembled, callbacks, config, log, loop, memory } = this.#run;
    const { engine, earlyStopping } = this.#plan;
    const ring = memory?.state ?? null;
    const finite = Object.fromEntries(Object.entries(values).filter(([, value]) => Number.isFinite(value)));
    return {
      carried,
      memory: ring,
      state: {
        identity: identityOf(assembled, config),
        engine,
        loop: { ...loop },
        vocabulary: assembled.vocabulary.known,
        log: log.state,
        latest: finite,
        best: this.best?.value ?? null,
        earlyStopping: earlyStopping?.state ?? null,
        callbacks: callbacks.states(),
        memory: ring === null ? null : { pointer: ring.pointer, filled: ring.filled },
      },
    };
  }
}
