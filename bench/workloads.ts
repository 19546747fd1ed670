import {
  CacheConfig,
  Random,
  TrainableModel,
  XbmConfig,
  attach,
  type AttachedMetric,
  type GroupSample,
  type Head,
  type Loader,
  type PairSample,
  type SimilarityLoss,
} from "likewise";
import { GroupLoader, PairLoader } from "likewise/data";
import { VectorEncoder } from "likewise/encoders";
import { DenseHead, SkipConnectionHead } from "likewise/heads";
import { MultipleNegativesRankingLoss, OnlineContrastiveLoss, TripletLoss } from "likewise/losses";
import { Precision, RPrecision } from "likewise/metrics";
import { adam } from "likewise/optim";

/** Width of every vector. */
export const size = 384;
/** Groups of the group workloads. */
const groupCount = 64;
/** Rows of the cross-batch memory. */
const memoryRows = 10_000;
/** Samples of an epoch at least; a batch of 1,024 makes eight steps. */
const samplesPerEpoch = 8192;

type Item = Float32Array;

interface WorkloadOf<K extends "pair" | "group"> {
  readonly kind: K;
  readonly model: TrainableModel<K, Item>;
  readonly loader: (batch: number) => Loader<K, Item>;
  /** Of the products of matrices in one step, written straight: forward, and backward towards whatever is trained. */
  readonly flops: (batch: number) => number;
}

/** A model with its data; the same numbers for the same name. */
export type Workload = WorkloadOf<"pair"> | WorkloadOf<"group">;

abstract class Bench<K extends "pair" | "group"> extends TrainableModel<K, Item> {
  override configureEncoders() {
    return new VectorEncoder(size);
  }
  override configureHead(inputSize: number): Head {
    return new SkipConnectionHead(inputSize);
  }
  override configureOptimizer() {
    return adam({ learningRate: 1e-3 });
  }
  override configureCaches() {
    return new CacheConfig<Item>();
  }
}

class Pairs extends Bench<"pair"> {
  override configureLoss() {
    return new MultipleNegativesRankingLoss({ scale: 20 });
  }
  override configureMetrics(): AttachedMetric<"pair"> {
    return attach(new Precision({ k: 1 }), { scope: "batch", progress: true });
  }
}

class Groups extends Bench<"group"> {
  constructor(
    readonly makeLoss: () => SimilarityLoss<"group">,
    readonly memory: number | null = null,
  ) {
    super();
  }
  override configureLoss() {
    return this.makeLoss();
  }
  override configureMetrics(): AttachedMetric<"group"> {
    return attach(new RPrecision(), { scope: "batch", progress: true });
  }
  override configureXbm() {
    return this.memory === null ? null : new XbmConfig({ bufferSize: this.memory, startStep: 0 });
  }
}

/** Two layers instead of one residual layer. */
class TwoLayers extends Pairs {
  override configureHead(inputSize: number): Head {
    return new DenseHead(inputSize, { outputSizes: [size, size], activation: "relu" });
  }
}

const product = (rows: number, inner: number, columns: number): number => 2 * rows * inner * columns;
/** Forward, and the gradient of the kernel; none towards frozen vectors. */
const head = (rows: number): number => 2 * product(rows, size, size);
/** Similarities of all rows with all, and the gradients of both sides. */
const similarities = (rows: number): number => 3 * product(rows, size, rows);

const triplet =
  (mining: "hard" | "semi-hard" | "all", memory: number | null = null) =>
  (): Workload => ({
    kind: "group",
    model: new Groups(() => new TripletLoss({ mining }), memory),
    loader: groups,
    // Towards a memory only the hardest rows have a gradient.
    flops: (batch) => head(batch) + similarities(batch) + (memory === null ? 0 : product(batch, size, memory)),
  });

/** Every workload by name. */
export const workloads: Readonly<Record<string, () => Workload>> = {
  mnr: () => ({
    ...{ kind: "pair", model: new Pairs(), loader: pairs },
    flops: (batch) => head(2 * batch) + similarities(batch),
  }),
  "triplet-hard": triplet("hard"),
  "triplet-semi-hard": triplet("semi-hard"),
  "triplet-all": triplet("all"),
  "online-contrastive": () => ({
    ...{ kind: "group", model: new Groups(() => new OnlineContrastiveLoss()), loader: groups },
    flops: (batch) => head(batch) + similarities(batch),
  }),
  "triplet-hard-xbm": triplet("hard", memoryRows),
  mlp2: () => ({
    ...{ kind: "pair", model: new TwoLayers(), loader: pairs },
    // The second layer passes a gradient on to the first.
    flops: (batch) => 2 * head(2 * batch) + product(2 * batch, size, size) + similarities(batch),
  }),
};

/** Steps of an epoch: at most 64, so that small batches do not take small epochs' worth of time to warm up. */
export function stepsPerEpoch(batch: number): number {
  return Math.max(4, Math.min(64, Math.floor(samplesPerEpoch / batch)));
}

/** `a ~ N(0, 1)`, `b = a + 0.5 N(0, 1)`. */
function pairs(batch: number): PairLoader<Item> {
  const random = new Random("mnr");
  const samples: PairSample<Item>[] = Array.from({ length: batch * stepsPerEpoch(batch) }, () => {
    const a = random.normals(size);
    return { a, b: a.map((value) => value + 0.5 * random.normal()) };
  });
  return new PairLoader(samples, { batchSize: batch, duplicates: true });
}

/** 64 groups: a centre plus `N(0, 1)`. */
function groups(batch: number): GroupLoader<Item> {
  const random = new Random("groups");
  const centres = Array.from({ length: groupCount }, () => random.normals(size));
  const samples: GroupSample<Item>[] = Array.from({ length: batch * stepsPerEpoch(batch) }, (_, row) => {
    const group = row % groupCount;
    return { item: (centres[group] ?? new Float32Array(size)).map((value) => value + random.normal()), group };
  });
  return new GroupLoader(samples, { batchSize: batch, balance: false });
}
