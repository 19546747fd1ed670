/**
 * One row of bench/losses.ts, in a process of its own so that peak memory is its own: value and gradient of one loss on one batch, or of
 * all pairs that one miner chooses, and prints one JSON object.
 * Run: node --conditions=likewise-source --import tsx bench/loss-row.ts TripletLoss 1024 compiled 1 3
 */
import * as losses from "likewise/losses";
import * as miners from "likewise/miners";
import { unitsOf, type Miner } from "likewise/miners";
import * as tf from "likewise/tf";
import type { Kind, Program, SimilarityLoss, Targets } from "../lib/contracts/index.js";
import { CompiledEngine, EagerEngine } from "../lib/engine/index.js";
import type { PairMasks } from "../lib/tensor/masks.js";
import { Random } from "../lib/random.js";
import { differentiate } from "../lib/tensor/differentiate.js";
import { hostTensor, type HostTensors } from "../lib/tensor/host.js";
import { flatten, mapEntries, prefixed, under, unflatten } from "../lib/tensor/tree.js";
import { median, peakRssMb } from "./report.js";

/** Width of the embeddings. */
const SIZE = 256;
/** Rows of a group in a batch. */
const TOGETHER = 4;

const [name = "", batchText, engineText, threadsText, secondsText] = process.argv.slice(2);
const [batch, threads, seconds] = [Number(batchText), Number(threadsText), Number(secondsText)];

type AnyLoss = SimilarityLoss<Kind>;

/** The sum of all that a miner chose, the least that makes it work. */
class Mined extends losses.DistanceMatrixLoss {
  static readonly type = "Mined";
  override readonly config = {};
  constructor(miner: Miner) {
    super({ miner });
  }
  protected override judge(distances: tf.Tensor2D, { positives, negatives }: PairMasks): losses.Judgement {
    return { terms: { pairs: unitsOf(distances, tf.sub(positives, negatives)) } };
  }
}

const widths = { embeddingSize: SIZE, guideSize: SIZE };
const ranking = (): losses.MultipleNegativesRankingLoss => new losses.MultipleNegativesRankingLoss();

/** Losses that need more than a width and a number of groups. */
const SPECIAL: Readonly<Record<string, () => AnyLoss>> = {
  EmbeddingDistillationLoss: () => new losses.EmbeddingDistillationLoss({ kind: "group", ...widths }),
  GradientCache: () => new losses.GradientCache(ranking(), { chunkSize: 256 }),
  MatryoshkaLoss: () => new losses.MatryoshkaLoss(ranking(), { embeddingSize: SIZE, sizes: [256, 128, 64] }),
  MultipleLosses: () => new losses.MultipleLosses({ rank: ranking(), spread: new losses.VICRegLoss() }),
  RegularizedLoss: () => {
    const face = new losses.NormalizedSoftmaxLoss({ embeddingSize: SIZE, groups: Math.ceil(batch / TOGETHER) });
    const proxies = { apart: new miners.RegularFaceRegularizer() };
    return new losses.RegularizedLoss(face as SimilarityLoss<"group">, { proxies }) as AnyLoss;
  },
  ProjectedLoss: () => new losses.ProjectedLoss(new losses.NTXentLoss(), { embeddingSize: SIZE, sizes: [256, 128] }),
  SelfSupervisedLoss: () => new losses.SelfSupervisedLoss(new losses.NTXentLoss()),
  "TripletLoss/all": () => new losses.TripletLoss({ mining: "all" }),
  "TripletLoss/swap-hard": () => new losses.TripletLoss({ swap: true }),
  "TripletLoss/swap-semi-hard": () => new losses.TripletLoss({ mining: "semi-hard", swap: true }),
  "TripletLoss/swap-all": () => new losses.TripletLoss({ mining: "all", swap: true }),
  "TripletLoss/smooth-all": () => new losses.TripletLoss({ mining: "all", smooth: true }),
  "TripletLoss/swap-drawn": () => new losses.TripletLoss({ tripletsPerAnchor: 16, swap: true }),
};

function makeLoss(): AnyLoss {
  const special = SPECIAL[name];
  if (special !== undefined) return special();
  const miner = (miners as unknown as Record<string, new () => Miner>)[name];
  if (name.endsWith("Miner") && miner !== undefined) return new Mined(new miner());
  const made = (losses as unknown as Record<string, new (options: object) => AnyLoss>)[name];
  if (made === undefined) throw new Error(`no loss ${name}`);
  try {
    return new made({});
  } catch {
    return new made({ embeddingSize: SIZE, groups: Math.ceil(batch / TOGETHER) });
  }
}

const whole = (count: number, value: (at: number) => number): ReturnType<typeof hostTensor> =>
  hostTensor(
    Int32Array.from({ length: count }, (_, at) => value(at)),
    [count],
  );
const ones = (count: number): ReturnType<typeof hostTensor> => hostTensor(new Float32Array(count).fill(1), [count]);

/** Targets of a batch of this many rows. */
function targetsOf(kind: Kind): HostTensors {
  const third = Math.floor(batch / 3);
  switch (kind) {
    case "pair":
      return { labels: ones(batch / 2), subgroups: whole(batch, (at) => at % (batch / 2)) };
    case "group":
      return { groups: whole(batch, (at) => Math.floor(at / TOGETHER)) };
    case "tuple":
      return {
        positiveOwners: whole(third, (at) => at),
        negativeOwners: whole(batch - 2 * third, (at) => at % third),
        scores: ones(batch - third),
      };
    case "label":
      return { labels: ones(batch) };
    default:
      return kind satisfies never;
  }
}

const loss = makeLoss();
const random = new Random("losses");
const initial = flatten(loss.initialize(random).parameters);
const embeddings = hostTensor(random.normals(batch * SIZE), [batch, SIZE]);
/** Vectors of a guide, for losses that read them. */
const guide = loss.usesGuide ? { guide: hostTensor(random.normals(batch * SIZE), [batch, SIZE]) } : {};

/** Moves embeddings and parameters a little along the gradient, so that nobody can leave it out. */
const step: Program = (carried, { guide: guideRows, ...inputs }, noise) => {
  const { value, gradients } = differentiate(carried, (at) => {
    const parameters = unflatten(under(at, "loss"));
    const found = loss.compute(
      parameters,
      at["embeddings"] as tf.Tensor2D,
      inputs as unknown as Targets<Kind>,
      noise,
      guideRows as tf.Tensor2D | undefined,
    );
    return { value: found instanceof tf.Tensor ? found : found.value, rest: {} };
  });
  const moved = mapEntries(carried, (tensor, key) => tf.sub(tensor, tf.mul(gradients[key] as tf.Tensor, 1e-6)));
  return { carried: moved, reported: { value } };
};

await using engine = engineText === "eager" ? await EagerEngine.open("wasm") : await CompiledEngine.open({ threads });
await using session = await engine.start({ step }, { embeddings, ...prefixed("loss", initial) }, (message) => {
  throw new Error(message);
});
const targets = { ...targetsOf(loss.kind), ...guide };
const times: number[] = [];
let value = NaN;
const end = performance.now() + 1000 * seconds;
// The first run compiles or warms up.
for (let run = 0; run < 3 || (performance.now() < end && run < 500); run += 1) {
  const start = performance.now();
  const reported = await session.run("step", targets, random);
  if (run > 0) times.push(performance.now() - start);
  value = reported["value"]?.data[0] ?? NaN;
}
console.log(
  JSON.stringify({
    ...{ loss: name, batch, engine: engineText, threads: engineText === "eager" ? null : threads },
    ...{ msMedian: median(times), msBest: Math.min(...times), peakRssMb: Math.round(peakRssMb()), value },
  }),
);
