import type { Observable } from "rxjs";
// The index of rxjs reads 200 files, most of them operators.
import { Subject } from "rxjs/internal/Subject";
import { refuse, unknownOptions, type Problem } from "../contracts/options.js";
import type { Kind } from "../contracts/samples.js";
import { loaderProblem, type Loader } from "../contracts/loader.js";
import { InterruptedError, UsageError } from "../errors.js";
import type { AnyPartClass } from "../model/part-registry.js";
import type { EncodeOptions } from "../model/encode-options.js";
import { SimilarityModel } from "../model/similarity-model.js";
import type { TrainableModel } from "../model/trainable-model.js";
import { show } from "../show.js";
import { standardParts } from "../standard-parts.js";
import type { HostMatrix } from "../tensor/host.js";
import { checkCallbacks } from "./callback-runner.js";
import type { Callback } from "./callback.js";
import { checkLoaders } from "./check-loaders.js";
import { ConsoleProgress } from "./console-progress.js";
import type { Scalars, TrainEvent } from "./events.js";
import { evaluateFitted, Fit, type Fitted } from "./fit.js";
import { findLearningRate, type LearningRateOptions, type LearningRateSuggestion } from "./learning-rate-finder.js";
import { countOf } from "./limits.js";
import { openRunFolder, resolveCheckpoint, runLogs, whatWasSaved, type ResumeFrom } from "./run-folder.js";
import { ProcessWarnings } from "./process-warnings.js";
import type { Loaders } from "./run.js";
import type { Sink } from "./sink.js";
import { watchSignals } from "./signals.js";
import { WatchedEvents } from "./watched-events.js";
import { TrainerConfig, type TrainerOptions } from "./trainer-config.js";

/** Options of `fit`. */
export interface FitOptions<Item = unknown> {
  /** Go on from a checkpoint: the last or the best of the newest run in `runDir`, or the folder of one. */
  readonly resume?: ResumeFrom;
  /**
   * A trained model to start from, with another loss, other data or another optimizer: its encoders and head with all they have learned,
   * and what its loss has learned when that and its groups are the same and it was not loaded from a folder. The model that is trained
   * must describe the same encoders and head.
   */
  readonly from?: SimilarityModel<Item>;
  /** Ends the run after the step under way; its state is saved and `fit` rejects with `InterruptedError`. */
  readonly signal?: AbortSignal;
  /** Your own classes that parts are made of (inside `field`, `freeze`, …). Classes the model uses directly need not be listed. */
  readonly parts?: readonly AnyPartClass[];
}

/** Things a trainer takes besides its configuration. */
export interface TrainerExtensions {
  /** Run in this order. */
  readonly callbacks?: readonly Callback[];
  /** Take every event, awaited. */
  readonly sinks?: readonly Sink[];
}

/** Options of `validate` and `test`. */
export interface EvaluateOptions {
  /** A checkpoint instead of what this trainer fitted last. */
  readonly checkpoint?: ResumeFrom;
  readonly parts?: readonly AnyPartClass[];
}

/**
 * Trains models: `const model = await new Trainer({ maxEpochs: 10 }).fit(new MyModel(), { train, validation })`.
 *
 * One trainer may fit several models, one after the other.
 */
export class Trainer {
  readonly config: TrainerConfig;
  readonly #callbacks: readonly Callback[];
  readonly #sinks: readonly Sink[];
  readonly #events = new Subject<TrainEvent>();
  /** What was fitted, for `validate` and `test`. */
  readonly #fitted = new WeakMap<object, Fitted<never, never>>();
  #busy = false;

  /** @throws ConfigError listing every wrong option. */
  constructor({ callbacks = [], sinks = [], ...options }: TrainerOptions & TrainerExtensions = {}) {
    this.config = new TrainerConfig(options);
    checkCallbacks(callbacks);
    this.#callbacks = callbacks;
    this.#sinks = sinks;
  }

  /**
   * Plain events of everything this trainer does. Watching cannot steer: subscribers are neither awaited nor can they fail a run; what
   * one throws becomes a warning of the process.
   */
  get events$(): Observable<TrainEvent> {
    return WatchedEvents.of(this.#events);
  }

  /**
   * Trains the model and returns it: with the best parameters when something is monitored (`checkpoint.monitor` or early stopping),
   * else with the last.
   *
   * @throws AssemblyError, before the first step, with everything that does not fit.
   * @throws NonFiniteError naming what is not finite (see `onNonFinite`).
   * @throws InterruptedError when the signal ended the run; the state is saved when there is a `runDir`.
   */
  async fit<K extends Kind, Item>(
    model: TrainableModel<K, Item>,
    loaders: Loaders<NoInfer<K>, NoInfer<Item>>,
    options: FitOptions<NoInfer<Item>> = {},
  ): Promise<SimilarityModel<Item>> {
    refuse("fit", [modelProblem(model)]);
    checkLoaders("fit", loaders);
    const { resume, from, signal, parts = [] } = options;
    refuse("fit", [
      ...unknownOptions(options, ["resume", "from", "signal", "parts"]),
      signal === undefined || typeof (signal as Partial<AbortSignal>).aborted === "boolean"
        ? null
        : `signal: expected an AbortSignal (that of an AbortController is its signal), got ${show(signal)}`,
      resume === undefined || from === undefined
        ? null
        : "resume and from: a run that is resumed goes on from its checkpoint, whatever it started from; leave out from",
      from === undefined || from instanceof SimilarityModel
        ? null
        : `from: expected a SimilarityModel, got ${show(from)}; a checkpoint is given as resume, a folder is read by SimilarityModel.load`,
    ]);
    return this.#exclusively(async () => {
      if (signal?.aborted === true)
        throw new InterruptedError("the signal was aborted before training began; nothing was done", {
          cause: signal.reason,
        });
      const { config } = this;
      const registry = (await standardParts()).with(parts);
      const quiet = config.fastDevRun !== false;
      const checkpoint = resume === undefined ? null : await resolveCheckpoint(resume, config.runDir);
      using opened = config.runDir === null || quiet ? null : await openRunFolder(config.runDir, checkpoint, config);
      const folder = opened?.path ?? null;
      using watching = watchSignals(config.handleSignals, signal ?? null);
      const sinks = [
        ...this.#sinksFor(),
        ...(folder === null ? [] : runLogs(folder, config.logs, checkpoint?.state.loop.step ?? null)),
      ];
      const fit = new Fit(model, loaders, {
        config,
        registry,
        folder,
        checkpoint,
        from: from?.content ?? null,
        signal: watching.signal,
        callbacks: this.#callbacks,
      });
      const fitted = await this.#drain(fit.events(), sinks);
      this.#fitted.set(model, fitted as unknown as Fitted<never, never>);
      if (fitted.interrupted) {
        throw new InterruptedError(
          `training was stopped at step ${fitted.loop.step}; ${whatWasSaved(folder, config)}`,
          {
            cause: watching.signal?.reason,
          },
        );
      }
      const { engine, threads, executionProvider } = config;
      return new SimilarityModel<Item>(fitted.content, { engine, threads, executionProvider });
    });
  }

  /** Loss and metrics of a loader: `{ "validation/loss": …, "validation/recall@10": … }`. */
  async validate<K extends Kind, Item>(
    model: TrainableModel<K, Item>,
    loader: Loader<NoInfer<K>, NoInfer<Item>>,
    options: EvaluateOptions = {},
  ): Promise<Scalars> {
    return this.#evaluate(model, loader, "validation", options);
  }

  /** Like `validate`, with the metrics that are attached to the stage "test", under `test/…`. */
  async test<K extends Kind, Item>(
    model: TrainableModel<K, Item>,
    loader: Loader<NoInfer<K>, NoInfer<Item>>,
    options: EvaluateOptions = {},
  ): Promise<Scalars> {
    return this.#evaluate(model, loader, "test", options);
  }

  /** Vectors of items, or of all items of a loader in source order. */
  async predict<Item>(
    model: SimilarityModel<Item>,
    items: readonly Item[] | Loader<Kind, NoInfer<Item>>,
    options: Omit<EncodeOptions, "precision" | "ranges"> = {},
  ): Promise<HostMatrix> {
    if (Array.isArray(items)) return model.encode(items as readonly Item[], options);
    const loader = items as Loader<Kind, Item>;
    const { batchSize = 256 } = options;
    const limit = countOf("limitPredictBatches", this.config.limitPredictBatches, loader.batchesPerEpoch);
    const given: Item[] = [];
    for await (const item of loader.items()) {
      given.push(item);
      if (limit !== null && given.length >= limit * batchSize) break;
    }
    return model.encode(given, options);
  }

  /**
   * Trains a throw-away copy with a learning rate that grows from step to step, and suggests one: where the loss falls fastest.
   * The curve is returned too, for a plot.
   */
  async findLearningRate<K extends Kind, Item>(
    model: TrainableModel<K, Item>,
    loaders: Pick<Loaders<NoInfer<K>, NoInfer<Item>>, "train">,
    options: LearningRateOptions = {},
  ): Promise<LearningRateSuggestion> {
    refuse("findLearningRate", [modelProblem(model)]);
    checkLoaders("findLearningRate", loaders);
    return this.#exclusively(async () => findLearningRate(model, loaders, this.config, await standardParts(), options));
  }

  async #evaluate<K extends Kind, Item>(
    model: TrainableModel<K, Item>,
    loader: Loader<K, Item>,
    stage: "validation" | "test",
    { checkpoint, parts = [] }: EvaluateOptions,
  ): Promise<Scalars> {
    refuse(stage === "test" ? "test" : "validate", [loaderProblem("loader", loader)]);
    return this.#exclusively(async () => {
      const fitted = this.#fitted.get(model) as unknown as Fitted<K, Item> | undefined;
      const read = checkpoint === undefined ? null : await resolveCheckpoint(checkpoint, this.config.runDir);
      if (read === null && fitted === undefined) {
        throw new UsageError(
          `trainer.${stage === "test" ? "test" : "validate"}: fit this model first, or name a checkpoint: { checkpoint: "best" }`,
        );
      }
      const registry = (await standardParts()).with(parts);
      const events = evaluateFitted(model, loader, stage, {
        config: this.config,
        registry,
        read,
        fitted: fitted ?? null,
        callbacks: this.#callbacks,
      });
      return this.#drain(events, this.#sinksFor());
    });
  }

  #sinksFor(): readonly Sink[] {
    return [this.config.progress ? new ConsoleProgress() : new ProcessWarnings(), ...this.#sinks];
  }

  /** Gives every event to the sinks, in order, then to those who watch. */
  async #drain<Result>(events: AsyncGenerator<TrainEvent, Result>, sinks: readonly Sink[]): Promise<Result> {
    try {
      for (;;) {
        const { done, value } = await events.next();
        if (done === true) return value;
        for (const sink of sinks) await sink.accept(value);
        this.#events.next(value);
      }
    } finally {
      await events.return(undefined as Result);
      for (const sink of sinks) await sink.close();
    }
  }

  async #exclusively<Result>(body: () => Promise<Result>): Promise<Result> {
    if (this.#busy) throw new UsageError("this trainer is busy; await its last call, or make another Trainer");
    this.#busy = true;
    try {
      return await body();
    } finally {
      this.#busy = false;
    }
  }
}

/** What is wrong with a model that was given to be trained; for callers without a compiler. */
function modelProblem(model: unknown): Problem {
  if (model instanceof SimilarityModel) {
    return (
      "model: expected a TrainableModel, got a trained SimilarityModel; to go on from what it has learned, " +
      "give a model that describes the same encoders and head, and this one as { from }"
    );
  }
  const described = typeof (model as Partial<TrainableModel<Kind, never>> | null)?.configureEncoders === "function";
  return described ? null : `model: expected a TrainableModel, such as new MyModel(), got ${show(model)}`;
}
