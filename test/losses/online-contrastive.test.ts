import { expect } from "chai";
import fc from "fast-check";
import { OnlineContrastiveLoss, type OnlineContrastiveOptions } from "likewise/losses";
import { ConfigError } from "../../lib/errors.js";
import { Random } from "../../lib/random.js";
import type { DistanceName } from "../../lib/distances/index.js";
import { expectClose } from "../support/close.js";
import { centralDifferences, type Matrix } from "../support/gradient.js";
import { judge, randomRows, type PlainMemory } from "../support/loss.js";
import { HalvedCosine, plainMatrix, quaterionDistance } from "../support/plain-distance.js";
import { masksOf, masksOfMemory, tiedBatches, type PlainMasks } from "../support/plain-masks.js";
import { readGolden } from "../support/shared.js";
import { SIX_ROW_GROUPS, SIX_ROWS } from "../support/six-rows.js";

const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, v) => sum + v, 0) / values.length;

/** The loss in plain loops. */
function plain(
  distances: Matrix,
  { positive, negative }: PlainMasks,
  { margin = 0.5, mining = "hard" }: OnlineContrastiveOptions,
): { value: number; weight: number } {
  const together: number[] = [];
  const apart: number[] = [];
  let rows = 0;
  distances.forEach((row, a) => {
    const positives = row.filter((_, at) => positive(a, at));
    const negatives = row.filter((_, at) => negative(a, at));
    if (positives.length + negatives.length > 0) rows += 1;
    if (mining === "all") {
      together.push(...positives);
      apart.push(...negatives);
    } else {
      if (positives.length > 0) together.push(Math.max(...positives));
      if (negatives.length > 0) apart.push(Math.min(...negatives));
    }
  });
  const value = 0.5 * (mean(together) + mean(apart.map((d) => Math.max(0, margin - d))));
  return { value, weight: mining === "all" ? together.length + apart.length : rows };
}

function plainWithin(
  name: DistanceName,
  rows: Matrix,
  groups: readonly number[],
  options: OnlineContrastiveOptions,
): ReturnType<typeof plain> {
  return plain(plainMatrix(name, rows, rows), masksOf(groups), options);
}

describe("OnlineContrastiveLoss", () => {
  it("gives the known numbers of the six-row fixture, without the self pair", () => {
    const value = (mining: "all" | "hard"): number =>
      judge(new OnlineContrastiveLoss({ mining, distance: new HalvedCosine() }), {
        embeddings: SIX_ROWS,
        targets: { groups: SIX_ROW_GROUPS },
      }).value;
    expectClose(value("all"), 0.3143475);
    expectClose(value("hard"), 0.413747);
  });

  for (const mining of ["hard", "all"] as const) {
    for (const distance of ["cosine", "euclidean", "squared-euclidean", "manhattan", "dot-product"] as const) {
      it(`equals plain loops, value and gradient: ${mining}, ${distance}`, () => {
        const random = new Random(`${mining}${distance}`);
        const groups = [0, 0, 0, 1, 1, 2, 3, 3, 3, 4];
        const rows = randomRows(random, groups.length, 4);
        const options = { mining, margin: 1.3 };
        const found = judge(new OnlineContrastiveLoss({ ...options, distance }), {
          embeddings: rows,
          targets: { groups },
        });
        const expected = plainWithin(distance, rows, groups, options);
        expectClose(found.value, expected.value);
        expect(found.weight).to.equal(expected.weight);
        expectClose((found.terms["positive"] ?? NaN) + (found.terms["negative"] ?? NaN), expected.value);
        const slope = centralDifferences((at) => plainWithin(distance, at, groups, options).value, rows, 1e-6);
        expectClose(found.gradient, slope, { relative: 1e-3, absolute: 1e-4, what: "gradient" });
      });
    }

    it(`compares with valid rows of a memory: ${mining}`, () => {
      const random = new Random(`memory ${mining}`);
      const groups = [0, 1, 2, 2, 5];
      const rows = randomRows(random, groups.length, 4);
      const memory: PlainMemory = {
        embeddings: randomRows(random, 7, 4),
        groups: [0, 0, 1, 2, 3, 2, 1],
        valid: [1, 1, 1, 1, 1, 0, 0],
      };
      const against = (at: Matrix): ReturnType<typeof plain> =>
        plain(plainMatrix("cosine", at, memory.embeddings), masksOfMemory(groups, memory), { mining });
      const found = judge(new OnlineContrastiveLoss({ mining }), { embeddings: rows, targets: { groups }, memory });
      expectClose(found.value, against(rows).value);
      expect(found.weight).to.equal(against(rows).weight);
      expectClose(
        found.gradient,
        centralDifferences((at) => against(at).value, rows, 1e-6),
        { relative: 1e-3, absolute: 1e-4 },
      );
    });
  }

  it("equals plain loops on integers full of ties", () => {
    fc.assert(
      fc.property(tiedBatches, fc.constantFrom("hard" as const, "all" as const), ({ groups, rows }, mining) => {
        const found = judge(new OnlineContrastiveLoss({ mining, margin: 2, distance: "manhattan" }), {
          embeddings: rows,
          targets: { groups },
        });
        expectClose(found.value, plainWithin("manhattan", rows, groups, { mining, margin: 2 }).value);
        expect(found.gradient.every(Number.isFinite)).to.equal(true);
      }),
      { numRuns: 80, seed: 11 },
    );
  });

  it("equals Quaterion once its self pairs are taken out, values and gradients", function () {
    const cases = readGolden("quaterion/loss_OnlineContrastiveLoss");
    if (cases === null) return this.skip();
    let compared = 0;
    for (const { tag, config, inputs, expected64 } of cases) {
      const distance = config["distance_metric_name"];
      if (distance === "dot_product") continue; // there, a self pair is not at distance 0
      const groups = inputs["groups"] as number[];
      const margin = config["margin"] as number;
      const mining = config["mining"] as "hard" | "all";
      if (mining === "hard" && tag === "duplicates") continue; // there, hardest positives at distance 0 are left out
      if (mining === "hard" && groups.some((group) => groups.filter((other) => other === group).length === 1)) continue;
      const at = (m: number): ReturnType<typeof judge> =>
        judge(new OnlineContrastiveLoss({ margin: m, mining, distance: quaterionDistance(distance) }), {
          embeddings: inputs["embeddings"] as Matrix,
          targets: { groups },
        });
      const found = at(margin);
      const n = groups.length;
      const negatives = groups.reduce((sum, group) => sum + groups.filter((other) => other !== group).length, 0);
      // There, each self pair is a negative at distance 0 that costs the margin; in hard mining it is always the hardest.
      const share = mining === "hard" ? 0 : negatives / (negatives + n);
      const expected =
        (found.terms["positive"] as number) + share * (found.terms["negative"] as number) + 0.5 * (1 - share) * margin;
      const what = `${tag} ${JSON.stringify(config)}`;
      if (tag !== "zero_vectors") expectClose(expected, expected64?.["loss"], { relative: 2e-5, absolute: 2e-6, what });
      compared += 1;
      if ((tag === "random" || tag === "singletons_mixed") && expected64?.["grad_embeddings"] !== undefined) {
        const pull = at(0).gradient;
        const gradient = found.gradient.map((g, k) => (pull[k] as number) + share * (g - (pull[k] as number)));
        expectClose(gradient, expected64["grad_embeddings"], { relative: 1e-4, absolute: 2e-5, what });
      }
    }
    expect(compared).to.be.greaterThan(60);
  });

  describe("does not have the defects of the formula it replaces", () => {
    it("an item is not its own hardest negative: negatives that are too close get a gradient", () => {
      const embeddings = [
        [1, 0],
        [1, 0.1],
        [0.95, 0.3],
        [0.9, 0.4],
      ];
      const groups = [0, 0, 1, 1];
      const { terms, gradient } = judge(new OnlineContrastiveLoss({ mining: "hard" }), {
        embeddings,
        targets: { groups },
      });
      expect(terms["negative"]).to.be.lessThan(0.25); // half the margin is what it would be with the self pair
      const pull = judge(new OnlineContrastiveLoss({ mining: "hard", margin: 0 }), {
        embeddings,
        targets: { groups },
      }).gradient;
      const push = gradient.map((g, at) => g - (pull[at] as number));
      expect(Math.hypot(...push)).to.be.greaterThan(0.05);
    });

    it("a perfect batch has loss zero, where a constant half margin was left", () => {
      const embeddings = [
        [1, 0],
        [2, 0],
        [0, 1],
        [0, 3],
      ];
      for (const mining of ["hard", "all"] as const) {
        expectClose(
          judge(new OnlineContrastiveLoss({ mining }), { embeddings, targets: { groups: [4, 4, 2, 2] } }).value,
          0,
        );
      }
    });

    it("euclidean distances have a gradient, where the root of zero broke it", () => {
      const embeddings = [
        [1, 0],
        [1, 0],
        [1.2, 0],
        [0, 3],
      ];
      const { gradient } = judge(new OnlineContrastiveLoss({ distance: "euclidean" }), {
        embeddings,
        targets: { groups: [0, 0, 1, 1] },
      });
      expect(gradient.every(Number.isFinite)).to.equal(true);
      expect(Math.hypot(...gradient)).to.be.greaterThan(0);
    });
  });

  it("refuses an unknown mining, naming the known ones", () => {
    expect(() => new OnlineContrastiveLoss({ mining: "easy" as "hard", margin: -1 }))
      .to.throw(ConfigError, /mining: expected one of hard, all, got "easy"/)
      .with.property("problems")
      .that.has.length(2);
  });
});
