import { expect } from "chai";
import { DenseHead } from "likewise/heads";
import { VectorEncoder } from "likewise/encoders";
import { ContrastiveLoss, OnlineContrastiveLoss, TripletLoss } from "likewise/losses";
import * as exported from "likewise/miners";
import { Lp } from "likewise";
import type { Kind, SimilarityLoss } from "../../../lib/contracts/index.js";
import { Random } from "../../../lib/random.js";
import { hostScalar, hostTensor } from "../../../lib/tensor/host.js";
import { mapEntries } from "../../../lib/tensor/tree.js";
import type { PlainTargets } from "../../support/loss.js";
import { onnxRuntime, type Runtime } from "../../support/onnx-runtime.js";
import { expectSame, runEagerly, runNatively } from "./both-ways.js";
import { expectOneGraph } from "./one-graph.js";
import { miners, reducers } from "./every-miner.js";
import { frozenRows, stepOf, type Step } from "./step-cases.js";

const named = ["cosine", "dot-product", "euclidean", "squared-euclidean", "manhattan", "signal-to-noise"] as const;
const distances = [...named, new Lp({ p: 3, power: 2 }), new Lp({ normalize: true })];

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

  async function expectBoth(
    loss: SimilarityLoss<Kind>,
    remembering = false,
    targets: PlainTargets = { groups: [0, 0, 1, 1, 2, 2, 0, 3] },
  ): Promise<void> {
    const at = (times: number): Step =>
      stepOf({
        encoders: [["default", new VectorEncoder(6)]],
        head: new DenseHead(6, { outputSizes: [5, 4], activation: "tanh" }),
        loss,
        targets: mapEntries(targets, (numbers) => Array.from({ length: times }, () => numbers).flat()),
        inputs: frozenRows(8 * times, 6),
        ...(remembering ? { memory } : {}),
      });
    const { programs, carried, inputs } = at(1);
    const wanted = await runEagerly(programs.step, { carried, inputs });
    const got = await runNatively(runtime, programs.step, { carried, inputs });
    expectSame(got, wanted, "step", { relative: 0, absolute: 0, ofLargest: 1e-5 });
    expectOneGraph(at, "step", [16, 3, 20]);
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

  it("is written for every miner and every reducer that is exported", () => {
    const made = new Set([...miners, ...reducers].map(({ type }) => type));
    const types = Object.values(exported as Record<string, unknown>).flatMap((value) =>
      typeof value === "function" && "type" in value && !(value.prototype instanceof exported.Regularizer)
        ? [value.type as string]
        : [],
    );
    expect(types.filter((type) => !made.has(type))).to.deep.equal([]);
    expect(types.length).to.be.greaterThan(12);
  });

  for (const distance of distances) {
    const title = typeof distance === "string" ? distance : JSON.stringify(distance.config);
    it(`distance ${title}, matrix and pairs`, async () => {
      await expectBoth(new TripletLoss({ distance, mining: "all" }));
      const targets = { labels: [1, 0, 1, 0], subgroups: [0, 0, 1, 1, 0, 0, 1, 1] };
      await expectBoth(new ContrastiveLoss({ distance, margin: 2 }), false, targets);
    });
  }
});
