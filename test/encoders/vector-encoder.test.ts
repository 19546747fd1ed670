import { expect } from "chai";
import { VectorEncoder } from "likewise/encoders";
import { ConfigError, DataError } from "../../lib/errors.js";
import { failure } from "../support/failure.js";

describe("VectorEncoder", () => {
  it("gives the numbers it is given, as float32, from arrays and typed arrays", async () => {
    const rows = await new VectorEncoder(2).embed([
      [1, 0.1],
      Float32Array.of(2, 3),
      Float64Array.of(4, 5),
      Int8Array.of(6, 7),
    ]);
    expect([...rows]).to.deep.equal([1, Math.fround(0.1), 2, 3, 4, 5, 6, 7]);
  });

  it("copies, so that changing an item later changes nothing", async () => {
    const item = Float32Array.of(1, 2);
    const rows = await new VectorEncoder(2).embed([item]);
    item[0] = 9;
    expect([...rows]).to.deep.equal([1, 2]);
  });

  it("refuses items of another size or kind, or that are not finite, naming their position", async () => {
    for (const [wrong, message] of [
      [[1, 2], /item 1: expected 3 numbers, got 2/u],
      [[1, 2, 3, 4], /item 1: expected 3 numbers, got 4/u],
      [[], /item 1: expected 3 numbers, got 0/u],
      [[1, NaN, 3], /item 1: number 1 is NaN/u],
      [[1, 2, -Infinity], /item 1: number 2 is -Infinity/u],
      [[1, 1e39, 3], /item 1: number 1 is 1e\+39/u], // infinite as float32
      [["1", 2, 3], /item 1: number 0 is 1, expected a finite number/u],
      ["abc", /item 1: expected 3 numbers in an array, got string abc/u],
      [undefined, /item 1: expected 3 numbers in an array, got undefined/u],
      [null, /item 1: expected 3 numbers in an array, got object null/u],
      [{ length: 3 }, /item 1: expected 3 numbers in an array, got an object/u],
      [new DataView(new ArrayBuffer(3)), /item 1: expected 3 numbers in an array/u],
      [[[1, 2, 3]], /item 1: expected 3 numbers, got 1/u],
      // eslint-disable-next-line no-sparse-arrays
      [[1, , 3], /item 1: number 1 is undefined/u],
    ] as const) {
      const error = await failure(new VectorEncoder(3).embed([[1, 2, 3], wrong as unknown as number[]]));
      expect(error).to.be.instanceOf(DataError);
      expect(error.message).to.match(message);
    }
  });

  it("refuses a size that is not a whole number from 1", () => {
    for (const size of [0, -1, 1.5, NaN, "3" as unknown as number]) {
      expect(() => new VectorEncoder(size)).to.throw(ConfigError, "size");
    }
  });
});
