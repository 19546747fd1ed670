import { DenseHead } from "likewise/heads";
import { VectorEncoder } from "likewise/encoders";
import { OnlineContrastiveLoss, TripletLoss } from "likewise/losses";
import {
  AngularMiner,
  BatchEasyHardMiner,
  BatchHardMiner,
  ClassWeightedReducer,
  DistanceWeightedMiner,
  MultiSimilarityMiner,
  PairMarginMiner,
  PerAnchorReducer,
  SumReducer,
  ThresholdReducer,
  TripletMarginMiner,
  UniformHistogramMiner,
  type Miner,
  type Reducer,
} from "likewise/miners";
import { Lp } from "likewise";
import type { SimilarityLoss } from "../../../lib/contracts/loss.js";
import { Random } from "../../../lib/random.js";
import { hostScalar, hostTensor } from "../../../lib/tensor/host.js";
import { onnxRuntime, type Runtime } from "../../support/onnx-runtime.js";
import { expectSame, runEagerly, runNatively } from "./both-ways.js";
import { frozenRows, stepOf } from "./step-cases.js";

const miners: readonly Miner[] = [
  new AngularMiner(),
  new BatchEasyHardMiner(),
  new BatchEasyHardMiner({ positives: "all", negatives: "hard", negativeRange: [0.1, 1.8] }),
  new BatchHardMiner(),
  new DistanceWeightedMiner(),
  new MultiSimilarityMiner(),
  new PairMarginMiner(),
  new TripletMarginMiner(),
  new TripletMarginMiner({ triplets: "semi-hard", margin: 0.5 }),
  new UniformHistogramMiner({ bins: 5, positivesPerBin: 2, negativesPerBin: 3 }),
];

const reducers: readonly Reducer[] = [
  new SumReducer(),
  new ThresholdReducer({ low: 0.1, high: 0.8 }),
  new ClassWeightedReducer({ weights: [1, 2, 0, 3] }),
  new PerAnchorReducer(),
];

const memory = {
  embeddings: hostTensor(new Random("memory").normals(7 * 4), [7, 4]),
  groups: hostTensor(Int32Array.of(0, 1, 2, 3, 0, 1, 5), [7]),
  valid: hostTensor(Float32Array.of(1, 1, 1, 1, 1, 0, 1), [7]),
  weight: hostScalar(0.7),
};

describe("A training step as ONNX, of mined pairs and triplets", () => {
  let runtime: Runtime;
  before(async function () {
    runtime = await onnxRuntime(this);
  });

  async function expectBoth(loss: SimilarityLoss<"group">, remembering = false): Promise<void> {
    const { programs, carried, inputs } = stepOf({
      encoders: [["default", new VectorEncoder(6)]],
      head: new DenseHead(6, { outputSizes: [5, 4], activation: "tanh" }),
      loss,
      targets: { groups: [0, 0, 1, 1, 2, 2, 0, 3] },
      inputs: frozenRows(8, 6),
      ...(remembering ? { memory } : {}),
    });
    const wanted = await runEagerly(programs.step, { carried, inputs });
    const got = await runNatively(runtime, programs.step, { carried, inputs });
    expectSame(got, wanted, "step", { relative: 0, absolute: 0, ofLargest: 1e-5 });
  }

  for (const miner of miners) {
    const title = `${miner.type} ${JSON.stringify(miner.config)}`;
    it(`${title}, triplets`, () => expectBoth(new TripletLoss({ miner })));
    it(`${title}, pairs against a memory too`, () =>
      expectBoth(new OnlineContrastiveLoss({ miner, margin: 1.2 }), true));
  }

  for (const reducer of reducers) {
    it(reducer.type, () => expectBoth(new TripletLoss({ mining: "all", reducer })));
  }

  for (const distance of ["signal-to-noise", new Lp({ p: 3, power: 2 }), new Lp({ normalize: true })] as const) {
    it(`distance ${typeof distance === "string" ? distance : JSON.stringify(distance.config)}`, () =>
      expectBoth(new TripletLoss({ distance, mining: "all" })));
  }
});
