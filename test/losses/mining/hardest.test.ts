import { expect } from "chai";
import { Cosine, Euclidean, Random } from "likewise";
import * as tf from "likewise/tf";
import { Comparison } from "../../../losses/mining/comparison.js";
import { hardest } from "../../../losses/mining/hardest.js";
import { GroupMasks } from "../../../lib/tensor/group-masks.js";
import { masksAgainst, masksWithin } from "../../../lib/tensor/masks.js";

const random = new Random("hardest");

/** Farthest positive and nearest negative of each row, one after the other; -1 where there is none. */
function oneByOne(distances: number[][], positives: number[][], negatives: number[][]): [number, number][] {
  return distances.map((row, at) => {
    let [far, near] = [-1, -1];
    row.forEach((distance, column) => {
      if (positives[at]?.[column] === 1 && (far < 0 || distance > (row[far] as number))) far = column;
      if (negatives[at]?.[column] === 1 && (near < 0 || distance < (row[near] as number))) near = column;
    });
    return [far, near];
  });
}

describe("hardest", () => {
  const cases = {
    "groups of several sizes": [0, 1, 1, 2, 2, 2, 3, 3, 0, 4],
    "one group": [5, 5, 5, 5],
    "rows that are alone": [1, 2, 3],
    "one row": [9],
  };
  for (const distance of [new Cosine(), new Euclidean()]) {
    for (const [name, labels] of Object.entries(cases)) {
      for (const memory of [null, [1, 0, 1, 1, 0, 1]]) {
        const where = memory === null ? "within the batch" : "against a memory";
        it(`finds what a loop finds: ${name}, ${distance.name}, ${where}`, () => {
          tf.tidy(() => {
            const groups = tf.tensor1d(labels, "int32");
            const rows = tf.tensor2d(random.normals(labels.length * 4), [labels.length, 4]);
            const remembered = [0, 1, 2, 5, 9, 2];
            const others = memory === null ? rows : tf.tensor2d(random.normals(24), [6, 4]);
            const otherGroups = memory === null ? groups : tf.tensor1d(remembered, "int32");
            const valid = tf.tensor1d(memory ?? []);
            const plain = memory === null ? masksWithin(groups) : masksAgainst(groups, otherGroups, valid);
            const quick =
              memory === null ? new GroupMasks(groups) : new GroupMasks(groups, { groups: otherGroups, valid });
            const comparison = new Comparison(distance, rows, others, groups, otherGroups);
            const expected = oneByOne(
              distance.matrix(rows, others).arraySync(),
              plain.positives.arraySync(),
              plain.negatives.arraySync(),
            );
            for (const masks of [quick, plain]) {
              const { columns, withPositive, withNegative } = hardest(comparison, masks);
              const [far, near] = columns.map((column) => column.dataSync());
              const [any, other] = [withPositive.dataSync(), withNegative.dataSync()];
              expected.forEach(([farthest, nearest], at) => {
                expect(any[at]).to.equal(farthest < 0 ? 0 : 1);
                expect(other[at]).to.equal(nearest < 0 ? 0 : 1);
                if (farthest >= 0) expect(far?.[at]).to.equal(farthest);
                if (nearest >= 0) expect(near?.[at]).to.equal(nearest);
              });
            }
          });
        });
      }
    }
  }

  it("takes opposite and equal vectors, at both ends of the range", () => {
    tf.tidy(() => {
      const rows = tf.tensor2d([1, 0, -1, 0, 1, 0, -1, 0, 0, 1], [5, 2]);
      const groups = tf.tensor1d([0, 0, 1, 1, 0], "int32");
      const { columns } = hardest(new Comparison(new Cosine(), rows, rows, groups, groups), new GroupMasks(groups));
      // The farthest of the same group is the opposite one, the nearest of the other the equal one.
      expect(Array.from(columns[0].dataSync()).slice(0, 4)).to.deep.equal([1, 0, 3, 2]);
      expect(Array.from(columns[1].dataSync()).slice(0, 4)).to.deep.equal([2, 3, 0, 1]);
    });
  });
});
