import { expect } from "chai";
import { MarginLoss } from "likewise/losses";
import { DistanceWeightedMiner } from "likewise/miners";
import { Euclidean } from "../../lib/distances/index.js";
import { ConfigError } from "../../lib/errors.js";
import { Random } from "../../lib/random.js";
import { hostScalar, hostTensor } from "../../lib/tensor/host.js";
import { expectClose } from "../support/close.js";
import { centralDifferences, type Matrix } from "../support/gradient.js";
import { judge, randomRows } from "../support/loss.js";
import { expectPeerNumbers, OfUnitRows } from "../support/peer-losses.js";
import { plainMatrix } from "../support/plain-distance.js";
import { heldBy, itEqualsPlainLoops, type PlainDistances } from "../support/plain-loops.js";
import { masksOf } from "../support/plain-masks.js";

/** Over triplets, as the paper has it: each brings a positive and a negative pair. */
function plain(
  { distances, positive, negative }: Pick<PlainDistances, "distances" | "positive" | "negative">,
  betas: readonly number[],
  margin: number,
): number {
  let [total, count] = [0, 0];
  distances.forEach((row, a) => {
    const beta = betas[a] as number;
    for (const p of heldBy(row, positive, a)) {
      for (const n of heldBy(row, negative, a)) {
        for (const loss of [Math.max(0, p - beta + margin), Math.max(0, beta - n + margin)]) {
          total += loss;
          if (loss > 1e-12) count += 1;
        }
      }
    }
  });
  return count === 0 ? 0 : total / count;
}

describe("MarginLoss", () => {
  itEqualsPlainLoops({
    make: (distance) => new MarginLoss({ beta: 0.9, margin: 0.3, distance }),
    plain: (batch) =>
      plain(
        batch,
        batch.distances.map(() => 0.9),
        0.3,
      ),
    distances: ["cosine", "euclidean"],
  });

  it("equals pytorch-metric-learning, values and gradients, also of the boundaries", function () {
    let learned = 0;
    expectPeerNumbers(this, "loss_MarginLoss", {
      make: ({ margin = 0.2, nu = 0, beta = 1.2, learn_beta: learnBeta = false, num_classes: groups = null }) =>
        new MarginLoss({
          margin: margin as number,
          nu: nu as number,
          beta: beta as number,
          learnBeta: learnBeta as boolean,
          groups: groups as number | null,
          distance: new OfUnitRows(new Euclidean()),
        }),
      parameters: ({ inputs }) => {
        const beta = (inputs["weights"] as { beta: number[] } | undefined)?.beta;
        if (beta === undefined) return undefined;
        return {
          beta: beta.length === 1 ? hostScalar(beta[0] as number) : hostTensor(Float32Array.from(beta), [beta.length]),
        };
      },
      // There, the root of zero between equal rows has another gradient.
      gradients: ({ tag }) => tag !== "zero_vector" && tag !== "duplicates",
      also: (found, { expected64 }) => {
        if (expected64?.["grad_beta"] === undefined) return;
        expectClose(found.parameterGradients["beta"], expected64["grad_beta"], { what: "gradient of beta" });
        learned += 1;
      },
      atLeast: 16,
    });
    expect(learned).to.be.at.least(5);
  });

  it("has a boundary for each group, and the start value for others", () => {
    const random = new Random("boundaries");
    const groups = [0, 0, 1, 1, 7, 7, 2];
    const rows = randomRows(random, groups.length, 3, 0.6);
    const own = [0.5, 1.4, 0.8];
    const value = (at: Matrix, betas: readonly number[]): number =>
      plain(
        { distances: plainMatrix("euclidean", at, at), ...masksOf(groups) },
        groups.map((group) => betas[group] ?? 1.1),
        0.2,
      );
    const loss = new MarginLoss({ beta: 1.1, learnBeta: true, groups: ["a", "b", "c"], distance: "euclidean" });
    expect(loss.initialize().parameters["beta"]).to.deep.equal(hostTensor(new Float32Array(3).fill(1.1), [3]));
    const found = judge(loss, {
      embeddings: rows,
      targets: { groups },
      parameters: { beta: hostTensor(Float32Array.from(own), [3]) },
    });
    expectClose(found.value, value(rows, own));
    expectClose(
      found.parameterGradients["beta"],
      centralDifferences((at) => value(rows, at[0] as number[]), [own], 1e-6),
      { relative: 1e-3, absolute: 1e-5 },
    );
  });

  it("adds nu times the boundary, which pulls it down", () => {
    const at = (nu: number): ReturnType<typeof judge> =>
      judge(new MarginLoss({ learnBeta: true, nu, distance: "euclidean" }), {
        embeddings: [[0], [1], [1.1]],
        targets: { groups: [0, 0, 1] },
      });
    expectClose(at(0.5).value - at(0).value, 0.6);
    expectClose((at(0.5).parameterGradients["beta"]?.[0] ?? NaN) - (at(0).parameterGradients["beta"]?.[0] ?? NaN), 0.5);
  });

  it("takes the paper's miner", () => {
    const rows = randomRows(new Random("mined"), 8, 4).map((row) => row.map((v) => v / Math.hypot(...row)));
    const { value, gradient } = judge(new MarginLoss({ miner: new DistanceWeightedMiner() }), {
      embeddings: rows,
      targets: { groups: [0, 0, 1, 1, 2, 2, 3, 3] },
    });
    expect(value).to.be.greaterThan(0);
    expect(gradient.every(Number.isFinite)).to.equal(true);
  });

  it("refuses boundaries of groups and their weight without learning them", () => {
    expect(() => new MarginLoss({ groups: 3, nu: 0.1 }))
      .to.throw(ConfigError)
      .with.property("problems")
      .that.has.length(2);
  });
});
