import { Worker } from "node:worker_threads";
import { expect } from "chai";
import {
  CacheConfig,
  Random,
  TrainableModel,
  Trainer,
  XbmConfig,
  attach,
  type AttachedMetric,
  type GroupSample,
  type Head,
  type PairSample,
} from "likewise";
import { GroupLoader, PairLoader } from "likewise/data";
import { VectorEncoder } from "likewise/encoders";
import { SkipConnectionHead } from "likewise/heads";
import { MultipleNegativesRankingLoss, TripletLoss } from "likewise/losses";
import { Precision, RPrecision } from "likewise/metrics";
import type { NativeRequest } from "../../lib/engine/onnx/native-messages.js";
import { onnxRuntime } from "../support/onnx-runtime.js";
import { countingArrays } from "../support/counted-arrays.js";

const BATCH = 128;
const BATCHES = 12;
type Item = Float32Array;

abstract class Measured<K extends "pair" | "group"> extends TrainableModel<K, Item> {
  constructor(readonly width: number) {
    super();
  }
  override configureEncoders(): VectorEncoder {
    return new VectorEncoder(this.width);
  }
  override configureHead(inputSize: number): Head {
    return new SkipConnectionHead(inputSize, { skipDropout: 0.1 });
  }
  override configureCaches(): CacheConfig<Item> {
    return new CacheConfig<Item>();
  }
}

class Pairs extends Measured<"pair"> {
  override configureLoss(): MultipleNegativesRankingLoss {
    return new MultipleNegativesRankingLoss();
  }
  override configureMetrics(): AttachedMetric<"pair"> {
    return attach(new Precision({ k: 1 }), { scope: "batch", progress: true });
  }
}

class Groups extends Measured<"group"> {
  override configureLoss(): TripletLoss {
    return new TripletLoss();
  }
  override configureMetrics(): AttachedMetric<"group"> {
    return attach(new RPrecision(), { scope: "batch", progress: true });
  }
}

class Remembering extends Groups {
  override configureXbm(): XbmConfig {
    return new XbmConfig({ bufferSize: 1000, startStep: 0 });
  }
}

function pairsOf(width: number): PairLoader<Item> {
  const random = new Random("pairs");
  const samples: PairSample<Item>[] = Array.from({ length: BATCH * BATCHES }, () => ({
    a: random.normals(width),
    b: random.normals(width),
  }));
  return new PairLoader(samples, { batchSize: BATCH });
}

function groupsOf(width: number): GroupLoader<Item> {
  const random = new Random("groups");
  const samples: GroupSample<Item>[] = Array.from({ length: BATCH * BATCHES }, (_, at) => ({
    item: random.normals(width),
    group: at % 32,
  }));
  return new GroupLoader(samples, { batchSize: BATCH });
}

const fits: Readonly<Record<string, (trainer: Trainer, width: number) => Promise<unknown>>> = {
  "of pairs": (trainer, width) => trainer.fit(new Pairs(width), { train: pairsOf(width) }),
  "of groups": (trainer, width) => trainer.fit(new Groups(width), { train: groupsOf(width) }),
  "with a memory": (trainer, width) => trainer.fit(new Remembering(width), { train: groupsOf(width) }),
};

/** Bytes of new arrays in each step of the third epoch, first and last steps left out: they make the order of an epoch. */
async function bytesPerStep(fit: (trainer: Trainer) => Promise<unknown>): Promise<readonly number[]> {
  const trainer = new Trainer({ maxEpochs: 3, engine: "compiled", threads: 1, progress: false });
  return countingArrays(async (counted) => {
    const ends: number[] = [];
    trainer.events$.subscribe(({ type }) => {
      if (type === "step") ends.push(counted.bytes);
    });
    await fit(trainer);
    expect(ends).to.have.length(3 * BATCHES);
    return ends.map((end, at) => end - (ends[at - 1] ?? 0)).slice(-BATCHES + 2, -2);
  });
}

/** Of every run of a step, how many arrays the native thread was given to write what it reports into. */
async function sparesPerStep(fit: () => Promise<unknown>): Promise<readonly number[]> {
  const spares: number[] = [];
  const original = Worker.prototype.postMessage;
  Worker.prototype.postMessage = function (this: Worker, message: NativeRequest, given?: readonly ArrayBuffer[]) {
    if (message.task.type === "run") spares.push(message.task.reports.filter((report) => report !== null).length);
    original.call(this, message, given);
  } as typeof original;
  try {
    await fit();
  } finally {
    Worker.prototype.postMessage = original;
  }
  return spares;
}

describe("Training steps of the trainer", () => {
  before(async function () {
    await onnxRuntime(this);
  });

  for (const [name, fit] of Object.entries(fits)) {
    it(`${name} make no arrays but labels and counts of their rows, however wide these are`, async () => {
      const [narrow, wide] = [await bytesPerStep((t) => fit(t, 16)), await bytesPerStep((t) => fit(t, 96))];
      expect(wide).to.deep.equal(narrow);
      // Labels, ranks of a metric and the like: two of these rows as they come from the cache are 768 bytes.
      const rows = name === "of pairs" ? 2 * BATCH : BATCH;
      expect(Math.max(...wide) / rows).to.be.lessThan(160);
    });

    it(`${name} give the arrays of what is reported to the native thread again`, async () => {
      const trainer = new Trainer({ maxEpochs: 3, engine: "compiled", threads: 1, progress: false });
      const spares = await sparesPerStep(() => fit(trainer, 96));
      expect(spares.slice(-BATCHES).every((count) => count > 0)).to.equal(true);
    });
  }
});
