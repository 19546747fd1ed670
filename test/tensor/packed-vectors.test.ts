import { expect } from "chai";
import * as fc from "fast-check";
import { ConfigError, ShapeError, type HostMatrix } from "likewise";
import { columnRanges, packVectors, unpackVectors } from "likewise/retrieval";

const matrix = (rows: readonly (readonly number[])[]): HostMatrix => ({
  data: Float32Array.from(rows.flat()),
  rows: rows.length,
  size: rows[0]?.length ?? 0,
});

describe("packed vectors", () => {
  it("of bytes are the steps between the smallest and largest of each column", () => {
    const vectors = matrix([
      [0, -1, 5],
      [1, 1, 5],
      [0.5, 0, 5],
    ]);
    const packed = packVectors(vectors, "uint8");
    expect([...packed.data]).to.deep.equal([0, 0, 0, 255, 255, 0, 128, 128, 0]);
    expect([packed.rows, packed.size, packed.dimensions]).to.deep.equal([3, 3, 3]);
    const signed = packVectors(vectors, "int8");
    expect(signed.data).to.be.instanceOf(Int8Array);
    expect([...signed.data]).to.deep.equal([...packed.data].map((byte) => byte - 128));
    expect(packed.ranges).to.deep.equal({ minima: Float32Array.of(0, -1, 5), maxima: Float32Array.of(1, 1, 5) });
  });

  it("of bits hold the first number in the highest bit, signed ones less 128", () => {
    const vectors = matrix([[1, -1, 0, 2, 3, -4, 0.1, 1, 9, -9]]);
    const packed = packVectors(vectors, "ubinary");
    expect([...packed.data]).to.deep.equal([0b10011011, 0b10000000]);
    expect([packed.size, packed.dimensions, packed.ranges]).to.deep.equal([2, 10, null]);
    expect([...packVectors(vectors, "binary").data]).to.deep.equal([0b10011011 - 128, 0]);
    expect([...unpackVectors(packed).data]).to.deep.equal([1, -1, -1, 1, 1, -1, 1, 1, 1, -1]);
    expect(unpackVectors(packVectors(vectors, "binary"))).to.deep.equal(unpackVectors(packed));
  });

  it("come back within half a step, as plain loops round them", () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.float({ noNaN: true, min: -100, max: 100 }), { minLength: 3, maxLength: 3 }), {
          minLength: 1,
          maxLength: 20,
        }),
        (given) => {
          // Of one vector, or of equal ones, there are no steps.
          const rows = [...given, [-101, 0, 0]];
          const vectors = matrix(rows);
          for (const precision of ["int8", "uint8"] as const) {
            const packed = packVectors(vectors, precision);
            const { data } = unpackVectors(packed);
            data.forEach((value, at) => {
              const column = rows.map((row) => Math.fround(row[at % 3]!));
              const step = (Math.max(...column) - Math.min(...column)) / 255;
              expect(Math.abs(value - vectors.data[at]!)).to.be.at.most(step / 2 + 1e-4);
            });
          }
        },
      ),
    );
  });

  it("are comparable with others by their ranges, and stay within them", () => {
    const corpus = packVectors(matrix([[0], [10]]), "uint8");
    const queries = packVectors(matrix([[5], [99], [-99]]), "uint8", corpus.ranges!);
    expect([...queries.data]).to.deep.equal([128, 255, 0]);
    expect(() => packVectors(matrix([[1, 2]]), "int8", corpus.ranges!)).to.throw(ShapeError, /2 columns/);
    const none = packVectors({ data: new Float32Array(), rows: 0, size: 9 }, "binary");
    expect([none.data.length, none.size]).to.deep.equal([0, 2]);
    for (const rows of [
      [[1, 2]],
      [
        [1, 2],
        [1, 2],
      ],
    ]) {
      for (const precision of ["int8", "uint8"] as const)
        expect(() => packVectors(matrix(rows), precision)).to.throw(ConfigError, "every column has one number alone");
    }
    expect(columnRanges({ data: new Float32Array(), rows: 0, size: 1 }).minima[0]).to.equal(0);
  });
});
