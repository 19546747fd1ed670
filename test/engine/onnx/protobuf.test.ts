import { expect } from "chai";
import { ProtobufWriter } from "../../../lib/engine/onnx/protobuf.js";

const bytes = (write: (writer: ProtobufWriter) => unknown): number[] => {
  const writer = new ProtobufWriter();
  write(writer);
  return [...writer.finish()];
};

describe("ProtobufWriter", () => {
  it("writes whole numbers seven bits a byte", () => {
    expect(bytes((writer) => writer.integer(1, 0))).to.deep.equal([0x08, 0]);
    expect(bytes((writer) => writer.integer(1, 127))).to.deep.equal([0x08, 127]);
    expect(bytes((writer) => writer.integer(1, 150))).to.deep.equal([0x08, 0x96, 0x01]);
    expect(bytes((writer) => writer.integer(1, 2 ** 32))).to.deep.equal([0x08, 0x80, 0x80, 0x80, 0x80, 0x10]);
    expect(bytes((writer) => writer.integer(20, 2))).to.deep.equal([0xa0, 0x01, 2]);
  });

  it("writes negative numbers in two's complement of 64 bits", () => {
    const minusOne = [0x18, ...Array<number>(9).fill(0xff), 0x01];
    expect(bytes((writer) => writer.integer(3, -1))).to.deep.equal(minusOne);
    expect(bytes((writer) => writer.integer(3, -1n))).to.deep.equal(minusOne);
    expect(bytes((writer) => writer.integer(3, -(2n ** 63n)))).to.deep.equal([
      0x18,
      ...Array<number>(9).fill(0x80),
      0x01,
    ]);
  });

  it("writes the same number the same way as number and as bigint", () => {
    for (const value of [0, 1, 128, 16_384, 2 ** 31, Number.MAX_SAFE_INTEGER])
      expect(bytes((writer) => writer.integer(1, value))).to.deep.equal(
        bytes((writer) => writer.integer(1, BigInt(value))),
      );
  });

  it("writes floats, texts and bytes", () => {
    expect(bytes((writer) => writer.float(2, 1.5))).to.deep.equal([0x15, 0, 0, 0xc0, 0x3f]);
    expect(bytes((writer) => writer.text(2, "é"))).to.deep.equal([0x12, 2, 0xc3, 0xa9]);
    expect(bytes((writer) => writer.bytes(9, Uint8Array.of(1, 2, 3)))).to.deep.equal([0x4a, 3, 1, 2, 3]);
    expect(bytes((writer) => writer.text(2, ""))).to.deep.equal([0x12, 0]);
  });

  it("keeps the order and the lengths of nested messages with short and long fields", () => {
    const long = Uint8Array.from({ length: 700 }, (_, i) => i % 251);
    const inner = new ProtobufWriter().integer(1, 3).bytes(2, long).integer(1, 4);
    const written = bytes((writer) => writer.text(1, "a").message(7, inner).text(1, "b"));
    const body = [0x08, 3, 0x12, 0xbc, 0x05, ...long, 0x08, 4];
    expect(body.length).to.equal(707);
    expect(written).to.deep.equal([0x0a, 1, 97, 0x3a, 0xc3, 0x05, ...body, 0x0a, 1, 98]);
  });

  it("takes no part in what happens to bytes afterwards", () => {
    const long = new Uint8Array(300).fill(1);
    const file = new ProtobufWriter().bytes(1, long).finish();
    long.fill(2);
    expect(file.at(-1)).to.equal(1);
  });
});
