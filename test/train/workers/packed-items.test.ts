import { expect } from "chai";
import { DataError } from "likewise";
import { packItems, unpackItems } from "../../../lib/train/workers/packed-items.js";
import { failure } from "../../support/failure.js";

const packed = (...items: readonly unknown[]) =>
  packItems(
    items,
    items.map((_, i) => i + 10),
  );
/** What arrives. */
const across = (...items: readonly unknown[]): readonly unknown[] => unpackItems(structuredClone(packed(...items)));

describe("Items that are given to a worker", () => {
  it("arrive as they were", () => {
    const items = [
      ...["text", "\ud800 alone", 1.5, -0, NaN, 12n, true, null, undefined],
      [1, [2, "3"], { a: [NaN] }],
      { text: "a", tags: new Set(["x", "y"]), counts: new Map([["a", [1]]]), at: new Date(5), none: undefined },
      Float32Array.of(1, 2),
      { width: 2, pixels: Uint8Array.of(1, 2, 3) },
    ];
    expect(across(...items)).to.deep.equal(items);
    expect(packed(...items).items.every((item, i) => Object.is(item, items[i]))).to.equal(true);
  });

  it("arrive as Buffers where they were, wherever they lie", () => {
    const buffer = Buffer.from("some bytes");
    const items = [buffer, { image: buffer, others: [buffer, Uint8Array.of(1)], names: new Map([["a", buffer]]) }];
    const arrived = across(...items);
    expect(arrived).to.deep.equal(items);
    expect(Buffer.isBuffer(arrived[0])).to.equal(true);
    expect(Buffer.isBuffer((arrived[1] as { readonly image: unknown }).image)).to.equal(true);
  });

  it("take their own part of a buffer along, not all of it", () => {
    const large = Float32Array.from({ length: 1000 }, (_, i) => i);
    const { items } = packed(large.subarray(3, 5), {
      row: large.subarray(7, 8),
      view: new DataView(large.buffer, 4, 4),
    });
    expect(items[0]).to.deep.equal(Float32Array.of(3, 4));
    expect((items[0] as Float32Array).buffer.byteLength).to.equal(8);
    const { row, view } = items[1] as { readonly row: Float32Array; readonly view: DataView };
    expect([row.buffer.byteLength, row[0], view.buffer.byteLength, view.getFloat32(0, true)]).to.deep.equal([
      4, 7, 4, 1,
    ]);
    const shared = new Float32Array(new SharedArrayBuffer(16), 4, 2);
    expect(packed(shared).items[0]).to.equal(shared);
  });

  it("are refused by position when they would arrive as something else", async () => {
    class Product {
      readonly name = "a";
    }
    class Numbers extends Float32Array {}
    class Names extends Array<string> {}
    const circle: unknown[] = [];
    circle.push({ circle });
    for (const [item, what] of [
      [new Product(), "an object of class Product"],
      [{ products: [new Product()] }, "an object of class Product"],
      [new Map([["a", new Product()]]), "an object of class Product"],
      [new Numbers(2), "an object of class Numbers"],
      [new Names(), "an object of class Names"],
      [new Error("wrong"), "an object of class Error"],
      [Promise.resolve(), "an object of class Promise"],
      [{ get: () => 1 }, "a function"],
      [[Symbol("a")], "a symbol"],
      [{ [Symbol("a")]: 1 }, "a field named by a symbol"],
      [circle, "an object that contains itself"],
    ] as const) {
      const error = await failure(() => packed("text", item));
      expect(error).to.be.instanceOf(DataError);
      expect(error.message).to.contain(`item 11 cannot be given to a worker: it holds ${what}`);
    }
  });
});
