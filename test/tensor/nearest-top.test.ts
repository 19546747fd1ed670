import { expect } from "chai";
import {
  Cosine,
  DataError,
  DotProduct,
  Euclidean,
  Manhattan,
  Random,
  SquaredEuclidean,
  type HostMatrix,
} from "likewise";
import { GrowingRows } from "../../lib/tensor/growing-rows.js";
import { firstNonFiniteRow } from "../../lib/tensor/nearest-rows.js";
import { findNearest } from "../../lib/tensor/nearest-top.js";
import { plainMatrix } from "../support/plain-distance.js";

function matrix(rows: readonly (readonly number[])[]): HostMatrix {
  return { data: Float32Array.from(rows.flat()), rows: rows.length, size: rows[0]?.length ?? 0 };
}

describe("findNearest", () => {
  for (const distance of [new Cosine(), new DotProduct(), new Euclidean(), new SquaredEuclidean(), new Manhattan()]) {
    it(`finds what sorting everything finds, by ${distance.name} distance`, async () => {
      const random = new Random(distance.name);
      const queries = Array.from({ length: 7 }, () => Array.from({ length: 4 }, () => random.integer(41) - 20));
      const candidates = Array.from({ length: 60 }, () => Array.from({ length: 4 }, () => random.integer(41) - 20));
      const plain = plainMatrix(distance.name, queries, candidates);
      for (const k of [1, 5, 60, 100]) {
        const { count, rows, distances } = await findNearest(distance, matrix(queries), matrix(candidates), k);
        expect(count).to.equal(Math.min(k, 60));
        plain.forEach((far, query) => {
          const sorted = far.toSorted((one, other) => one - other).slice(0, count);
          const found = Array.from(distances.subarray(query * count, (query + 1) * count));
          found.forEach((value, at) => expect(value).to.be.closeTo(sorted[at]!, 1e-4));
          const own = Array.from(rows.subarray(query * count, (query + 1) * count));
          own.forEach((row, at) => expect(far[row]).to.be.closeTo(sorted[at]!, 1e-4));
          expect(new Set(own).size).to.equal(count);
        });
      }
    });
  }

  it("goes over blocks of queries and candidates", async () => {
    const random = new Random("blocks");
    // Every row is its own nearest, and the nearest other is known.
    const rows = 5000;
    const order = random.shuffle(Int32Array.from({ length: rows }, (_, at) => at));
    const line = Float32Array.from(order, (place) => place + (place % 2) * 0.75);
    const where = new Int32Array(rows);
    order.forEach((place, row) => (where[place] = row));
    const all: HostMatrix = { data: line, rows, size: 1 };
    const found = await findNearest(new Euclidean(), all, all, 2);
    for (let row = 0; row < rows; row += 1) {
      expect(found.rows[2 * row]).to.equal(row);
      // 0, 1.75, 2, 3.75, 4, …: an odd place is next to the one above, the last one to none.
      const place = order[row]!;
      const neighbour = place === 0 ? 1 : place === rows - 1 ? place - 1 : place % 2 === 1 ? place + 1 : place - 1;
      if (place !== rows - 1) expect(found.rows[2 * row + 1]).to.equal(where[neighbour]);
    }
  });

  it("prefers earlier rows among equals, wherever the list ends", async () => {
    const candidates = matrix([[2], [1], [1], [2], [1], [1], [3]]);
    for (const [k, expected] of [
      [2, [1, 2]],
      [4, [1, 2, 4, 5]],
      [5, [1, 2, 4, 5, 0]],
      [7, [1, 2, 4, 5, 0, 3, 6]],
    ] as const) {
      const { rows, distances } = await findNearest(new Manhattan(), matrix([[1]]), candidates, k);
      expect([...rows]).to.deep.equal(expected);
      expect(distances[0]).to.equal(0);
    }
  });

  it("finds nothing where there is nothing", async () => {
    expect(
      (await findNearest(new Cosine(), matrix([[1]]), { data: new Float32Array(0), rows: 0, size: 1 }, 3)).count,
    ).to.equal(0);
    const none = await findNearest(new Cosine(), { data: new Float32Array(0), rows: 0, size: 1 }, matrix([[1]]), 3);
    expect(none.rows.length).to.equal(0);
  });

  it("refuses numbers so large that distances are none", async () => {
    const large = matrix([[3e38], [1]]);
    let error: unknown;
    await findNearest(new Euclidean(), large, large, 2).catch((reason: unknown) => (error = reason));
    expect(error).to.be.instanceOf(DataError).with.property("message").that.includes("too large");
  });
});

describe("growing rows", () => {
  it("are one matrix at any time, and a selection is a copy", () => {
    const rows = new GrowingRows(2);
    expect(rows.matrix).to.deep.equal({ data: new Float32Array(0), rows: 0, size: 2 });
    for (let row = 0; row < 10; row += 1) rows.append(matrix([[row, 9 - row]]));
    expect([...rows.matrix.data]).to.deep.equal(Array.from({ length: 10 }, (_, row) => [row, 9 - row]).flat());
    const some = rows.select([7, 2]);
    rows.append(
      matrix([
        [1, 1],
        [2, 2],
      ]),
    );
    expect(rows.rows).to.equal(12);
    expect([...some.matrix.data]).to.deep.equal([7, 2, 2, 7]);
    some.append(matrix([[5, 5]]));
    expect([...some.matrix.data]).to.deep.equal([7, 2, 2, 7, 5, 5]);
    expect(() => rows.append(matrix([[1, 2, 3]]))).to.throw("rows of 2 numbers");
  });
});

describe("firstNonFiniteRow", () => {
  it("names the first row with a NaN or an infinity", () => {
    expect(
      firstNonFiniteRow(
        matrix([
          [1, 2],
          [3, 4],
        ]),
      ),
    ).to.equal(null);
    for (const wrong of [NaN, Infinity, -Infinity]) {
      expect(
        firstNonFiniteRow(
          matrix([
            [1, 2],
            [3, 4],
            [0, wrong],
            [wrong, 0],
          ]),
        ),
      ).to.equal(2);
    }
    expect(firstNonFiniteRow(matrix([]))).to.equal(null);
  });
});
