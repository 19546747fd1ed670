import { expect } from "chai";
import fc from "fast-check";
import { UsageError } from "../../lib/errors.js";
import { itemKey } from "../../lib/cache/index.js";
import { itemKeys } from "../../lib/cache/item-keys.js";
import { countKeys, keyBytes } from "../../lib/cache/keys.js";

class Point {
  constructor(
    readonly x: number,
    readonly y: number,
  ) {}
}
class Secret {
  readonly #value = 1;
  get value(): number {
    return this.#value;
  }
}

const shown = (_key: string, value: unknown): unknown => (typeof value === "bigint" ? `${value}n` : value);

describe("itemKey", () => {
  it("is equal for equal content and does not depend on the order of keys", () => {
    expect(itemKey({ a: 1, b: [1, { c: "x" }] })).to.equal(itemKey({ b: [1, { c: "x" }], a: 1 }));
    expect(
      itemKey(
        new Map([
          ["a", 1],
          ["b", 2],
        ]),
      ),
    ).to.equal(
      itemKey(
        new Map([
          ["b", 2],
          ["a", 1],
        ]),
      ),
    );
    expect(itemKey(Float32Array.of(1, 2))).to.equal(itemKey(new Float32Array([0, 1, 2]).subarray(1)));
    fc.assert(fc.property(fc.jsonValue(), (value) => itemKey(value) === itemKey(structuredClone(value))));
  });

  it("differs between things that look alike", () => {
    const alike = [
      ["1", 1, [1], "[1]", { 0: 1 }, Int32Array.of(1), Float32Array.of(1), 1n, true, "true"],
      [null, undefined, NaN, "null", "", {}, [], Infinity, "Infinity"],
      [0, -0],
      [{ a: 1 }, new Map([["a", 1]]), new Set(["a"]), '{"a":1}', { a: "1" }, { a: [1] }],
      [new Point(1, 2), { x: 1, y: 2 }, new Point(2, 1)],
      [new Date(0), 0, new Date(0).toISOString()],
      [["a,b"], ["a", "b"], "a,b"],
      [{ "a:1,b": 2 }, { a: "1,b:2" }],
    ];
    for (const group of alike)
      expect(new Set(group.map(itemKey)).size, JSON.stringify(group, shown)).to.equal(group.length);
  });

  it("has 22 characters", () => {
    expect(itemKey("a text")).to.match(/^[\w-]{22}$/);
  });

  it("refuses what has no readable content", () => {
    const loop: { self?: unknown } = {};
    loop.self = loop;
    for (const item of [() => 1, Symbol("x"), loop, new Secret(), { inner: new Secret() }, new WeakMap()]) {
      expect(() => itemKey(item)).to.throw(UsageError, /keyExtractors/);
    }
    const shared = { a: 1 };
    expect(itemKey([shared, shared])).to.be.a("string");
  });
});

describe("itemKeys", () => {
  const expectEqualKeys = (items: readonly unknown[]): void => {
    const keys = itemKeys(items);
    expect(countKeys(keys)).to.equal(items.length);
    items.forEach((item, at) => {
      const key = Buffer.from(itemKey(item), "base64url");
      expect(keyBytes(keys, at).equals(key), JSON.stringify(item, shown)).to.equal(true);
    });
  };

  it("are the keys of the items one by one: of texts of every length and script, and of other things among them", () => {
    const lengths = Array.from({ length: 300 }, (_, length) => length);
    expectEqualKeys(lengths.map((length) => "x".repeat(length)));
    expectEqualKeys(
      lengths.flatMap((length) => ["\u00e4".repeat(length), `"${length}"`, length, { length }, "\n".repeat(length)]),
    );
    expectEqualKeys([
      "",
      "\ud800",
      "\udc00 alone",
      "\u{1f600}",
      "\u007f",
      "\\",
      "\u0000",
      "\u65e5\u672c\u8a9e",
      "\u2028",
    ]);
    expectEqualKeys([]);
    const text = fc.string({
      maxLength: 150,
      unit: fc.oneof(fc.constant("a"), fc.string({ maxLength: 1, unit: "binary" })),
    });
    fc.assert(fc.property(fc.array(text, { maxLength: 20 }), expectEqualKeys), { numRuns: 200 });
  });

  it("of one call do not depend on what an earlier one has left when it failed", () => {
    expect(() => itemKeys(["a", "b", () => 1, "c"])).to.throw(UsageError);
    expectEqualKeys(["d", "e", "f"]);
  });
});
