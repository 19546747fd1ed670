import type { Stage } from "../contracts/metric.js";
import type { Kind } from "../contracts/samples.js";
import type { Loader } from "../contracts/loader.js";
import { DataError } from "../errors.js";
import { under } from "../tensor/tree.js";
import type { TrainEvent, Scalars } from "./events.js";
import { logInto, ScalarLog } from "./log.js";
import { MetricsRunner } from "./metrics-runner.js";
import { atMost, oneAhead, whenThere } from "./one-ahead.js";
import { prepare } from "./prepare.js";
import type { RunContext } from "./run-context.js";
import { embeddingsOf } from "./stepper.js";

/** One pass without training: which loader, as which stage, how many batches. */
export interface StagePass<K extends Kind, Item> {
  readonly stage: Exclude<Stage, "train">;
  readonly loader: Loader<K, NoInfer<Item>>;
  readonly batches: number | null;
  /** True for the few batches before training, whose values are not reported. */
  readonly sanity?: boolean;
}

/** Runs loss and metrics over a loader and returns `<stage>/loss`, `<stage>/<metric>`, `<stage>/<term>`. */
export async function* runStage<K extends Kind, Item>(
  run: Omit<RunContext<K, Item>, "memory" | "drift" | "metricRows" | "log" | "warnings">,
  { stage, loader, batches, sanity = false }: StagePass<K, Item>,
): AsyncGenerator<TrainEvent, Scalars> {
  const { assembled, session, callbacks, loop, random } = run;
  const started = performance.now();
  const log = new ScalarLog();
  const trainLog = callbacks.log;
  callbacks.log = log;
  const metrics = new MetricsRunner(assembled, stage);
  metrics.reset();
  yield { type: "validationStart", stage, step: loop.step, batches };
  await callbacks.call(sanity ? "onSanityCheckStart" : stage === "test" ? "onTestStart" : "onValidationStart");

  let seen = 0;
  const request = { epoch: 0, random: random.fork(stage), training: false };
  const loaded = atMost(loader.epoch(request), batches);
  for await (const { value: prepared, upcoming } of oneAhead(prepare(assembled, loaded, run.embedRows, stage))) {
    log.batchSize = prepared.size;
    const running = session.run("evaluate", prepared.inputs, random.fork("evaluate"));
    whenThere(upcoming, ({ inputs }) => session.ahead?.("evaluate", inputs, random.fork("evaluate")));
    const reported = await running;
    const loss = reported["loss"]?.data[0] ?? NaN;
    log.write(`${stage}/loss`, loss, { progress: true });
    for (const [term, { data }] of Object.entries(under(reported, "terms")))
      log.write(`${stage}/${term}`, data[0] as number);
    const embeddings = embeddingsOf(reported);
    if (embeddings !== null) {
      await metrics.update({ embeddings, similarities: null }, prepared.targets, prepared.size, log);
      const results = {
        stage,
        embeddings,
        targets: prepared.targets,
        batch: prepared.position,
        epoch: callbacks.epoch,
      };
      await logInto(log, () => assembled.model.processResults(results));
    }
    const rows = embeddings === null ? {} : { rows: { embeddings, targets: prepared.targets } };
    const outcome = { stage: sanity ? "sanity" : stage, loss, size: prepared.size, ...rows } as const;
    await callbacks.call(stage === "test" ? "onTestBatchEnd" : "onValidationBatchEnd", outcome);
    seen += 1;
    yield { type: "validationBatch", stage, batch: prepared.position };
  }
  if (seen === 0) throw new DataError(`the ${stage} loader gave no batch; are there samples?`);
  await metrics.finish(log);
  const values = log.means();
  if (!sanity) callbacks.metrics = { ...callbacks.metrics, ...values };
  await callbacks.call(sanity ? "onSanityCheckEnd" : stage === "test" ? "onTestEnd" : "onValidationEnd");
  if (!sanity) callbacks.metrics = { ...callbacks.metrics, ...log.means() };
  callbacks.log = trainLog;
  const seconds = (performance.now() - started) / 1000;
  yield { type: "validationEnd", stage, step: loop.step, values: sanity ? {} : { ...values, ...log.means() }, seconds };
  return { ...values, ...log.means() };
}
