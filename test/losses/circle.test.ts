import { expect } from "chai";
import { CircleLoss } from "likewise/losses";
import { ConfigError } from "../../lib/errors.js";
import { Random } from "../../lib/random.js";
import { expectClose } from "../support/close.js";
import { judge, randomRows } from "../support/loss.js";
import { expectPeerNumbers } from "../support/peer-losses.js";
import { heldBy, meanOfCosting, plainLogSum } from "../support/plain-loops.js";
import { plainMatrix } from "../support/plain-distance.js";
import { masksOf } from "../support/plain-masks.js";
import { centralDifferences, type Matrix } from "../support/gradient.js";
import { SIX_ROW_GROUPS, SIX_ROWS } from "../support/six-rows.js";

interface Weights {
  readonly ofPositive: (similarity: number) => number;
  readonly ofNegative: (similarity: number) => number;
}

/** Weights come from the similarities of `weighed`. */
const plain = (
  rows: Matrix,
  groups: readonly number[],
  margin: number,
  scale: number,
  weights: Weights,
  weighed?: Matrix,
): number => {
  const { positive, negative } = masksOf(groups);
  return meanOfCosting(
    plainMatrix("cosine", rows, rows).map((row, a) => {
      const terms = row.map((d, at) => {
        const [s, w] = [1 - d, weighed?.[a]?.[at] ?? 1 - d];
        return positive(a, at)
          ? -scale * weights.ofPositive(w) * (s - 1 + margin)
          : scale * weights.ofNegative(w) * (s - margin);
      });
      const [pull, push] = [heldBy(terms, positive, a), heldBy(terms, negative, a)];
      if (pull.length === 0 || push.length === 0) return 0;
      return plainLogSum([0, plainLogSum(pull) + plainLogSum(push)]);
    }),
  );
};

const paper = (margin: number): Weights => ({
  ofPositive: (s) => Math.max(0, 1 + margin - s),
  ofNegative: (s) => Math.max(0, s + margin),
});

/** Weights with their signs turned round. */
const turned = (margin: number): Weights => ({
  ofPositive: (s) => Math.max(0, 1 + margin + s),
  ofNegative: (s) => Math.max(0, s - margin),
});

describe("CircleLoss", () => {
  it("equals plain loops with the paper's weights", () => {
    for (const [margin, scale] of [
      [0.25, 256],
      [0.4, 80],
      [0.1, 4],
    ] as const) {
      const loss = new CircleLoss({ margin, scale });
      const found = judge(loss, { embeddings: SIX_ROWS, targets: { groups: SIX_ROW_GROUPS } });
      const wanted = plain(SIX_ROWS, SIX_ROW_GROUPS, margin, scale, paper(margin));
      expectClose(found.value, wanted, { relative: 1e-4 });
    }
  });

  it("has the gradient of the plain loops with weights that stay as they are", () => {
    const [margin, scale] = [0.25, 6];
    const random = new Random("circle");
    const groups = [0, 0, 0, 1, 1, 2];
    const rows = randomRows(random, groups.length, 3);
    const start = plainMatrix("cosine", rows, rows).map((row) => row.map((d) => 1 - d));
    const value = (at: Matrix): number => plain(at, groups, margin, scale, paper(margin), start);
    const found = judge(new CircleLoss({ margin, scale }), { embeddings: rows, targets: { groups } });
    expectClose(found.gradient, centralDifferences(value, rows, 1e-6), { relative: 1e-3, absolute: 1e-4 });
  });

  it("equals pytorch-metric-learning, values and gradients", function () {
    expectPeerNumbers(this, "loss_CircleLoss", {
      make: ({ m = 0.4, gamma = 80 }) => new CircleLoss({ margin: m as number, scale: gamma as number }),
      atLeast: 12,
    });
  });

  it("does not have the defect of the formula it replaces: what lies wrong is moved harder than what lies nearly right", () => {
    const [margin, scale] = [0.25, 4];
    const embeddings = [
      [1, 0, 0],
      [0.2, 1, 0],
      [0.9, 0.1, 0.4],
      [-0.2, 0.3, 1],
    ];
    const groups = [0, 0, 0, 1];
    const { value } = judge(new CircleLoss({ margin, scale }), { embeddings, targets: { groups } });
    expectClose(value, plain(embeddings, groups, margin, scale, paper(margin)));
    expect(Math.abs(value - plain(embeddings, groups, margin, scale, turned(margin)))).to.be.greaterThan(0.1);
    const weights = [paper(margin), turned(margin)].map(({ ofPositive }) => ofPositive(0.2) > ofPositive(0.9));
    expect(weights).to.deep.equal([true, false]);
  });

  it("refuses a negative margin and a scale of zero", () => {
    expect(() => new CircleLoss({ margin: -0.1, scale: 0 }))
      .to.throw(ConfigError)
      .with.property("problems")
      .that.has.length(2);
  });
});
