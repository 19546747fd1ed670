import type { Kind } from "../contracts/samples.js";
import { refuse, unknownOptions } from "../contracts/options.js";
import type { Transform } from "../contracts/optimizer.js";
import { chooseEngine } from "../engine/choose-engine.js";
import type { PartRegistry } from "../model/part-registry.js";
import type { TrainableModel } from "../model/trainable-model.js";
import { MetricRows } from "./metric-rows.js";
import { Random } from "../random.js";
import { Caches } from "./caches.js";
import { CallbackRunner, factsOf } from "./callback-runner.js";
import { fitHead } from "./fit-head.js";
import { limitsOf } from "./limits.js";
import { ScalarLog } from "./log.js";
import { startOfRun } from "./loop-state.js";
import { assembleForTraining, startSession } from "./open-run.js";
import { prepare } from "./prepare.js";
import { showWarnings } from "./process-warnings.js";
import type { Loaders } from "./run.js";
import { Stepper } from "./stepper.js";
import { TrainerConfig } from "./trainer-config.js";
import { readersOf } from "./readers.js";
import { Warnings } from "./warnings.js";

/** The range that is tried. */
export interface LearningRateOptions {
  /** First learning rate. Default 1e-6. */
  readonly from?: number;
  /** Last learning rate. Default 1. */
  readonly to?: number;
  /** Steps between them, evenly spaced in the logarithm. Default 100. */
  readonly steps?: number;
}

/** A learning rate to start with, and the curve it was read from. */
export interface LearningRateSuggestion {
  /** Where the smoothed loss falls fastest; null when it never falls. */
  readonly suggestion: number | null;
  readonly curve: readonly { readonly learningRate: number; readonly loss: number }[];
}

/** Stop when the smoothed loss is this many times its best. */
const divergence = 4;

/** Leslie N. Smith, "Cyclical Learning Rates for Training Neural Networks", WACV 2017, section 3.3. */
export async function findLearningRate<K extends Kind, Item>(
  model: TrainableModel<K, Item>,
  { train }: Pick<Loaders<K, Item>, "train">,
  given: TrainerConfig,
  registry: PartRegistry,
  options: LearningRateOptions,
): Promise<LearningRateSuggestion> {
  const { from = 1e-6, to = 1, steps = 100 } = options;
  const fits = from > 0 && to > from && Number.isInteger(steps) && steps >= 10;
  refuse("findLearningRate", [
    ...unknownOptions(options, ["from", "to", "steps"]),
    fits ? null : `needs 0 < from < to and at least 10 steps, got from ${from}, to ${to}, steps ${steps}`,
  ]);
  const config = new TrainerConfig({
    seed: given.seed,
    engine: given.engine,
    threads: given.threads,
    maxSteps: steps,
    onNonFinite: "skip",
  });
  const rateAt = (step: number): number => from * (to / from) ** (step / (steps - 1));
  const chosen = await chooseEngine(config);
  await using _engine = chosen.engine;
  const read = await assembleForTraining(model, { train }, config, registry, null);
  const assembled = { ...read, optimizer: withRate(read.optimizer, rateAt) };
  const warnings = new Warnings();
  using _shown = { [Symbol.dispose]: () => showWarnings(warnings) };
  await using session = await startSession(assembled, config, chosen, null, warnings);
  const loop = startOfRun();
  const log = new ScalarLog();
  const random = new Random(config.seed);
  await using caches = new Caches(assembled, warnings);
  const { embedRows } = caches;
  const readers = readersOf(assembled, session, config, embedRows);
  const callbacks = new CallbackRunner([], loop, log, factsOf(assembled), readers);
  for await (const _event of fitHead({ assembled, session, embedRows }, () => train.items()));
  const limits = limitsOf(config, train.batchesPerEpoch, null);
  const stepper = new Stepper({
    assembled,
    session,
    config,
    limits,
    random,
    embedRows,
    callbacks,
    log,
    memory: null,
    drift: null,
    metricRows: new MetricRows(),
    loop,
    warnings,
  });

  const curve: { learningRate: number; loss: number }[] = [];
  let smoothed = 0;
  let best = Infinity;
  for (let epoch = 0; curve.length < steps; epoch += 1) {
    const before = curve.length;
    const request = { epoch, random: random.fork("train"), training: true };
    for await (const prepared of prepare(assembled, train.epoch(request), embedRows, `epoch ${epoch}`)) {
      const learningRate = rateAt(loop.step);
      const { loss, skipped } = await stepper.train(prepared);
      if (skipped !== null) return { suggestion: steepest(curve), curve };
      smoothed = 0.9 * smoothed + 0.1 * loss;
      const mean = smoothed / (1 - 0.9 ** (curve.length + 1));
      curve.push({ learningRate, loss: mean });
      best = Math.min(best, mean);
      if (curve.length >= steps || mean > divergence * Math.abs(best)) return { suggestion: steepest(curve), curve };
    }
    if (curve.length === before) break;
  }
  return { suggestion: steepest(curve), curve };
}

/** The same optimizer with every learning rate replaced, groups keeping their ratio to the largest. */
function withRate(optimizer: Transform, rateAt: (step: number) => number): Transform {
  const scalars: Transform["scalars"] = (moment) => {
    const values = optimizer.scalars(moment);
    const isRate = (name: string): boolean => /learningRate$/u.test(name);
    const largest = Math.max(...Object.entries(values).map(([name, value]) => (isRate(name) ? value : 0)));
    const rate = rateAt(moment.step);
    return Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        name,
        isRate(name) ? (largest > 0 ? (rate * value) / largest : rate) : value,
      ]),
    );
  };
  return {
    type: optimizer.type,
    config: optimizer.config,
    elementwise: optimizer.elementwise,
    scalars,
    initialize: (parameters) => optimizer.initialize(parameters),
    update: (gradients, state, parameters, values) => optimizer.update(gradients, state, parameters, values),
  };
}

/** The learning rate at the steepest fall of the loss over its logarithm; the first and last tenth do not count. */
function steepest(curve: LearningRateSuggestion["curve"]): number | null {
  const margin = Math.floor(curve.length / 10);
  let suggestion: number | null = null;
  let slope = 0;
  for (let i = margin + 1; i < curve.length - margin - 1; i += 1) {
    const [before, here, after] = [curve[i - 1], curve[i], curve[i + 1]];
    if (before === undefined || here === undefined || after === undefined) continue;
    const fall = (after.loss - before.loss) / (Math.log(after.learningRate) - Math.log(before.learningRate));
    if (fall < slope) {
      slope = fall;
      suggestion = here.learningRate;
    }
  }
  return suggestion;
}
