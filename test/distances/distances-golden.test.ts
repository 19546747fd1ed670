import { expect } from "chai";
import { Cosine, DotProduct, Euclidean, Manhattan } from "likewise";
import * as tf from "likewise/tf";
import { Lp, SignalToNoise } from "../../lib/distances/index.js";
import { expectClose } from "../support/close.js";
import { gradients } from "../support/gradient.js";
import { readGolden } from "../support/shared.js";

describe("distances against numbers of another library", () => {
  const goldens = {
    cosine: new Cosine(),
    euclidean: new Euclidean(),
    manhattan: new Manhattan(),
    dot_product: new DotProduct(),
  };
  for (const [name, distance] of Object.entries(goldens)) {
    it(`equal Quaterion's ${name}, values and gradients`, function () {
      const cases = readGolden(`quaterion/distance_${name}`);
      if (cases === null) return this.skip();
      // There, cosine is halved for matrices: distance (1 - cos) / 2, similarity (1 + cos) / 2.
      const unit = name === "cosine" ? 2 : 1;
      for (const { tag, inputs, expected64 } of cases) {
        const expected = expected64 as Readonly<Record<string, number[] | number[][]>>;
        const { x, y, cotangent } = inputs as {
          x: number[][];
          y: number[][];
          cotangent: { pair: number[]; self: number[][]; cross: number[][] };
        };
        const rows = Math.min(x.length, y.length);
        const isZero = x.map((row) => row.every((v) => v === 0));
        const zeroY = y.map((row) => row.every((v) => v === 0));
        // Zero rows get no gradient here and a huge one there; equal rows have no gradient there either, up to an epsilon.
        const keep = (gradient: readonly number[], zeros: readonly boolean[]): number[] =>
          gradient.filter((_, at) => name !== "cosine" || !zeros[Math.floor(at / (x[0]?.length ?? 1))]);
        const compare = (key: string, got: readonly number[], scale: number, zeros: readonly boolean[] = []): void => {
          // Rows of the longer side that have no partner are absent here.
          const wanted = (expected[key] as number[])
            .flat()
            .slice(0, got.length)
            .map((v) => v * scale);
          const largest = Math.max(...wanted.map(Math.abs).filter((v) => v < 1e7));
          expectClose(keep(got, zeros), keep(wanted, zeros), {
            relative: 2e-4,
            absolute: 5e-6 * Math.max(1, largest),
            what: `${tag} ${key}`,
          });
        };
        const pair = x.slice(0, rows);
        const partner = y.slice(0, rows);
        const byPair = gradients(
          (a, b) => tf.sum(tf.mul(distance.pairs(a as tf.Tensor2D, b as tf.Tensor2D), cotangent.pair.slice(0, rows))),
          pair,
          partner,
        );
        const cross = gradients(
          (a, b) => tf.sum(tf.mul(distance.matrix(a as tf.Tensor2D, b as tf.Tensor2D), tf.tensor2d(cotangent.cross))),
          x,
          y,
        );
        const self = gradients(
          (a) => tf.sum(tf.mul(distance.matrix(a as tf.Tensor2D, a as tf.Tensor2D), tf.tensor2d(cotangent.self))),
          x,
        );
        tf.tidy(() => {
          const a = tf.tensor2d(x);
          const pairs = distance.pairs(tf.tensor2d(pair), tf.tensor2d(partner));
          const crossed = distance.matrix(a, tf.tensor2d(y));
          compare("distance", [...pairs.dataSync()], 1);
          compare("similarity", [...distance.similarity(pairs).dataSync()], 1);
          compare("distance_matrix_cross", [...crossed.dataSync()], unit);
          compare("distance_matrix_self", [...distance.matrix(a, a).dataSync()], unit);
        });
        // x_equals_y: there the gradient of a distance of 0 is that of an added epsilon.
        if (name === "cosine" || name === "dot_product" || tag === "random" || tag === "scales") {
          compare("distance_grad_x", byPair.gradients[0] as number[], 1, isZero);
          compare("distance_grad_y", byPair.gradients[1] as number[], 1, zeroY);
        }
        compare("distance_matrix_cross_grad_x", cross.gradients[0] as number[], unit, isZero);
        compare("distance_matrix_cross_grad_y", cross.gradients[1] as number[], unit, zeroY);
        compare("distance_matrix_self_grad_x", self.gradients[0] as number[], unit, isZero);
      }
    });
  }
});

describe("distances against pytorch-metric-learning", () => {
  it("equal LpDistance and SNRDistance, values and gradients", function () {
    let compared = 0;
    for (const name of ["LpDistance", "SNRDistance"]) {
      const cases = readGolden(`pml/distance_${name}`);
      if (cases === null) return this.skip();
      for (const { tag, config, inputs, expected64 } of cases) {
        const { query, ref, cotangent } = inputs as Record<"query" | "ref" | "cotangent", number[][]>;
        const normalize = config["normalize_embeddings"] !== false;
        const { p = 2, power = 1 } = config as { p?: number; power?: number };
        // There, vectors are divided by their p-norm.
        if (tag === "zero_vector" || (normalize && p !== 2)) continue;
        const lp = new Lp({ p, power, normalize });
        const distance = name === "LpDistance" ? lp : new SignalToNoise();
        const scaled = (rows: tf.Tensor): tf.Tensor2D =>
          (name === "LpDistance" ? rows : tf.div(rows, tf.norm(rows, 2, 1, true))) as tf.Tensor2D;
        const cross = gradients(
          (x, y) =>
            tf.sum(tf.mul(distance.matrix(scaled(x as tf.Tensor), scaled(y as tf.Tensor)), tf.tensor2d(cotangent))),
          query,
          ref,
        );
        const close = { relative: 2e-4, absolute: 2e-5, what: `${name} ${tag} ${JSON.stringify(config)}` };
        tf.tidy(() => {
          const found = distance.matrix(scaled(tf.tensor2d(query)), scaled(tf.tensor2d(ref)));
          expectClose(found.dataSync(), (expected64?.["cross"] as number[][]).flat(), close);
        });
        expectClose(cross.gradients[0], (expected64?.["grad_query"] as number[][]).flat(), close);
        expectClose(cross.gradients[1], (expected64?.["grad_ref"] as number[][]).flat(), close);
        compared += 1;
      }
    }
    expect(compared).to.be.greaterThan(20);
  });
});
