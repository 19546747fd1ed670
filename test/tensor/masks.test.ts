import { expect } from "chai";
import * as tf from "likewise/tf";
import {
  equalPairs,
  largestInRow,
  masksAgainst,
  masksWithin,
  rowsWithAny,
  samePosition,
  smallestInRow,
} from "../../lib/tensor/masks.js";
import { expectClose } from "../support/close.js";
import { gradients } from "../support/gradient.js";

const integers = (values: readonly number[]): tf.Tensor1D => tf.tensor1d([...values], "int32");

describe("masks", () => {
  it("mark equal integers, also large neighbouring ones", () => {
    tf.tidy(() => {
      const mask = equalPairs(integers([0, 7, 16777214]), integers([7, 16777215, 0, 16777214]));
      expect(mask.arraySync()).to.deep.equal([
        [0, 0, 1, 0],
        [1, 0, 0, 0],
        [0, 0, 0, 1],
      ]);
      expect(samePosition(3).arraySync()).to.deep.equal([
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ]);
    });
  });

  it("take no row as its own positive or negative", () => {
    tf.tidy(() => {
      const { positives, negatives } = masksWithin(integers([5, 2, 5]));
      expect(positives.arraySync()).to.deep.equal([
        [0, 0, 1],
        [0, 0, 0],
        [1, 0, 0],
      ]);
      expect(negatives.arraySync()).to.deep.equal([
        [0, 1, 0],
        [1, 0, 1],
        [0, 1, 0],
      ]);
      expect([...rowsWithAny(positives).dataSync()]).to.deep.equal([1, 0, 1]);
    });
  });

  it("leave out remembered rows that are not valid", () => {
    tf.tidy(() => {
      const { positives, negatives } = masksAgainst(integers([5, 2]), integers([5, 2, 5]), tf.tensor1d([1, 1, 0]));
      expect(positives.arraySync()).to.deep.equal([
        [1, 0, 0],
        [0, 1, 0],
      ]);
      expect(negatives.arraySync()).to.deep.equal([
        [0, 1, 0],
        [1, 0, 0],
      ]);
    });
  });

  it("find the largest and smallest of each row, 0 where there is none", () => {
    tf.tidy(() => {
      const values = tf.tensor2d([
        [1, -5, 3],
        [2, 9, 4],
        [-1, -2, -3],
        [7, 8, 9],
      ]);
      const mask = tf.tensor2d([
        [1, 1, 0],
        [1, 0, 1],
        [1, 1, 1],
        [0, 0, 0],
      ]);
      expectClose(largestInRow(values, mask).dataSync(), [1, 4, -1, 0]);
      expectClose(smallestInRow(values, mask).dataSync(), [-5, 2, -3, 0]);
    });
  });

  it("share the gradient evenly among equal extremes", () => {
    const mask = [
      [1, 1, 1, 0],
      [1, 1, 1, 1],
    ];
    const { gradients: found } = gradients(
      (values) => tf.sum(tf.mul(largestInRow(values as tf.Tensor2D, tf.tensor2d(mask)), [1, 10])),
      [
        [2, 2, 1, 5],
        [0, 3, 1, 2],
      ],
    );
    expectClose(found[0], [0.5, 0.5, 0, 0, 0, 10, 0, 0]);
  });

  it("do not hide NaN", () => {
    tf.tidy(() => {
      const values = tf.tensor2d([
        [1, NaN],
        [1, 2],
      ]);
      const found = largestInRow(values, tf.ones([2, 2])).dataSync();
      expect(found[0]).to.be.NaN;
      expect(found[1]).to.equal(2);
    });
  });
});
