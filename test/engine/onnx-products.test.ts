import { expect } from "chai";
import { Random } from "likewise";
import { ReciprocalRank, RPrecision } from "likewise/metrics";
import { Cosine, Euclidean } from "../../lib/distances/index.js";
import { useNativeProducts } from "../../lib/engine/onnx-products.js";
import { nativeProducts, offerProducts } from "../../lib/tensor/native-products.js";
import { findNearest } from "../../lib/tensor/nearest-top.js";
import { expectClose } from "../support/close.js";
import { onnxRuntime } from "../support/onnx-runtime.js";

const nothing = () => Promise.resolve(null);

/** Rows of which every third is a copy of an earlier one, so that there are ties. */
function rowsWithCopies(rows: number, size: number): Float32Array {
  const data = new Random("copies").normals(rows * size);
  for (let row = 3; row < rows; row += 3)
    data.copyWithin(row * size, ((row * 7) % row) * size, ((row * 7) % row) * size + size);
  return data;
}

describe("Native products", () => {
  afterEach(() => offerProducts(nothing));

  it("are the inner products of rows, also of few rows and columns", async function () {
    await onnxRuntime(this);
    useNativeProducts();
    const products = await nativeProducts(7);
    if (products === null) return this.skip();
    for (const [rows, columns] of [
      [1, 1],
      [3, 2],
      [20, 600],
      [600, 20],
    ] as const) {
      const left = new Random("left").normals(rows * 7);
      const right = new Random("right").normals(columns * 7);
      const expected = Array.from({ length: rows * columns }, (_, at) => {
        const [row, column] = [Math.floor(at / columns), at % columns];
        let sum = 0;
        for (let k = 0; k < 7; k += 1) sum += (left[row * 7 + k] as number) * (right[column * 7 + k] as number);
        return sum;
      });
      expectClose(await products.multiply(left, rows, right, columns), expected);
    }
  });

  it("change no number of a metric, ties and all", async function () {
    await onnxRuntime(this);
    for (const size of [24, 300]) {
      const data = rowsWithCopies(1500, size);
      const groups = Int32Array.from({ length: 1500 }, (_, row) => (row * 31) % 200);
      for (const distance of [new Cosine(), new Euclidean()]) {
        for (const make of [RPrecision, ReciprocalRank]) {
          const metric = new make({ distance });
          metric.update({ data, rows: 1500, size }, { groups });
          offerProducts(nothing);
          const expected = await metric.value();
          useNativeProducts();
          expect(await metric.value()).to.be.closeTo(expected, 1e-12);
        }
      }
    }
  });

  it("find the same neighbours in the same order", async function () {
    await onnxRuntime(this);
    const corpus = { data: rowsWithCopies(3000, 40), rows: 3000, size: 40 };
    const queries = { data: corpus.data.subarray(0, 400), rows: 10, size: 40 };
    const expected = await findNearest(new Cosine(), queries, corpus, 12);
    useNativeProducts();
    expect(await findNearest(new Cosine(), queries, corpus, 12)).to.deep.equal(expected);
  });

  it("are not used when the environment asks for the eager engine", async () => {
    const before = process.env["LIKEWISE_ENGINE"];
    process.env["LIKEWISE_ENGINE"] = "eager";
    try {
      useNativeProducts();
      expect(await nativeProducts(8)).to.equal(null);
    } finally {
      if (before === undefined) delete process.env["LIKEWISE_ENGINE"];
      else process.env["LIKEWISE_ENGINE"] = before;
    }
  });
});
