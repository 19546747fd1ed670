import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Kind } from "../contracts/samples.js";
import type { HostTensors } from "../tensor/host.js";
import { version_core } from "../tensor/tf.js";
import type { CheckpointConfig } from "./checkpoint-config.js";
import { identityOf, readCheckpoint, writeCheckpoint, type Checkpoint } from "./checkpoint-file.js";
import { checkpointName } from "./checkpoint-name.js";
import type { CheckpointState } from "./checkpoint-state.js";
import { CheckpointWriter } from "./checkpoint-writer.js";
import { contentOf, trainingRecord } from "./content.js";
import type { EarlyStopping } from "./early-stopping.js";
import type { Scalars, TrainEvent } from "./events.js";
import { readKept, removeKept, writeKept, type KeptCheckpoint } from "./kept-checkpoints-file.js";
import { Best, isOther, valueOf, type Watched } from "./monitor.js";
import type { CheckpointMoment } from "./run.js";
import type { RunContext } from "./run-context.js";

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

/** Versions of what computes, for checkpoints. */
export const versions = { node: process.version, tfjs: version_core };

/** Keeps the best parameters and writes the checkpoints of a run, while it goes on. */
export class Checkpoints<K extends Kind, Item> {
  readonly #run: RunContext<K, Item>;
  readonly #plan: CheckpointPlan;
  readonly #writer = new CheckpointWriter<TrainEvent>();
  readonly best: Best | null;
  /** Carried tensors of the best moment. */
  #bestCarried: HostTensors | null = null;
  /** Best first. */
  #kept: KeptCheckpoint[] = [];
  #written = { step: 0, epoch: 0, batch: 0 };
  #writtenAt = performance.now();

  constructor(run: RunContext<K, Item>, plan: CheckpointPlan) {
    this.#run = run;
    this.#plan = plan;
    this.best = plan.watched === null ? null : new Best(plan.watched.mode);
  }

  /** Carried tensors the returned model is made of: the best when one was watched and found, else null. */
  get bestCarried(): HostTensors | null {
    return this.#bestCarried;
  }

  /**
   * Puts back what a resumed run knew of its best: the value, and the parameters from the best checkpoint beside its own.
   *
   * @returns what it was a value of, if something else decides now; then the best is looked for anew.
   */
  async restore({ best, watched }: CheckpointState, directory: string): Promise<Watched | null> {
    const { step, epoch, batch } = this.#run.loop;
    this.#written = { step, epoch, batch };
    const folder = dirname(directory);
    const kept = (await readKept(folder)).filter(({ name }) => existsSync(join(folder, name, "training.json")));
    const now = this.#plan.watched;
    if (this.best === null || now === null) return null;
    if (isOther(watched, now)) return watched;
    this.best.value = best;
    const beside = join(folder, kept[0]?.name ?? "best");
    if (!existsSync(join(beside, "training.json"))) return null;
    const read = await readCheckpoint(beside);
    if (isOther(read.state.watched, now)) return null;
    if (folder === this.#plan.directory) this.#kept = [...kept];
    // It may have been written after the one to go on from; its parameters belong to its own value.
    const value = read.state.best;
    if (value === null || (best !== null && !this.best.reaches(value, best))) return null;
    this.best.value = value;
    this.#bestCarried = read.carried;
    return null;
  }

  /** Writes what is due, and tells what was written meanwhile. @throws StorageError when a checkpoint could not be written. */
  async *accept(values: Scalars, at: CheckpointMoment): AsyncGenerator<TrainEvent, void> {
    if (at === "judged") await this.#judge(values);
    else if (this.#isDue(at)) await this.#saveLast(values);
    if (at === "end") await this.#writer.finish();
    yield* this.#writer.take();
  }

  /** After an error of the run: the state of the last step that worked, if it can still be had. */
  async rescue(values: Scalars): Promise<readonly TrainEvent[]> {
    const { config } = this.#plan;
    try {
      if (config?.onException === true && config.saveLast) await this.#saveLast(values);
      await this.#writer.finish();
      return this.#writer.take();
    } catch {
      return []; // the error of the run is the one to be told
    }
  }

  /** Waits until nothing is being written any more. */
  async settle(): Promise<void> {
    await this.#writer.settle();
  }

  async #judge(values: Scalars): Promise<void> {
    const { watched } = this.#plan;
    if (watched === null || this.best === null) return;
    const score = valueOf("CheckpointConfig", watched, values);
    const isBest = this.best.improve(score);
    const keeps = this.#plan.directory !== null && this.#isKept(score, isBest);
    if (!isBest && !keeps) return;
    const carried = await this.#run.session.read();
    if (isBest) this.#bestCarried = carried;
    if (keeps) await this.#keep(values, carried, score, isBest);
  }

  #isKept(score: number, isBest: boolean): boolean {
    const { saveTopK = 0 } = this.#plan.config ?? {};
    if (saveTopK === 0 || Number.isNaN(score)) return false;
    if (saveTopK === 1) return isBest;
    const worst = this.#kept.at(-1);
    return saveTopK === -1 || this.#kept.length < saveTopK || this.#compare(score, worst?.score ?? NaN) < 0;
  }

  /** Writes one of the best, then the list of them, then removes the one that is no longer among them. */
  async #keep(values: Scalars, carried: HostTensors, score: number, isBest: boolean): Promise<void> {
    const { config, directory } = this.#plan;
    if (directory === null || config === null) return;
    const { filename, saveTopK } = config;
    const { loop, callbacks } = this.#run;
    const { step } = loop;
    const told = { as: isBest ? ("best" as const) : ("kept" as const), score };
    if (filename === null && saveTopK === 1) return this.#add(join(directory, "best"), values, carried, told);
    const wanted = checkpointName(filename ?? "step{step}", { ...values, step, epoch: callbacks.epoch });
    const others = this.#kept.filter((each) => each.step !== step);
    const name = freeName(wanted, others);
    const sorted = [...others, { name, score, step }].sort(
      (a, b) => this.#compare(a.score, b.score) || a.step - b.step,
    );
    this.#kept = saveTopK === -1 ? sorted : sorted.slice(0, saveTopK);
    const kept = this.#kept;
    const dropped = sorted.slice(kept.length);
    await this.#add(join(directory, name), values, carried, told, async () => {
      await writeKept(directory, kept);
      for (const each of dropped) await removeKept(directory, each.name);
    });
  }

  #compare(left: number, right: number): number {
    return this.best?.mode === "max" ? right - left : left - right;
  }

  #isDue(at: CheckpointMoment): boolean {
    const { config } = this.#plan;
    if (config === null || !config.saveLast) return false;
    const { loop } = this.#run;
    const { everyEpochs, everySteps, everyMinutes } = config;
    if (at === "end") return true;
    if (at === "epoch" && everyEpochs !== null && loop.epoch % everyEpochs === 0) return true;
    if (loop.step === 0 || loop.pending > 0) return false;
    if (everySteps !== null && loop.step % everySteps === 0) return true;
    return everyMinutes !== null && performance.now() - this.#writtenAt >= everyMinutes * 60_000;
  }

  /** Writes the last state now, unless it is written already. */
  async #saveLast(values: Scalars): Promise<void> {
    const { directory } = this.#plan;
    const { step, epoch, batch } = this.#run.loop;
    const { step: oldStep, epoch: oldEpoch, batch: oldBatch } = this.#written;
    if (directory === null || (step === oldStep && epoch === oldEpoch && batch === oldBatch)) return;
    this.#written = { step, epoch, batch };
    this.#writtenAt = performance.now();
    await this.#add(join(directory, "last"), values, await this.#run.session.read(), { as: "last", score: null });
  }

  async #add(
    path: string,
    values: Scalars,
    carried: HostTensors,
    told: { readonly as: "best" | "kept" | "last"; readonly score: number | null },
    afterwards: (() => Promise<void>) | null = null,
  ): Promise<void> {
    const { assembled, callbacks, loop } = this.#run;
    await callbacks.call("onSaveCheckpoint");
    const checkpoint = this.#checkpoint(values, carried);
    const model = contentOf(assembled, carried, trainingRecord(this.#run, this.#plan.engine));
    await this.#writer.add({
      path,
      // What is done afterwards counts on what was done for those before.
      replaces: afterwards === null,
      write: async () => {
        await writeCheckpoint(path, checkpoint, model);
        await afterwards?.();
      },
      told: { type: "checkpoint", step: loop.step, path, ...told },
    });
  }

  #checkpoint(values: Scalars, carried: HostTensors): Checkpoint {
    const { assembled, callbacks, config, drift, limits, log, loop, memory, metricRows, session } = this.#run;
    const { engine, earlyStopping } = this.#plan;
    const ring = memory?.state ?? null;
    return {
      carried,
      memory: ring,
      drift: drift?.state ?? {},
      metrics: metricRows.state,
      state: {
        identity: identityOf(assembled, config),
        engine,
        versions,
        batchesPerEpoch: limits.batchesPerEpoch,
        loop: { ...loop },
        vocabulary: assembled.vocabulary.known,
        log: log.state,
        latest: Object.fromEntries(Object.entries(values).filter(([, value]) => Number.isFinite(value))),
        best: this.best?.value ?? null,
        watched: this.#plan.watched,
        earlyStopping: earlyStopping?.state ?? null,
        callbacks: callbacks.states(),
        memory: ring === null ? null : { pointer: ring.pointer, filled: ring.filled },
        ...(session.history === undefined ? {} : { history: session.history }),
      },
    };
  }
}

/** The name, or with "-v1", "-v2" … when another state has it. */
function freeName(wanted: string, others: readonly KeptCheckpoint[]): string {
  let name = wanted;
  for (let version = 1; others.some((other) => other.name === name); version += 1) name = `${wanted}-v${version}`;
  return name;
}
