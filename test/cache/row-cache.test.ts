import { expect } from "chai";
import fc from "fast-check";
import { KeptRows } from "../../lib/cache/kept-rows.js";
import { RowCache } from "../../lib/cache/row-cache.js";

const SIZE = 3;
const COST = RowCache.bytesOf({ length: SIZE });
const rowOf = (key: number): number[] => [key, key + 0.25, key + 0.5];
const nameOf = (key: number): string => `key ${key}`;
const rowsOf = (keys: readonly number[]): Float32Array => Float32Array.from(keys.flatMap(rowOf));

function read(cache: RowCache, key: number): number[] | null {
  const target = new Float32Array(SIZE + 1);
  return cache.copy(nameOf(key), target, 1) ? [...target.subarray(1)] : null;
}

const action = fc.oneof(
  fc.record({ add: fc.uniqueArray(fc.nat(30), { minLength: 1, maxLength: 12 }) }),
  fc.record({ use: fc.nat(30) }),
  fc.record({ forget: fc.constant(true) }),
);

describe("RowCache", () => {
  it("holds what a list of the keys used last would hold, in any order of adding and using", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.array(action, { maxLength: 40 }), (most, actions) => {
        const cache = new RowCache(most * COST);
        let expected: number[] = [];
        const use = (key: number): void => {
          expected = [...expected.filter((each) => each !== key), key];
        };
        for (const each of actions) {
          if ("add" in each) {
            cache.setAll(each.add.map(nameOf), rowsOf(each.add), SIZE);
            for (const key of each.add) if (!expected.includes(key)) expected = [...expected, key].slice(-most);
          } else if ("use" in each) {
            const held = expected.includes(each.use);
            expect(read(cache, each.use)).to.deep.equal(held ? rowOf(each.use) : null);
            if (held) use(each.use);
          } else {
            cache.deleteUnder(nameOf(1));
            expected = expected.filter((key) => !nameOf(key).startsWith(nameOf(1)));
          }
          expect(cache.count).to.equal(expected.length);
          expect(cache.bytes).to.equal(expected.length * COST);
        }
        for (const key of [...expected]) expect(read(cache, key)).to.deep.equal(rowOf(key));
      }),
      { numRuns: 300 },
    );
  });

  it("keeps rows of different lengths, more than fit into one allocation, and none that is larger than everything", () => {
    const cache = new RowCache(20_000_000);
    const long = Float32Array.from({ length: 100_000 }, (_, i) => i);
    const keys = Array.from({ length: 10 }, (_, i) => `long ${i}`);
    cache.setAll(
      keys,
      Float32Array.from({ length: 1_000_000 }, (_, i) => i),
      100_000,
    );
    cache.set("short", Float32Array.of(7));
    const target = new Float32Array(100_000);
    expect(cache.copy("long 9", target, 0)).to.equal(true);
    expect([target[0], target[99_999]]).to.deep.equal([900_000, 999_999]);
    expect(cache.slotOf("long 9", 1)).to.equal(-1);
    expect(cache.slotOf("short", 1)).to.equal(0);
    const small = new RowCache(1000);
    small.set("long", long);
    expect(small.count).to.equal(0);
  });
});

describe("KeptRows", () => {
  const keys = Array.from({ length: 50 }, (_, key) => key);

  it("gives rows by place in any order, once all of them are known", () => {
    const cache = new RowCache(1e6);
    cache.setAll(keys.map(nameOf), rowsOf(keys), SIZE);
    const kept = new KeptRows(cache, SIZE);
    expect(kept.of([3])).to.equal(null);
    kept.learn([49, 3, 4, 5], [49, 3, 4, 5].map(nameOf));
    for (const places of [[3], [3, 4, 5, 49], [5, 4, 3, 3, 49, 4, 5], []])
      expect(kept.of(places)).to.deep.equal(rowsOf(places));
    expect(kept.of([3, 6])).to.equal(null);
    kept.learn([6, 7], [nameOf(6), "not there"]);
    expect(kept.of([3, 6])).to.deep.equal(rowsOf([3, 6]));
    expect(kept.of([7])).to.equal(null);
  });

  it("knows nothing any more from the moment a row is put out", () => {
    const cache = new RowCache(50 * COST);
    cache.setAll(keys.map(nameOf), rowsOf(keys), SIZE);
    const kept = new KeptRows(cache, SIZE);
    kept.learn(keys, keys.map(nameOf));
    expect(kept.of(keys)).to.deep.equal(rowsOf(keys));
    cache.set("one more", Float32Array.of(1, 2, 3));
    expect(kept.of([40])).to.equal(null);
    kept.learn(keys, keys.map(nameOf));
    expect(kept.of([40])).to.equal(null);
  });

  it("writes rows into arrays that were given back, each of them once", () => {
    const cache = new RowCache(1 << 20);
    cache.setAll(["a", "b", "c"], Float32Array.of(1, 2, 3, 4, 5, 6), 2);
    const slots = (...keys: string[]) => Int32Array.from(keys, (key) => cache.slotOf(key, 2));
    const first = cache.rowsAt(slots("a", "b"), 2);
    cache.recycle(first);
    cache.recycle(first);
    const longer = cache.rowsAt(slots("c", "b", "a"), 2);
    expect(longer).to.deep.equal(Float32Array.of(5, 6, 3, 4, 1, 2));
    const second = cache.rowsAt(slots("c", "a"), 2);
    expect(second).to.equal(first);
    expect(second).to.deep.equal(Float32Array.of(5, 6, 1, 2));
    expect(cache.rowsAt(slots("b", "b"), 2)).not.to.equal(first);
  });
});
