import { expect } from "chai";
import * as fc from "fast-check";
import { Random, type DistanceName } from "likewise";
import { plainDistance } from "../support/plain-distance.js";
import { plainMean } from "../support/plain-ranking.js";
import { groupCandidates, groupTargets, matrix, pairTargets, tupleTargets, valueOf } from "./batches.js";
import { examples } from "./examples.js";

/** Those whose ties on whole numbers are exact. */
const distances = (Object.keys(plainDistance) as DistanceName[]).filter((name) => name !== "signal-to-noise");
const nameOf = (make: (typeof examples)[number][0]): string => make({}).name;

/** Whole numbers, so that equal distances are equal exactly; few of them, so that there are many. */
function rowsOf(random: Random, count: number, range: number): number[][] {
  return Array.from({ length: count }, () => Array.from({ length: 3 }, () => random.integer(2 * range + 1) - range));
}

describe("every retrieval metric", () => {
  for (const [make, plain] of examples) {
    for (const distance of distances) {
      it(`${nameOf(make)} of groups by ${distance} distance equals plain loops, also with ties`, async () => {
        const random = new Random(`${nameOf(make)} ${distance}`);
        for (const range of [1, 40]) {
          // Cosines that are equal in theory may differ in the last bit: no ties but those of equal rows.
          const rows = distance === "cosine" ? rowsOf(random, 9, 40) : rowsOf(random, 9, range);
          const groups = rows.map(() => random.integer(4));
          if (distance === "cosine") rows[3] = [...rows[5]!];
          const expected = plainMean(groupCandidates(rows, groups, distance), plain);
          expect(await valueOf(make({ distance }), rows, groupTargets(groups))).to.be.closeTo(expected, 1e-9);
        }
      });
    }

    it(`${nameOf(make)} does not depend on the order of rows, nor on how they are batched`, async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(
            fc.tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -3, max: 3 }), fc.integer({ min: 0, max: 3 })),
            {
              minLength: 2,
              maxLength: 30,
            },
          ),
          fc.nat(),
          async (data, seed) => {
            const metric = make({ distance: "squared-euclidean" });
            const rows = data.map(([x, y]) => [x, y]);
            const groups = data.map(([, , group]) => group);
            const value = await valueOf(metric, rows, groupTargets(groups));
            const order = new Random(seed).shuffle([...data.keys()]);
            const pick = <T>(values: readonly T[]): T[] => order.map((at) => values[at]!);
            expect(await valueOf(metric, pick(rows), groupTargets(pick(groups)))).to.satisfy(isCloseTo(value));
            metric.reset();
            const cut = 1 + (seed % (rows.length - 1));
            metric.update(matrix(rows.slice(0, cut)), groupTargets(groups.slice(0, cut)));
            metric.update(matrix(rows.slice(cut)), groupTargets(groups.slice(cut)));
            expect(await metric.value()).to.deep.equal(value);
          },
        ),
        { numRuns: 25 },
      );
    });

    it(`${nameOf(make)} is 1, or the most it can be, when groups are far apart`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 2, maxLength: 40 }), async (groups) => {
          const random = new Random("spread");
          const rows = groups.map((group) => [100 * group + random.uniform(), random.uniform()]);
          const value = await valueOf(make({ distance: "euclidean" }), rows, groupTargets(groups));
          const best = plainMean(
            groups
              .map((group, at) =>
                groups.flatMap((other, place) =>
                  place === at ? [] : [{ distance: other === group ? 0 : 1, grade: other === group ? 1 : 0 }],
                ),
              )
              .map((candidates) => candidates.filter(({ grade }) => grade > 0)),
            plain,
          );
          expect(value).to.satisfy(isCloseTo(best));
        }),
        { numRuns: 25 },
      );
    });

    it(`${nameOf(make)} is NaN without anything to find, and when an embedding is not finite`, async () => {
      expect(await make({}).value(), "nothing seen").to.be.NaN;
      expect(await valueOf(make({}), [[1, 2]], groupTargets([0])), "one row").to.be.NaN;
      expect(
        await valueOf(
          make({}),
          [
            [1, 2],
            [3, 4],
          ],
          groupTargets([0, 1]),
        ),
        "groups of one",
      ).to.be.NaN;
      expect(
        await valueOf(
          make({}),
          [
            [1, 2],
            [3, 4],
          ],
          pairTargets([0]),
        ),
        "no positive pair",
      ).to.be.NaN;
      expect(
        await valueOf(
          make({}),
          [
            [1, 2],
            [3, 4],
          ],
          tupleTargets([], [0]),
        ),
        "no positive",
      ).to.be.NaN;
      for (const wrong of [NaN, Infinity, -Infinity]) {
        const rows = [
          [1, 0],
          [1, 0],
          [0, 1],
          [0, wrong],
        ];
        expect(await valueOf(make({}), rows, groupTargets([0, 0, 1, 1])), String(wrong)).to.be.NaN;
        expect(await valueOf(make({ distance: "dot-product" }), rows, groupTargets([0, 0, 1, 2])), String(wrong)).to.be
          .NaN;
      }
      // Finite, but their squares are not.
      const large = [
        [1e30, 0],
        [1e30, 0],
        [0, 1e30],
        [0, 1e30],
      ];
      expect(await valueOf(make({ distance: "euclidean" }), large, groupTargets([0, 0, 1, 1]))).to.satisfy(
        (value: number) => Number.isNaN(value) || value < 1.1,
      );
    });

    it(`${nameOf(make)} of collapsed embeddings is what guessing gives`, async () => {
      const groups = [0, 0, 0, 1, 1, 2];
      const rows = groups.map(() => [0.3, -0.1]);
      const expected = plainMean(
        groupCandidates(
          rows.map(() => [0]),
          groups,
          "manhattan",
        ),
        plain,
      );
      for (const distance of distances) {
        expect(await valueOf(make({ distance }), rows, groupTargets(groups)), distance).to.be.closeTo(expected, 1e-9);
      }
      expect(
        await valueOf(
          make({}),
          rows.map(() => [0, 0]),
          groupTargets(groups),
        ),
        "zero vectors",
      ).to.be.closeTo(expected, 1e-9);
    });
  }
});

function isCloseTo(expected: number): (value: number) => boolean {
  return (value) => (Number.isNaN(expected) ? Number.isNaN(value) : Math.abs(value - expected) < 1e-9);
}
