import { expect } from "chai";
import { TripletLoss, type TripletOptions } from "likewise/losses";
import { ThresholdReducer, TripletMarginMiner } from "likewise/miners";
import { Euclidean, SignalToNoise } from "../../lib/distances/index.js";
import { expectClose } from "../support/close.js";
import type { Matrix } from "../support/gradient.js";
import { judge } from "../support/loss.js";
import { expectPeerNumbers, OfUnitRows, peerDistance, peerReducer } from "../support/peer-losses.js";
import { quaterionDistance } from "../support/plain-distance.js";
import { readGolden } from "../support/shared.js";

describe("TripletLoss against numbers of other libraries", () => {
  /** Rows whose hardest triplet the peer defines as we do. */
  const complete = (groups: readonly number[], others: readonly number[], within: boolean): boolean =>
    groups.every(
      (group) =>
        others.filter((other) => other === group).length > (within ? 1 : 0) && others.some((other) => other !== group),
    );

  const tripletOptions = (config: Readonly<Record<string, unknown>>): TripletOptions => ({
    margin: config["margin"] as number,
    mining: config["mining"] as "hard" | "all",
    soft: config["soft"] as boolean,
    normalizeByHardestNegative: config["mining"] === "hard" && config["soft"] === false,
    distance: quaterionDistance(config["distance_metric_name"]),
  });

  it("equals Quaterion for hard and all, values and gradients", function () {
    const cases = readGolden("quaterion/loss_TripletLoss");
    if (cases === null) return this.skip();
    let compared = 0;
    for (const { tag, config, inputs, expected64 } of cases) {
      const groups = inputs["groups"] as number[];
      const { mining, soft, distance_metric_name: distance } = config;
      if (mining === "semi_hard") continue; // not a triplet loss there
      if (mining === "hard" && (tag === "collapsed" || !complete(groups, groups, true))) continue; // 0/0, or rows we leave out
      if (mining === "hard" && distance === "dot_product" && (soft === false || tag !== "random")) continue; // negative distances
      const found = judge(new TripletLoss(tripletOptions(config)), {
        embeddings: inputs["embeddings"] as Matrix,
        targets: { groups },
      });
      const what = `${tag} ${JSON.stringify(config)}`;
      expectClose(found.value, expected64?.["loss"], { relative: 2e-5, absolute: 2e-6, what });
      compared += 1;
      // Ties share the gradient here and give it to one row there; zero vectors have a huge gradient there.
      if (tag === "random" || tag === "singletons_mixed") {
        expectClose(found.gradient, expected64?.["grad_embeddings"], { relative: 1e-4, absolute: 2e-5, what });
      }
    }
    expect(compared).to.be.greaterThan(80);
  });

  it("equals Quaterion's memory term for hard, values and gradients", function () {
    const cases = readGolden("quaterion/xbm_loss_TripletLoss");
    if (cases === null) return this.skip();
    let compared = 0;
    for (const { tag, config, inputs, expected64 } of cases) {
      const { mining, distance_metric_name: distance } = config;
      const groups = inputs["groups"] as number[];
      const remembered = inputs["memory_groups"] as number[];
      if (mining !== "hard" || distance === "dot_product") continue; // all is always 0 there
      if (tag === "memory_groups_equal_batch_groups") continue; // there, a reason to leave out the diagonal
      if (remembered.length === 0 || !complete(groups, remembered, false)) continue;
      const memory = {
        embeddings: inputs["memory_embeddings"] as Matrix,
        groups: remembered,
        valid: remembered.map(() => 1),
      };
      const found = judge(new TripletLoss(tripletOptions(config)), {
        embeddings: inputs["embeddings"] as Matrix,
        targets: { groups },
        memory,
      });
      const what = `${tag} ${JSON.stringify(config)}`;
      expectClose(found.value, expected64?.["loss"], { relative: 2e-5, absolute: 2e-6, what });
      if (tag.startsWith("random")) {
        expectClose(found.gradient, expected64?.["grad_embeddings"], { relative: 1e-4, absolute: 2e-5, what });
      }
      compared += 1;
    }
    expect(compared).to.be.greaterThan(15);
  });

  it("equals TripletMarginLoss of pytorch-metric-learning, values and gradients", function () {
    expectPeerNumbers(this, "loss_TripletMarginLoss", {
      make: (config, { tag }) => {
        const { margin = 0.05, swap = false, smooth_loss: smooth = false, distance, reducer, miner } = config;
        // There each positive goes with one negative only, in the order of the lists.
        if (tag === "mined_pairs") return null;
        const [metric] = (distance ?? []) as [string?];
        // A vector without variance has no ratio; there it has a huge one.
        if (metric === "SNRDistance" && tag === "zero_vector") return null;
        const given = (reducer as [string, { low?: number; high?: number }] | undefined)?.[0];
        return new TripletLoss({
          margin: margin as number,
          swap: swap as boolean,
          smooth: smooth as boolean,
          distance:
            metric === "SNRDistance"
              ? new OfUnitRows(new SignalToNoise())
              : peerDistance(distance, new OfUnitRows(new Euclidean())),
          ...(miner === undefined
            ? { mining: "all" }
            : { miner: new TripletMarginMiner({ margin: 0.2, triplets: "semi-hard" }) }),
          reducer: given === "ThresholdReducer" ? new ThresholdReducer({ low: 0.1, high: 0.6 }) : peerReducer(reducer),
        });
      },
      gradients: ({ tag }) => tag !== "zero_vector" && tag !== "duplicates",
      atLeast: 30,
    });
  });
});
