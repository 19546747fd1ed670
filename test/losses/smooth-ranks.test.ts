import * as tf from "likewise/tf";
import { expect } from "chai";
import { Random } from "../../lib/random.js";
import { smoothRanks, smoothRanksProblem } from "../../losses/smooth-ranks.js";
import { expectClose } from "../support/close.js";
import { centralDifferences, gradients, type Matrix } from "../support/gradient.js";
import { randomRows } from "../support/loss.js";

const RANGE = { largest: 2, temperature: 0.05 };

const plain = (values: Matrix, weights: Matrix): number[][] =>
  values.map((row, i) =>
    row.map((value) =>
      row.reduce((sum, other, k) => {
        const [at, against] = [value, other].map((x) => Math.min(2, Math.max(0, x))) as [number, number];
        return sum + (weights[i]?.[k] as number) / (1 + Math.exp((against - at) / RANGE.temperature));
      }, 0),
    ),
  );

describe("smooth ranks along rows", () => {
  const random = new Random("ranks");
  const values = randomRows(random, 3, 40, 0.4).map((row) => row.map((x) => Math.min(2, Math.abs(x))));
  const weights = values.map((row) => row.map((_, k) => (k % 3 === 0 ? 0 : 1)));
  const cotangent = randomRows(random, 3, 40);
  const weighed = (found: tf.Tensor): tf.Scalar => tf.sum(tf.mul(found, tf.tensor2d(cotangent)));

  it("count every pair of a row as plain loops do, value and gradient", () => {
    const found = gradients((x) => weighed(smoothRanks(x as tf.Tensor2D, tf.tensor2d(weights), RANGE)), values);
    tf.tidy(() => {
      const ranks = smoothRanks(tf.tensor2d(values), tf.tensor2d(weights), RANGE).arraySync();
      expectClose(ranks.flat(), plain(values, weights).flat(), { relative: 0, absolute: 3e-4 });
    });
    const wanted = (at: Matrix): number =>
      plain(at, weights)
        .flat()
        .reduce((sum, rank, k) => sum + rank * (cotangent.flat()[k] as number), 0);
    const differences = centralDifferences(wanted, values, 1e-6);
    const most = Math.max(...differences.map(Math.abs));
    expectClose(found.gradients[0], differences, { relative: 1e-3, absolute: 2e-4 * most });
  });

  it("take what is beyond the range for its end, without a gradient, and show NaN", () => {
    tf.tidy(() => {
      const rows = tf.tensor2d([
        [2, 5, -3, 0],
        [NaN, 0, 0, 0],
      ]);
      const ranks = smoothRanks(rows, tf.onesLike(rows), RANGE).arraySync() as [number[], number[]];
      expectClose(ranks[0], [3, 3, 1, 1], { relative: 0, absolute: 1e-4 });
      expect(ranks[1].every(Number.isNaN)).to.equal(true);
    });
    const [slopes] = gradients((x) => tf.sum(tf.square(smoothRanks(x, tf.onesLike(x), RANGE))), [[1, 5, -3, 1.02]])
      .gradients as [number[]];
    expect([slopes[1], slopes[2]]).to.deep.equal([0, 0]);
    expect(slopes[0]).to.be.lessThan(0);
  });

  it("refuse a temperature that asks for too fine a grid", () => {
    expect(smoothRanksProblem({ largest: 2, temperature: 0.01 })).to.equal(null);
    expect(smoothRanksProblem({ largest: 2, temperature: 0.001 })).to.contain("temperature: expected at least");
  });
});
