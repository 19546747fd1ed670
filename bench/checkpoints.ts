/**
 * How long a training step waits for a checkpoint: steps of a model of some millions of numbers, with a checkpoint after every tenth,
 * against copying the parameters alone.
 * Run: node --conditions=likewise-source --import tsx bench/checkpoints.ts [--seconds 5] [--json]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Random, Trainer, TrainableModel, type Callback, type PairSample } from "likewise";
import { PairLoader } from "likewise/data";
import { VectorEncoder } from "likewise/encoders";
import { DenseHead } from "likewise/heads";
import { MultipleNegativesRankingLoss } from "likewise/losses";
import { median, option, report } from "./report.js";

const size = 1024;
const every = 10;
const [seconds = "5"] = option("seconds", ["5"]);

class Wide extends TrainableModel<"pair", Float32Array> {
  override configureEncoders = () => new VectorEncoder(size);
  override configureHead = (inputSize: number) => new DenseHead(inputSize, { outputSizes: [size, size] });
  override configureLoss = () => new MultipleNegativesRankingLoss();
}

const random = new Random("checkpoints");
const samples: PairSample<Float32Array>[] = Array.from({ length: 2048 }, () => ({
  a: random.normals(size),
  b: random.normals(size),
}));

/** Milliseconds of each step, and of each copy of the parameters. */
async function run(everySteps: number | null): Promise<{ readonly steps: number[]; readonly copies: number[] }> {
  const runDir = mkdtempSync(join(tmpdir(), "likewise-checkpoints-"));
  const [steps, copies]: [number[], number[]] = [[], []];
  let last = performance.now();
  const stopAt = last + Number(seconds) * 1000;
  const callback: Callback = {
    readsParameters: true,
    onTrainBatchEnd: async (context) => {
      const { step } = context;
      const now = performance.now();
      steps[step] = now - last;
      if (everySteps === null && step % every === 0) {
        await context.parameters();
        copies.push(performance.now() - now);
      }
      if (now > stopAt) context.stop("measured long enough");
      last = performance.now();
    },
  };
  try {
    const trainer = new Trainer({
      ...{ runDir, maxEpochs: 100_000, progress: false, callbacks: [callback] },
      checkpoint: { everySteps, everyEpochs: null, saveTopK: 0 },
    });
    await trainer.fit(new Wide(), { train: new PairLoader(samples, { batchSize: 64, duplicates: true }) });
  } finally {
    rmSync(runDir, { recursive: true, force: true });
  }
  // The first epoch compiles and fills caches.
  return { steps: steps.slice(2048 / 64 + 1), copies };
}

const first = 2048 / 64 + 1;
const { steps } = await run(every);
const { steps: plain, copies } = await run(null);
const after = (remainder: number): number[] => steps.filter((_, at) => (at + first) % every === remainder);
const others = steps.filter((_, at) => (at + first) % every > 2);
report([
  { what: "a step without checkpoints", milliseconds: median(plain), longest: Math.max(...plain) },
  { what: "a step after a checkpoint", milliseconds: median(after(1)), longest: Math.max(...after(1)) },
  { what: "the step after that", milliseconds: median(after(2)), longest: Math.max(...after(2)) },
  { what: "other steps of that run", milliseconds: median(others), longest: Math.max(...others) },
  {
    what: "copying the parameters, a third of what is written",
    milliseconds: median(copies),
    longest: Math.max(...copies),
  },
]);
