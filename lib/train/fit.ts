import type { Kind } from "../contracts/samples.js";
import type { Loader } from "../contracts/loader.js";
import { chooseEngine } from "../engine/choose-engine.js";
import { DriftMeter } from "../memory/drift-meter.js";
import { RingBuffer } from "../memory/ring-buffer.js";
import type { Assembled } from "../model/assemble.js";
import type { PartRegistry } from "../model/part-registry.js";
import type { ModelContent } from "../model/model-content.js";
import type { TrainableModel } from "../model/trainable-model.js";
import { startsLossAnew } from "../model/start-from.js";
import { FileFormatError } from "../errors.js";
import { Random } from "../random.js";
import type { HostTensors } from "../tensor/host.js";
import { join } from "node:path";
import { Caches } from "./caches.js";
import { CallbackRunner, directionsOf, factsOf } from "./callback-runner.js";
import type { Callback } from "./callback.js";
import { Checkpoints, versions } from "./checkpoints.js";
import { contentOf, trainingRecord } from "./content.js";
import type { TrainEvent, Scalars } from "./events.js";
import { fitHead } from "./fit-head.js";
import { History } from "./history.js";
import { countOf, limitsOf } from "./limits.js";
import { MetricRows } from "./metric-rows.js";
import { ScalarLog } from "./log.js";
import { startOfRun, type LoopState } from "./loop-state.js";
import { assembleForTraining, startSession, type Resumed } from "./open-run.js";
import { hasOwnCode } from "./own-code.js";
import { planStopping } from "./plan-stopping.js";
import { readersOf } from "./readers.js";
import type { RunContext } from "./run-context.js";
import { runTraining, type Loaders } from "./run.js";
import { runStage } from "./stage.js";
import { summarize } from "./summary.js";
import type { TrainerConfig } from "./trainer-config.js";
import { Warnings } from "./warnings.js";

/** What a run starts from. */
export interface FitSetup<Item> {
  readonly config: TrainerConfig;
  readonly registry: PartRegistry;
  /** `runDir/run-N`, or null. */
  readonly folder: string | null;
  readonly checkpoint: Resumed | null;
  /** A trained model whose parts and numbers the run starts with. */
  readonly from: ModelContent<Item> | null;
  readonly signal: AbortSignal | null;
  readonly callbacks: readonly Callback[];
}

/** What a run leaves. */
export interface Fitted<K extends Kind, Item> {
  readonly assembled: Assembled<K, Item>;
  /** Every carried tensor, those of the best moment when one was watched. */
  readonly carried: HostTensors;
  readonly content: ModelContent<Item>;
  readonly loop: LoopState;
  readonly interrupted: boolean;
}

/** One call of `fit`: opens what a run needs, runs it, closes it. */
export class Fit<K extends Kind, Item> {
  constructor(
    readonly model: TrainableModel<K, Item>,
    readonly loaders: Loaders<K, Item>,
    readonly setup: FitSetup<Item>,
  ) {}

  async *events(): AsyncGenerator<TrainEvent, Fitted<K, Item>> {
    const { config, registry, checkpoint, from, folder, signal, callbacks } = this.setup;
    const { loaders } = this;
    const chosen = await chooseEngine(config);
    await using _engine = chosen.engine;
    const assembled = await assembleForTraining(this.model, loaders, config, registry, checkpoint, from);
    const limits = limitsOf(config, loaders.train.batchesPerEpoch, loaders.validation?.batchesPerEpoch ?? null);
    const warnings = new Warnings();
    if (from !== null && startsLossAnew(assembled.carried, from, assembled.loss, assembled.vocabulary.known))
      warnings.warn(
        "LOSS_ANEW",
        `${assembled.loss.type} starts anew, though the model was trained with the same loss: a saved model does not hold its parameters, and ` +
          `other groups need others; to go on with them give fit { resume }, or the model that fit returned with the same groups`,
      );
    await using session = await startSession(assembled, config, chosen, checkpoint, warnings);
    if (checkpoint?.state.history !== undefined) await session.restore?.(checkpoint.state.history);
    await using caches = new Caches(assembled, warnings);
    const loop = { ...startOfRun(), ...checkpoint?.state.loop };
    const log = new ScalarLog();
    const readers = readersOf(assembled, session, config, caches.embedRows);
    const run: RunContext<K, Item> = {
      ...{ assembled, session, config, limits, log, loop, warnings },
      random: new Random(config.seed),
      embedRows: caches.embedRows,
      recycleInputs: caches.recycleInputs,
      callbacks: new CallbackRunner(callbacks, loop, log, factsOf(assembled), readers),
      memory: assembled.xbm === null ? null : new RingBuffer(assembled.xbm.bufferSize, assembled.head.outputSize),
      drift: assembled.xbm === null ? null : new DriftMeter(DRIFT_STEPS),
      metricRows: new MetricRows(),
    };
    const directions = directionsOf(callbacks);
    if (loaders.validation === undefined) warnOfIdle(callbacks, warnings);
    const { earlyStopping, watched, checkMonitors } = planStopping(
      config,
      assembled.metrics,
      loaders.validation !== undefined,
      warnings,
      directions,
    );
    const checkpoints = new Checkpoints(run, {
      config: config.checkpoint === false ? null : config.checkpoint,
      directory: folder === null ? null : join(folder, "checkpoints"),
      ...{ watched, earlyStopping, engine: chosen.engine.description },
    });
    if (checkpoint !== null) {
      await this.#restore(run, checkpoints, earlyStopping, checkpoint);
      warnOfChanges(checkpoint, chosen.engine.description, limits.batchesPerEpoch, warnings);
    }

    yield {
      type: "assembled",
      model: assembled.name,
      engine: chosen.engine.description,
      reason: chosen.reason,
      summary: summarize(assembled),
      batchesPerEpoch: limits.batchesPerEpoch,
      runDir: folder,
      step: loop.step,
      epoch: loop.epoch,
    };
    if (!assembled.loss.separable && config.accumulate > 1)
      warnings.warn("ACCUMULATE", accumulationWarning(assembled.loss.type));
    yield* warnings.take();
    try {
      await run.callbacks.call("setup");
      const reading = yield* caches.fill(loaders, signal);
      yield* fitHead(run, () => loaders.train.items());
      yield* warnings.take();
      const history = new History();
      const hooks = {
        ...{ earlyStopping, watched, signal, checkMonitors },
        reviews: hasOwnCode(assembled, registry),
        isOfCallback: (monitor: string) => monitor in directions,
        checkpoint: (values: Scalars, at: Parameters<typeof checkpoints.accept>[1]) => checkpoints.accept(values, at),
      };
      const { reason, message } = yield* history.watch(runTraining(run, reading, hooks));
      yield { type: "stopped", reason, message, step: loop.step, epochs: loop.epoch, seconds: loop.seconds };
      const carried = checkpoints.bestCarried ?? (await session.read());
      return {
        assembled,
        carried,
        content: contentOf(
          assembled,
          carried,
          trainingRecord(run, chosen.engine.description, { loaders, history: history.entries }),
        ),
        loop,
        interrupted: reason === "interrupted",
      };
    } catch (error) {
      yield* warnings.take();
      await run.callbacks.call("onException", error);
      yield* await checkpoints.rescue(run.callbacks.metrics);
      throw error;
    } finally {
      await checkpoints.settle();
      await run.callbacks.call("teardown");
    }
  }

  async #restore(
    run: RunContext<K, Item>,
    checkpoints: Checkpoints<K, Item>,
    earlyStopping: ReturnType<typeof planStopping>["earlyStopping"],
    { state, memory, drift, metrics, directory }: Resumed,
  ): Promise<void> {
    run.log.restore(state.log);
    run.callbacks.restore(state.callbacks);
    run.callbacks.metrics = state.latest;
    if ((memory === null) !== (run.memory === null)) {
      const file = join(directory, "training.json");
      throw new FileFormatError(
        file,
        `"memory" is wrong: ${memory === null ? "none" : "one"} was saved, the model says otherwise`,
      );
    }
    if (memory !== null) run.memory?.restore(memory);
    run.drift?.restore(drift);
    run.metricRows.restore(metrics);
    const before = [
      state.earlyStopping === null ? null : earlyStopping?.restore(state.earlyStopping),
      await checkpoints.restore(state, directory),
    ].find((watched) => watched !== null && watched !== undefined);
    if (before !== undefined)
      run.warnings.warn(
        "RESUMED_MONITOR",
        `the checkpoint watched "${before.monitor}" (${before.mode}), this run watches something else: the best is looked for anew`,
      );
  }
}

/** What `validate` and `test` look at: a checkpoint, else what was fitted. */
export interface EvaluateSetup<K extends Kind, Item> {
  readonly config: TrainerConfig;
  readonly registry: PartRegistry;
  readonly read: Resumed | null;
  readonly fitted: Fitted<K, Item> | null;
  readonly callbacks: readonly Callback[];
}

/** Runs one stage on fitted parameters. */
export async function* evaluateFitted<K extends Kind, Item>(
  model: TrainableModel<K, Item>,
  loader: Loader<K, Item>,
  stage: "validation" | "test",
  { config, registry, read, fitted, callbacks }: EvaluateSetup<K, Item>,
): AsyncGenerator<TrainEvent, Scalars> {
  const chosen = await chooseEngine(config);
  await using _engine = chosen.engine;
  const assembled =
    read === null && fitted !== null
      ? fitted.assembled
      : await assembleForTraining(model, { train: loader }, config, registry, read);
  const carried = read?.carried ?? fitted?.carried ?? {};
  const warnings = new Warnings();
  await using session = await startSession(assembled, config, chosen, { carried }, warnings);
  const limits = limitsOf(config, null, loader.batchesPerEpoch);
  const loop = { ...startOfRun(), ...(read?.state.loop ?? fitted?.loop) };
  const { embedRows } = new Caches(assembled, warnings);
  const readers = readersOf(assembled, session, config, embedRows);
  const run = {
    ...{ assembled, session, config, limits, loop },
    random: new Random(config.seed),
    embedRows,
    callbacks: new CallbackRunner(callbacks, loop, new ScalarLog(), factsOf(assembled), readers),
  };
  const few = config.fastDevRun === false ? config.overfitBatches : Number(config.fastDevRun);
  const testBatches = few ?? countOf("limitTestBatches", config.limitTestBatches, loader.batchesPerEpoch);
  const batches = stage === "test" ? testBatches : limits.validationBatches;
  const values = yield* runStage(run, { stage, loader, batches });
  yield* warnings.take();
  return values;
}

/** Steps after which a batch is encoded again, to see how far its rows have moved. */
const DRIFT_STEPS = 50;

/** What is not refused, but makes a resumed run give other numbers than one that was never stopped. */
function warnOfChanges({ state }: Resumed, engine: string, batchesPerEpoch: number | null, { warn }: Warnings): void {
  const changed = Object.entries({ ...state.versions, engine: state.engine }).flatMap(([what, before]) => {
    const now = { ...versions, engine }[what];
    return now === before ? [] : [`${what} was ${before}, is ${now}`];
  });
  if (changed.length > 0)
    warn("RESUMED_ELSEWHERE", `${changed.join("; ")}: the numbers go on within rounding, not bit for bit`);
  if (state.batchesPerEpoch !== batchesPerEpoch) {
    warn(
      "RESUMED_DATA",
      `the train loader now gives ${batchesPerEpoch} batches an epoch, when the checkpoint was written ${state.batchesPerEpoch}: other data, other numbers`,
    );
  }
}

function accumulationWarning(loss: string): string {
  return (
    `${loss} compares rows within a batch, so several accumulated batches are not one large batch: rows of different batches never ` +
    `meet. Use a larger batchSize or a cross-batch memory for more comparisons`
  );
}

/** Says which callbacks will never have anything to look at. */
function warnOfIdle(callbacks: readonly Callback[], { warn }: Warnings): void {
  for (const { name = "a callback", readsValidation } of callbacks)
    if (readsValidation === true)
      warn(
        "NO_VALIDATION",
        `${name} looks at validations, but there is no validation loader; give one to fit: { train, validation }`,
        name,
      );
}
