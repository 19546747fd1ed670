import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  attach,
  CacheConfig,
  FrozenEncoder,
  Trainer,
  XbmConfig,
  type JsonObject,
  type TrainerOptions,
  type TrainEvent,
} from "likewise";
import { GroupLoader, readJsonLines } from "likewise/data";
import { TripletLoss } from "likewise/losses";
import { RPrecision } from "likewise/metrics";
import { adam, linear } from "likewise/optim";
import { TinyHead, TinyLoader, TinyModel, tinySamples } from "../support/tiny.js";

/** Takes its time, so that a run can be killed while caches fill. */
export class SlowEncoder extends FrozenEncoder<readonly number[]> {
  static readonly type = "SlowEncoder";
  readonly embeddingSize = 6;
  static from(): SlowEncoder {
    return new SlowEncoder();
  }
  get config(): JsonObject {
    return {};
  }
  async embed(items: readonly (readonly number[])[]): Promise<Float32Array> {
    await new Promise((resolve) => setTimeout(resolve, 5));
    return Float32Array.from(items.flat());
  }
  fingerprint(): string {
    return "slow";
  }
}

class Everything extends TinyModel {
  constructor(readonly cacheDir: string) {
    super();
  }
  override configureEncoders() {
    return new SlowEncoder();
  }
  override configureLoss() {
    return new TripletLoss({ mining: "semi-hard" });
  }
  override configureOptimizer() {
    return adam({ learningRate: linear({ from: 0.02, to: 0.001 }) });
  }
  override configureMetrics() {
    return [attach(new RPrecision(), { stages: ["train", "validation"] })];
  }
  override configureCaches() {
    return new CacheConfig({ saveDir: this.cacheDir, batchSize: 12 });
  }
  override configureXbm() {
    return new XbmConfig({ bufferSize: 40, startStep: 6, ramp: 5 });
  }
}

/** What a run reads: its own loader, or files that are shuffled in a small buffer and read while caches are filled alone. */
export type Sources = "lists" | "files";

const train = tinySamples(12, 8);
const validation = tinySamples(6, 4, 6, 2);

function loaders(sources: Sources, folder: string) {
  if (sources === "lists") return { train: new TinyLoader(train, 12), validation: new TinyLoader(validation, 12) };
  const opened = (name: string, samples: typeof train) => {
    const path = join(folder, `${name}.jsonl`);
    if (!existsSync(path)) writeFileSync(path, samples.map((sample) => `${JSON.stringify(sample)}\n`).join(""));
    return new GroupLoader(readJsonLines<(typeof train)[number]>(path), {
      ...{ batchSize: 12, shuffleBuffer: 40, balance: false },
    });
  };
  return { train: opened("train", train), validation: opened("validation", validation) };
}

/** Steps of a whole run. */
export const STEPS = 64;

/** Something a run says that must not depend on whether it was stopped. */
export type Said = readonly [what: string, step: number, value: unknown];

/**
 * Dropout, shuffling, schedule, memory, metrics, early stopping, caches, checkpoints after each step: everything a run can forget. Goes on
 * from the last checkpoint in the folder, if there is one.
 */
export async function trainEverything(
  folder: string,
  tell: (said: Said) => void,
  options: TrainerOptions = {},
  seen: (event: TrainEvent) => void = () => undefined,
  sources: Sources = "lists",
): Promise<void> {
  const trainer = new Trainer({
    ...{ progress: false, runDir: folder, maxSteps: STEPS, maxEpochs: 8, logEvery: 1, logs: ["jsonLines"] },
    earlyStopping: { patience: 100 },
    checkpoint: { everySteps: 1, saveTopK: 2, monitor: "validation/loss" },
    ...options,
  });
  trainer.events$.subscribe((event) => {
    seen(event);
    if (event.type === "step") tell(["loss", event.step, event.loss]);
    if (event.type === "epochEnd") tell(["epoch", event.step, event.values]);
    if (event.type === "validationEnd" && event.step > 0) tell(["validation", event.step, event.values]);
  });
  const resumes = existsSync(join(folder, "run-1/checkpoints"));
  const model = new Everything(join(folder, "cache"));
  const parts = [SlowEncoder, TinyHead];
  const fit = (resume: boolean) =>
    trainer.fit(model, loaders(sources, folder), { parts, ...(resume ? { resume: "last" as const } : {}) });
  try {
    await fit(resumes);
  } catch (error) {
    // Killed before the first checkpoint was complete: there is nothing to go on from.
    if (!resumes || !/no run in .* has such a checkpoint/u.test((error as Error).message)) throw error;
    await fit(false);
  }
}
