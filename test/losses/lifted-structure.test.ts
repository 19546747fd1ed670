import { expect } from "chai";
import { GeneralizedLiftedStructureLoss, LiftedStructureLoss } from "likewise/losses";
import { Euclidean } from "../../lib/distances/index.js";
import { ConfigError } from "../../lib/errors.js";
import { judge } from "../support/loss.js";
import { expectPeerNumbers, OfUnitRows, peerDistance } from "../support/peer-losses.js";
import { heldBy, itEqualsPlainLoops, meanOf, plainLogSum } from "../support/plain-loops.js";

const MARGINS = { negativeMargin: 0.8, positiveMargin: 0.1 };

/** Margins of a peer's configuration; those of a similarity are one minus those of the distance. */
function margins(config: Readonly<Record<string, unknown>>): typeof MARGINS {
  const isSimilarity = (config["distance"] as [string] | undefined)?.[0] === "CosineSimilarity";
  const { neg_margin: negative = 1, pos_margin: positive = 0 } = config as Record<string, number | undefined>;
  return isSimilarity
    ? { negativeMargin: 1 - negative, positiveMargin: 1 - positive }
    : { negativeMargin: negative, positiveMargin: positive };
}

describe("LiftedStructureLoss", () => {
  itEqualsPlainLoops({
    make: (distance) => new LiftedStructureLoss({ ...MARGINS, distance }),
    plain: ({ distances, positive, negative, within }) => {
      const pushes = distances.map((row, a) => heldBy(row, negative, a).map((d) => MARGINS.negativeMargin - d));
      return meanOf(
        distances.flatMap((row, a) =>
          row.flatMap((d, p) => {
            const push = [...(pushes[a] as number[]), ...(within ? (pushes[p] as number[]) : [])];
            if (!positive(a, p) || push.length === 0) return [];
            return [0.5 * Math.max(0, plainLogSum(push) + d - MARGINS.positiveMargin) ** 2];
          }),
        ),
      );
    },
  });

  it("equals pytorch-metric-learning, values and gradients", function () {
    expectPeerNumbers(this, "loss_LiftedStructureLoss", {
      // Against remembered rows the peer takes the negatives of row p of the batch for those of remembered row p.
      make: (config, { tag }) =>
        tag === "ref_emb"
          ? null
          : new LiftedStructureLoss({
              ...margins(config),
              distance: peerDistance(config["distance"], new OfUnitRows(new Euclidean())),
            }),
      gradients: ({ tag }) => tag !== "zero_vector" && tag !== "duplicates",
      atLeast: 11,
    });
  });

  it("counts the negatives of both ends of a pair", () => {
    const embeddings = [[0], [1], [1.5]];
    const { gradient } = judge(new LiftedStructureLoss(), { embeddings, targets: { groups: [0, 0, 1] } });
    expect(gradient[2]).to.be.lessThan(0); // the negative moves on, away from both
  });

  it("refuses a margin that is not a number", () => {
    expect(() => new LiftedStructureLoss({ negativeMargin: NaN })).to.throw(ConfigError, "negativeMargin");
  });
});

describe("GeneralizedLiftedStructureLoss", () => {
  itEqualsPlainLoops({
    make: (distance) => new GeneralizedLiftedStructureLoss({ ...MARGINS, distance }),
    plain: ({ distances, positive, negative }) =>
      meanOf(
        distances.flatMap((row, a) => {
          const together = heldBy(row, positive, a);
          const apart = heldBy(row, negative, a);
          if (together.length === 0 || apart.length === 0) return [];
          const pull = plainLogSum(together.map((d) => d - MARGINS.positiveMargin));
          return [Math.max(0, pull + plainLogSum(apart.map((d) => MARGINS.negativeMargin - d)))];
        }),
      ),
  });

  it("equals pytorch-metric-learning where every row has a positive and a negative, values and gradients", function () {
    expectPeerNumbers(this, "loss_GeneralizedLiftedStructureLoss", {
      make: (config, { inputs }) => {
        const groups = inputs["labels"] as number[];
        const complete = groups.every(
          (group) => groups.filter((other) => other === group).length > 1 && groups.some((other) => other !== group),
        );
        return complete
          ? new GeneralizedLiftedStructureLoss({
              ...margins(config),
              distance: peerDistance(config["distance"], new OfUnitRows(new Euclidean())),
            })
          : null;
      },
      gradients: ({ tag }) => tag !== "zero_vector" && tag !== "duplicates",
      atLeast: 3,
    });
  });

  it("a row without negatives costs nothing, where the peer takes the logarithm of an empty sum for 0", () => {
    const embeddings = [
      [0, 1],
      [3, 1],
      [0, 2],
    ];
    const found = judge(new GeneralizedLiftedStructureLoss(), { embeddings, targets: { groups: [0, 0, 0] } });
    expect(found.value).to.equal(0);
    expect(found.gradient.every((g) => g === 0)).to.equal(true);
    const peer = meanOf([3, Math.sqrt(10), Math.sqrt(10)]); // about what it pulls by
    expect(peer).to.be.greaterThan(1);
  });

  it("refuses a margin that is not a number", () => {
    expect(() => new GeneralizedLiftedStructureLoss({ positiveMargin: Infinity })).to.throw(ConfigError);
  });
});
