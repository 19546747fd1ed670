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
      [[1, 2], "[ 1, 2 ]: expected 3 numbers, got 2"],
      [[1, 2, 3, 4], "[ 1, 2, 3, 4 ]: expected 3 numbers, got 4"],
      [[], "[]: expected 3 numbers, got 0"],
      [[1, NaN, 3], "[ 1, NaN, 3 ]: number 1 is NaN, expected a finite number"],
      [[1, 2, -Infinity], "[ 1, 2, -Infinity ]: number 2 is -Infinity, expected"],
      [[1, 1e39, 3], "[ 1, 1e+39, 3 ]: number 1 is 1e+39, expected"], // infinite as float32
      [[1, 2, "3"], "[ 1, 2, '3' ]: number 2 is \"3\" (a text), expected a finite number"],
      ["abc", '"abc": expected 3 numbers in an array, got "abc" (a text)'],
      [undefined, "undefined: expected 3 numbers in an array, got undefined"],
      [null, "null: expected 3 numbers in an array, got null"],
      [{ length: 3 }, "{ length: 3 }: expected 3 numbers in an array, got { length: 3 }"],
      [new DataView(new ArrayBuffer(3)), "expected 3 numbers in an array"],
      [[[1, 2, 3]], "[ [ 1, 2, 3 ] ]: expected 3 numbers, got 1"],
      // eslint-disable-next-line no-sparse-arrays
      [[1, , 3], "[ 1, <1 empty item>, 3 ]: number 1 is undefined"],
      [Float64Array.of(7, NaN, 7), "Float64Array(3) [ 7, NaN, 7 ]: number 1 is NaN"],
      ["x".repeat(1e6), `"${"x".repeat(56)}…: expected 3 numbers`],
    ] as const) {
      const error = await failure(new VectorEncoder(3).embed([[1, 2, 3], wrong as unknown as number[]]));
      expect(error).to.be.instanceOf(DataError);
      expect(error.message)
        .to.match(/^VectorEncoder: item 1, /u)
        .and.include(message);
      expect(error.message.length).to.be.below(200);
    }
  });

  it("refuses a size that is not a whole number from 1", () => {
    for (const size of [0, -1, 1.5, NaN, "3" as unknown as number]) {
      expect(() => new VectorEncoder(size)).to.throw(ConfigError, "size");
    }
  });
});
