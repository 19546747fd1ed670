import type { Kind } from "../contracts/samples.js";
import type { HostTargets } from "../contracts/batch.js";
import type { Loader } from "../contracts/loader.js";
import { DataError } from "../errors.js";
import type { EarlyStopping } from "./early-stopping.js";
import type { Scalars, TrainEvent } from "./events.js";
import { interruptedBy, reached, type Stop } from "./limits.js";
import { logInto } from "./log.js";
import { MetricsRunner } from "./metrics-runner.js";
import type { Watched } from "./monitor.js";
import { Epochs } from "./epochs.js";
import { overridesProcessResults } from "./own-code.js";
import type { Prepared } from "./prepare.js";
import type { RunContext } from "./run-context.js";
import { warnOfLateMemory, warnOfMissingPositives, warnOfWrongCount } from "./run-warnings.js";
import { runStage } from "./stage.js";
import { Stepper, type StepOutcome } from "./stepper.js";

/** Data of a run. */
export interface Loaders<K extends Kind, Item> {
  readonly train: Loader<K, Item>;
  readonly validation?: Loader<K, Item>;
}

/** What the loop asks its owner to do at fixed points. */
export interface RunHooks {
  /** Writes what is due: "judged" = the values of an epoch or a validation are complete and may be the best. */
  checkpoint(values: Scalars, at: CheckpointMoment): AsyncIterable<TrainEvent>;
  /** Sees what a validation logs before training starts. @throws ConfigError when something monitored is missing. */
  readonly checkMonitors: (validation: Scalars) => void;
  readonly earlyStopping: EarlyStopping | null;
  /** What decides the best. */
  readonly watched: Watched | null;
  /** Whether a callback logs it, who may do so now and then. */
  readonly isOfCallback: (monitor: string) => boolean;
  readonly signal: AbortSignal | null;
  /** Whether what a step does may change from epoch to epoch. */
  readonly reviews: boolean;
}

/** Where in the loop a checkpoint may be written. */
export type CheckpointMoment = "judged" | "epoch" | "steps" | "end";

/** The training loop: yields plain events, changes `run.loop`, returns why it ended. */
export async function* runTraining<K extends Kind, Item>(
  run: RunContext<K, Item>,
  loaders: Loaders<K, Item>,
  hooks: RunHooks,
): AsyncGenerator<TrainEvent, Stop> {
  const loop = new TrainingLoop(run, loaders, hooks);
  try {
    return yield* loop.run();
  } finally {
    await loop.close();
  }
}

class TrainingLoop<K extends Kind, Item> {
  readonly #run: RunContext<K, Item>;
  readonly #loaders: Loaders<K, Item>;
  readonly #hooks: RunHooks;
  readonly #epochs: Epochs<K, Item>;
  readonly #stepper: Stepper<K, Item>;
  readonly #metrics: MetricsRunner<K>;
  readonly #readsEmbeddings: boolean;
  #clock = performance.now();
  #latest: Scalars;
  /** What was logged since the last judgement. */
  #fresh: Scalars = {};
  /** Step of the last validation. */
  #validatedAt = -1;

  constructor(run: RunContext<K, Item>, loaders: Loaders<K, Item>, hooks: RunHooks) {
    this.#run = run;
    this.#loaders = loaders;
    this.#hooks = hooks;
    this.#epochs = new Epochs(run, loaders.train, loaders.validation !== undefined);
    this.#stepper = new Stepper(run);
    this.#metrics = new MetricsRunner(run.assembled, "train");
    this.#latest = run.callbacks.metrics;
    this.#readsEmbeddings = overridesProcessResults(run.assembled.model);
  }

  async *run(): AsyncGenerator<TrainEvent, Stop> {
    const { config, limits, loop, callbacks } = this.#run;
    const { validation } = this.#loaders;
    if (
      validation !== undefined &&
      interruptedBy(this.#hooks.signal) === null &&
      config.sanityValidationBatches > 0 &&
      loop.step === 0 &&
      config.fastDevRun === false
    ) {
      const batches = config.sanityValidationBatches;
      const values = yield* runStage(this.#run, { stage: "validation", loader: validation, batches, sanity: true });
      this.#hooks.checkMonitors(values);
    }
    warnOfLateMemory(this.#run, this.#stepper.memoryStart, this.#run.limits.totalSteps);
    yield* this.#run.warnings.take();
    await callbacks.call("onFitStart");
    this.#clock = performance.now();
    let stop = reached(limits, loop) ?? interruptedBy(this.#hooks.signal);
    while (stop === null) stop = (yield* this.#epoch()) ?? reached(limits, loop) ?? interruptedBy(this.#hooks.signal);
    const cutShort = stop.reason === "maxSteps" || stop.reason === "maxTime";
    if (cutShort && validation !== undefined && this.#validatedAt !== loop.step) yield* this.#validate();
    // One that was stopped might have come to use it.
    if (stop.reason !== "interrupted" && stop.reason !== "callback")
      warnOfLateMemory(this.#run, this.#stepper.memoryStart, loop.step);
    yield* this.#run.warnings.take();
    yield* this.#hooks.checkpoint(this.#latest, "end");
    await callbacks.call("onFitEnd");
    if (stop.reason === "maxEpochs" && config.fastDevRun !== false)
      return { reason: "fastDevRun", message: "fastDevRun" };
    return stop;
  }

  /** Ends what was made ready and will not be needed. */
  close(): Promise<void> {
    return this.#epochs.close();
  }

  async *#epoch(): AsyncGenerator<TrainEvent, Stop | null> {
    const { limits, loop, log, callbacks } = this.#run;
    const started = performance.now();
    const resumed = loop.batch > 0;
    callbacks.epoch = loop.epoch;
    if (!resumed) {
      log.reset();
      this.#metrics.reset();
      this.#run.metricRows.clear();
    } else {
      this.#metrics.reset();
      for (const { embeddings, targets } of this.#run.metricRows.batches)
        this.#metrics.replay(embeddings, targets as unknown as HostTargets<K>); // they were of this kind when they were saved
    }
    yield { type: "epochStart", epoch: loop.epoch, step: loop.step, batches: limits.batchesPerEpoch };
    await callbacks.call("onTrainEpochStart");
    if (this.#hooks.reviews) this.#run.session.review?.();
    let stop: Stop | null = null;
    let seen = loop.batch;
    for await (const { value, upcoming } of this.#epochs.batches()) {
      seen += 1;
      yield* this.#batch(value, upcoming);
      stop = yield* this.#afterBatch(seen === limits.batchesPerEpoch);
      if (stop !== null) break;
    }
    if (seen === 0)
      throw new DataError("the train loader gave no batch; are there samples, and does dropLast leave any?");
    if (stop !== null && seen !== limits.batchesPerEpoch) return stop;
    if (await this.#stepper.flush()) this.#tick();
    warnOfWrongCount(this.#run, seen);
    return (yield* this.#endEpoch(started)) ?? stop;
  }

  async *#batch(prepared: Prepared<K>, upcoming: Promise<Prepared<K> | null>): AsyncGenerator<TrainEvent, void> {
    const { log, loop, callbacks, config, limits } = this.#run;
    warnOfMissingPositives(this.#run, prepared);
    log.batchSize = prepared.size;
    await callbacks.call("onTrainBatchStart");
    const outcome = await this.#stepper.train(prepared, upcoming);
    yield* this.#run.warnings.take();
    loop.batch = prepared.position + 1;
    this.#tick();
    if (outcome.skipped !== null) {
      loop.skippedInARow += 1;
      yield { type: "warning", code: "NON_FINITE", message: `batch left out: ${outcome.skipped}` };
      if (loop.skippedInARow >= 100) callbacks.stopRequest ??= "100 batches in a row had a loss that is not finite";
      return;
    }
    loop.skippedInARow = 0;
    await this.#record(outcome, prepared);
    // Metrics over the epoch keep rows for a checkpoint, and a user's method may keep them for anything.
    outcome.release(!this.#readsEmbeddings && !this.#metrics.accumulates);
    // The drift meter looks at batches later.
    if (this.#run.drift === null) this.#run.recycleInputs?.(prepared.inputs);
    await callbacks.call("onTrainBatchEnd", { stage: "train", loss: outcome.loss, size: prepared.size });
    const { epoch, step } = loop;
    const { loss, gradientNorm } = outcome;
    yield { type: "step", epoch, step, batch: prepared.position, loss, gradientNorm, progress: log.progress };
    const logEvery = Math.min(config.logEvery, limits.batchesPerEpoch ?? Infinity);
    const values = log.takeStep();
    if (outcome.updated && step % logEvery === 0) {
      const logged = { "train/loss_step": loss, "train/gradientNorm_step": gradientNorm, ...values, ...this.#rates() };
      yield { type: "metrics", step, epoch, scope: "step", values: logged };
    }
  }

  async #record(outcome: StepOutcome, prepared: Prepared<K>): Promise<void> {
    const { log, loop, assembled } = this.#run;
    log.write("train/loss", outcome.loss, { progress: true });
    for (const [term, value] of Object.entries(outcome.terms)) log.write(`train/${term}`, value, { onStep: true });
    await this.#metrics.update(outcome, prepared.targets, prepared.size, log);
    const { embeddings } = outcome;
    if (embeddings === null) return;
    if (this.#metrics.accumulates && this.#run.config.runDir !== null) {
      this.#run.metricRows.add(embeddings, prepared.targets as unknown as Readonly<Record<string, Int32Array>>);
    }
    if (!this.#readsEmbeddings) return;
    const results = {
      stage: "train" as const,
      embeddings,
      targets: prepared.targets,
      batch: prepared.position,
      epoch: loop.epoch,
    };
    await logInto(log, () => assembled.model.processResults(results));
  }

  /** Validation and checkpoints by steps, and every reason to stop. */
  async *#afterBatch(endOfEpoch: boolean): AsyncGenerator<TrainEvent, Stop | null> {
    const { config, limits, loop, callbacks } = this.#run;
    const stopped = interruptedBy(this.#hooks.signal);
    if (stopped !== null) return stopped;
    const { validateEvery } = config;
    const due =
      "steps" in validateEvery && loop.pending === 0 && loop.step > 0 && loop.step % validateEvery.steps === 0;
    if (due && this.#loaders.validation !== undefined) {
      const stop = yield* this.#validate();
      if (stop !== null) return stop;
    }
    if (!endOfEpoch) yield* this.#hooks.checkpoint(this.#latest, "steps");
    if (callbacks.stopRequest !== null) return { reason: "callback", message: callbacks.stopRequest };
    // A loader may have a batch or two more than it announced; they do not count against the limits.
    return reached({ ...limits, maxEpochs: null }, loop);
  }

  async *#endEpoch(started: number): AsyncGenerator<TrainEvent, Stop | null> {
    const { log, loop, callbacks, config } = this.#run;
    await this.#metrics.finish(log);
    this.#run.metricRows.clear();
    this.#latest = { ...this.#latest, ...log.means() };
    callbacks.metrics = this.#latest;
    await callbacks.call("onTrainEpochEnd");
    const values = { ...log.means(), ...this.#rates() };
    this.#latest = { ...this.#latest, ...values };
    this.#fresh = { ...this.#fresh, ...values };
    yield { type: "metrics", step: loop.step, epoch: loop.epoch, scope: "epoch", values };
    yield {
      type: "epochEnd",
      epoch: loop.epoch,
      step: loop.step,
      values,
      seconds: (performance.now() - started) / 1000,
    };
    loop.epoch += 1;
    loop.batch = 0;
    const { validateEvery } = config;
    const validates = this.#loaders.validation !== undefined;
    let stop: Stop | null = null;
    if (validates && "epochs" in validateEvery && loop.epoch % validateEvery.epochs === 0)
      stop = yield* this.#validate();
    else if (!validates) stop = yield* this.#judge();
    yield* this.#hooks.checkpoint(this.#latest, "epoch");
    if (stop === null && callbacks.stopRequest !== null) return { reason: "callback", message: callbacks.stopRequest };
    return stop;
  }

  async *#validate(): AsyncGenerator<TrainEvent, Stop | null> {
    const { limits, loop, callbacks } = this.#run;
    const loader = this.#loaders.validation as Loader<K, Item>;
    this.#validatedAt = loop.step;
    const values = yield* runStage(this.#run, { stage: "validation", loader, batches: limits.validationBatches });
    this.#latest = { ...this.#latest, ...values };
    this.#fresh = { ...this.#fresh, ...values };
    yield { type: "metrics", step: loop.step, epoch: callbacks.epoch, scope: "epoch", values };
    this.#tick();
    return yield* this.#judge();
  }

  /** Best checkpoint and early stopping, whenever new values are complete. */
  async *#judge(): AsyncGenerator<TrainEvent, Stop | null> {
    const { config, loop } = this.#run;
    const { earlyStopping, watched, isOfCallback } = this.#hooks;
    // What a callback logs now and then is judged when it does.
    const isOld = ({ monitor }: Watched): boolean =>
      isOfCallback(monitor) && monitor in this.#latest && !(monitor in this.#fresh);
    const waits = earlyStopping === null || isOld(earlyStopping.watched);
    const message = waits ? null : earlyStopping.check(this.#latest);
    if (watched === null || !isOld(watched)) yield* this.#hooks.checkpoint(this.#latest, "judged");
    this.#fresh = {};
    if (message === null || loop.epoch < config.minEpochs || loop.step < config.minSteps) return null;
    return { reason: "earlyStopping", message };
  }

  #rates(): Scalars {
    return Object.fromEntries(Object.entries(this.#stepper.scalars()).filter(([name]) => /learningRate$/u.test(name)));
  }

  #tick(): void {
    const now = performance.now();
    this.#run.loop.seconds += (now - this.#clock) / 1000;
    this.#clock = now;
  }
}
