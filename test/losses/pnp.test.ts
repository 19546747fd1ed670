import { expect } from "chai";
import { PNPLoss, type PNPVariant } from "likewise/losses";
import { ConfigError } from "../../lib/errors.js";
import { expectClose } from "../support/close.js";
import type { Matrix } from "../support/gradient.js";
import { judge } from "../support/loss.js";
import { heldBy, itEqualsPlainLoops, meanOf } from "../support/plain-loops.js";
import { readGolden } from "../support/shared.js";

const ALPHA = 1.5;
const B = 3;
const TEMPERATURE = 0.05;
/** What so many negatives before a positive cost. */
const COSTS: Readonly<Record<PNPVariant, (before: number) => number>> = {
  O: (before) => before,
  Iu: (before) => (1 + before) * Math.log1p(before),
  Ib: (before) => (B * before - Math.log1p(B * before)) / B / B,
  Ds: (before) => Math.log1p(before),
  Dq: (before) => 1 - 1 / (1 + before) ** ALPHA,
};

describe("PNPLoss", () => {
  for (const [variant, cost] of Object.entries(COSTS)) {
    describe(`variant ${variant}`, () => {
      itEqualsPlainLoops({
        make: (distance) =>
          new PNPLoss({
            variant: variant as PNPVariant,
            alpha: ALPHA,
            b: B,
            temperature: TEMPERATURE,
            largest: 8,
            distance,
          }),
        plain: ({ distances, positive, negative }) =>
          meanOf(
            distances.flatMap((row, a) => {
              const together = heldBy(row, positive, a);
              if (together.length === 0) return [];
              const apart = heldBy(row, negative, a);
              const before = (p: number): number =>
                apart.reduce((sum, n) => sum + 1 / (1 + Math.exp((n - p) / TEMPERATURE)), 0);
              return [meanOf(together.map((p) => cost(before(p))))];
            }),
          ),
        distances: variant === "O" ? ["cosine", "euclidean"] : ["cosine"],
      });
    });
  }

  it("equals pytorch-metric-learning, where a row is one of its own positives: as against a memory of the same rows", function () {
    const cases = readGolden("pml/loss_PNPLoss");
    if (cases === null) return this.skip();
    let compared = 0;
    for (const { tag, config, inputs, expected64 } of cases) {
      if (expected64 === undefined) continue;
      const embeddings = inputs["embeddings"] as Matrix;
      const groups = inputs["labels"] as number[];
      const found = judge(new PNPLoss(config), {
        embeddings,
        targets: { groups },
        memory: { embeddings, groups, valid: groups.map(() => 1) },
      });
      // There, only rows with another positive are averaged.
      const counted = groups.filter((group) => groups.filter((other) => other === group).length > 1).length;
      const value = counted === 0 ? 0 : (found.value * groups.length) / counted;
      expectClose(value, expected64["loss"], {
        relative: 2e-5,
        absolute: 1e-5,
        what: `${tag} ${JSON.stringify(config)}`,
      });
      compared += 1;
    }
    expect(compared).to.be.at.least(20);
  });

  it("counts no negative twice and no row as its own positive: one negative before both positives costs 1", () => {
    const embeddings = [
      [1, 0],
      [0, 1],
      [1, 0.2],
    ];
    expectClose(judge(new PNPLoss(), { embeddings, targets: { groups: [0, 0, 1] } }).value, 0.5 + 0.5, {
      absolute: 1e-4,
    });
  });

  it("refuses unknown variants and temperatures too fine for its range", () => {
    expect(() => new PNPLoss({ variant: "X" as "O", temperature: 1e-4, alpha: 0 }))
      .to.throw(ConfigError)
      .with.property("problems")
      .that.has.length(3);
  });
});
