import { expect } from "chai";
import { MultipleNegativesRankingLoss } from "likewise/losses";
import * as tf from "likewise/tf";
import { ownAnswers } from "../../losses/own-answers.js";
import { isCheaperByMap, ownAnswersOfLinear } from "../../losses/own-answers-of-linear.js";
import { Random } from "../../lib/random.js";
import { declareGiven, linear, linearOf, type Linear } from "../../lib/tensor/linear.js";

const SCALE = 20;

interface Setting {
  /** Pairs, columns of the inputs, columns of the rows. */
  readonly sizes: readonly [n: number, d: number, e: number];
  readonly biased: boolean;
}

/** Value and slopes by kernel and bias of a loss of what `linear` gives. */
function judged(
  { sizes: [n, d, e], biased }: Setting,
  inputs: tf.Tensor2D,
  given: boolean,
  loss: (rows: tf.Tensor2D, weights: tf.Tensor1D) => tf.Scalar,
): number[][] {
  const random = new Random("map");
  const kernel = tf.tensor2d(random.normals(d * e), [d, e]);
  const bias = tf.tensor1d(random.normals(e));
  const weights = tf.tensor1d(Float32Array.from({ length: n }, (_, pair) => (pair % 5 === 0 ? 0 : 1 + (pair % 3))));
  const x = tf.clone(inputs);
  if (given) declareGiven(x);
  const whole = (W: tf.Tensor, b?: tf.Tensor): tf.Scalar =>
    loss(linear(x, W as tf.Tensor2D, (b as tf.Tensor1D | undefined) ?? null), weights);
  const { value, grads } = tf.valueAndGrads(whole as (...all: tf.Tensor[]) => tf.Scalar)(
    biased ? [kernel, bias] : [kernel],
  );
  return [value, ...grads].map((tensor) => [...tensor.dataSync()]);
}

function expectSame(got: readonly number[][], wanted: readonly number[][], tolerance: number): void {
  expect(got.length).to.equal(wanted.length);
  got.forEach((numbers, at) => {
    const largest = Math.max(...(wanted[at] as number[]).map(Math.abs), 1e-12);
    numbers.forEach((number, place) => {
      expect(Math.abs(number - (wanted[at]?.[place] as number)) / largest).to.be.at.most(tolerance);
    });
  });
}

const viaRows = (rows: tf.Tensor2D, weights: tf.Tensor1D): tf.Scalar => {
  const [a, b] = tf.split(rows, 2, 0) as [tf.Tensor2D, tf.Tensor2D];
  return tf.sum(tf.mul(ownAnswers(a, b, SCALE), weights));
};
const viaMap = (rows: tf.Tensor2D, weights: tf.Tensor1D): tf.Scalar =>
  tf.sum(tf.mul(ownAnswersOfLinear(rows, linearOf(rows) as Linear, SCALE), weights));

describe("own answers of a linear map", () => {
  for (const biased of [true, false]) {
    for (const sizes of [
      [40, 6, 6],
      [40, 6, 9],
      [3, 5, 2],
      [1, 4, 4],
      [700, 12, 20],
      [30, 200, 7],
    ] as const) {
      it(`has the gradient of the way over the rows (${sizes.join(" x ")}, ${biased ? "with" : "without"} bias)`, () =>
        tf.tidy(() => {
          const [n, d] = sizes;
          const inputs = tf.tensor2d(new Random("inputs").normals(2 * n * d), [2 * n, d]);
          const setting = { sizes, biased };
          expectSame(judged(setting, inputs, true, viaMap), judged(setting, inputs, false, viaRows), 2e-5);
        }));
    }
  }

  it("gives rows without direction and equal rows the gradient they have over the rows", () =>
    tf.tidy(() => {
      const setting = { sizes: [8, 4, 4], biased: false } as const;
      const numbers = new Random("zero").normals(16 * 4);
      numbers.fill(0, 0, 4); // an anchor
      numbers.fill(0, 9 * 4, 10 * 4); // a positive
      numbers.copyWithin(2 * 4, 1 * 4, 2 * 4);
      numbers.copyWithin(12 * 4, 1 * 4, 2 * 4);
      const inputs = tf.tensor2d(numbers, [16, 4]);
      const slopes = judged(setting, inputs, true, viaMap);
      expect(slopes.flat().every(Number.isFinite)).to.equal(true);
      expectSame(slopes, judged(setting, inputs, false, viaRows), 2e-5);
      const collapsed = tf.ones([16, 4]) as tf.Tensor2D;
      const [value, slope] = judged(setting, collapsed, true, viaMap) as [number[], number[]];
      expectSame([value], [judged(setting, collapsed, false, viaRows)[0] as number[]], 1e-6);
      for (const number of slope) expect(Math.abs(number)).to.be.below(1e-4);
    }));

  it("holds for scales whose probabilities float32 cannot hold", () =>
    tf.tidy(() => {
      for (const scale of [32, 33, 200]) {
        const rows = tf.tensor2d([...new Random("rows").normals(10 * 4)], [20 / 2, 4]);
        const [a, b] = tf.split(rows, 2, 0) as [tf.Tensor2D, tf.Tensor2D];
        const unit = (x: tf.Tensor): tf.Tensor2D => tf.div(x, tf.norm(x, 2, 1, true));
        const logits = tf.mul(tf.matMul(unit(a), unit(b), false, true), scale).arraySync() as number[][];
        const wanted = logits.map((row, own) => {
          const most = Math.max(...row);
          const sum = row.reduce((all, logit) => all + Math.exp(logit - most), 0);
          return most + Math.log(sum) - (row[own] as number);
        });
        [...ownAnswers(a, b, scale).dataSync()].forEach((value, at) =>
          expect(value).to.be.closeTo(wanted[at] as number, 1e-5 * Math.max(1, wanted[at] as number)),
        );
      }
    }));

  it("shows a number that is none in value and slopes", () =>
    tf.tidy(() => {
      const numbers = new Random("nan").normals(16 * 4);
      numbers[5] = NaN;
      const [value, slope] = judged({ sizes: [8, 4, 4], biased: true }, tf.tensor2d(numbers, [16, 4]), true, viaMap);
      expect(value?.[0]).to.be.NaN;
      expect(slope?.some(Number.isNaN)).to.equal(true);
    }));

  it("is what MultipleNegativesRankingLoss takes for many rows of a map of given inputs, and for no others", () =>
    tf.tidy(() => {
      const loss = new MultipleNegativesRankingLoss({ scale: SCALE });
      const whole = (rows: tf.Tensor2D, labels: tf.Tensor1D): tf.Scalar => {
        const targets = { labels, subgroups: tf.zeros([rows.shape[0]], "int32") } as never;
        return loss.compute({}, rows, targets).value;
      };
      const both = (n: number): [viaMap: number[][], viaRows: number[][]] => {
        const setting = { sizes: [n, 16, 16], biased: true } as const;
        const inputs = tf.tensor2d(new Random("many").normals(2 * n * 16), [2 * n, 16]);
        return [judged(setting, inputs, true, whole), judged(setting, inputs, false, whole)];
      };
      const [many, manyViaRows] = both(800);
      expectSame(many, manyViaRows, 2e-5);
      expect(many).not.to.deep.equal(manyViaRows); // another order of sums
      const [few, fewViaRows] = both(60);
      expect(few).to.deep.equal(fewViaRows);
    }));

  it("is cheaper when there are clearly more pairs than columns", () =>
    tf.tidy(() => {
      const cheaper = (n: number, d: number, e: number): boolean =>
        isCheaperByMap({ inputs: tf.zeros([2 * n, d]), kernel: tf.zeros([d, e]), bias: null });
      expect(cheaper(1_024, 384, 384)).to.equal(true);
      expect(cheaper(256, 384, 384)).to.equal(false);
      expect(cheaper(100, 8, 8)).to.equal(false);
      expect(cheaper(1_024, 768, 128)).to.equal(false);
      expect(cheaper(1_024, 128, 768)).to.equal(true);
    }));
});

describe("linear", () => {
  it("remembers the map of given inputs alone", () =>
    tf.tidy(() => {
      const [x, kernel, bias] = [tf.ones([3, 2]), tf.ones([2, 4]), tf.ones([4])] as [
        tf.Tensor2D,
        tf.Tensor2D,
        tf.Tensor1D,
      ];
      expect(linearOf(linear(x, kernel, bias))).to.equal(null);
      declareGiven(x);
      expect(linearOf(linear(x, kernel, bias))).to.deep.equal({ inputs: x, kernel, bias });
      const rows = linear(x, kernel, null);
      expect(linearOf(rows)?.bias).to.equal(null);
      expect([...rows.dataSync()]).to.deep.equal(new Array(12).fill(2));
    }));
});
