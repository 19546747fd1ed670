import { expect } from "chai";
import * as tf from "likewise/tf";
import { Random } from "../../lib/random.js";
import { addIntoRows, descending, takeFromRows } from "../../lib/tensor/row-order.js";

describe("row order", () => {
  it("arranges other matrices like the sorted keys, and back", () => {
    tf.tidy(() => {
      const random = new Random("order");
      const keys = tf.tensor2d(random.normals(60), [5, 12]);
      const other = tf.tensor2d(random.normals(60), [5, 12]);
      const order = descending(keys);
      const sorted = order.arrange(keys).arraySync();
      for (const row of sorted) expect(row).to.deep.equal([...row].sort((a, b) => b - a));
      expect(order.arrange(keys).arraySync()).to.deep.equal(takeFromRows(keys, order.columns).arraySync());
      expect(order.restore(order.arrange(other)).arraySync()).to.deep.equal(other.arraySync());
    });
  });

  it("stays a permutation with equal keys and NaN", () => {
    tf.tidy(() => {
      const order = descending(
        tf.tensor2d([
          [1, NaN, 1, -2, NaN, 1],
          [0, 0, 0, 0, 0, 0],
        ]),
      );
      for (const row of order.columns.arraySync()) expect([...row].sort()).to.deep.equal([0, 1, 2, 3, 4, 5]);
    });
  });

  it("adds values that go to the same place", () => {
    tf.tidy(() => {
      const columns = tf.tensor2d(
        [
          [0, 2, 2],
          [1, 1, 1],
        ],
        [2, 3],
        "int32",
      );
      expect(
        addIntoRows(
          tf.tensor2d([
            [1, 2, 3],
            [4, 5, 6],
          ]),
          columns,
          4,
        ).arraySync(),
      ).to.deep.equal([
        [1, 0, 5, 0],
        [0, 15, 0, 0],
      ]);
    });
  });
});
