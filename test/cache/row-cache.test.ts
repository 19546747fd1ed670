import { expect } from "chai";
import fc from "fast-check";
import { KeyMap } from "../../lib/cache/key-map.js";
import { KeptRows } from "../../lib/cache/kept-rows.js";
import { RowCache } from "../../lib/cache/row-cache.js";
import type { RowShelf } from "../../lib/cache/row-shelf.js";

const SIZE = 3;
const COST = RowCache.bytesOf({ length: SIZE });
const rowOf = (key: number): number[] => [key, key + 0.25, key + 0.5];
const rowsOf = (keys: readonly number[]): Float32Array => Float32Array.from(keys.flatMap(rowOf));
/** Keys that differ in their last word alone, so that they meet in the tables. */
const keysOf = (...keys: readonly number[]): Int32Array => Int32Array.from(keys.flatMap((key) => [7, 0, 0, key]));

function read(shelf: RowShelf, key: number): number[] | null {
  const target = new Float32Array(SIZE);
  return shelf.gather(keysOf(key), target).length === 0 ? [...target] : null;
}

const action = fc.oneof(
  fc.record({ add: fc.uniqueArray(fc.nat(30), { minLength: 1, maxLength: 12 }) }),
  fc.record({ use: fc.nat(30) }),
  fc.record({ forget: fc.nat(4).map((n) => n === 0) }),
);

describe("RowCache", () => {
  it("holds what a list of the keys used last would hold, in any order of adding and using", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.array(action, { maxLength: 40 }), (most, actions) => {
        const cache = new RowCache(most * COST);
        const shelf = cache.shelf("a", SIZE);
        let expected: number[] = [];
        const use = (key: number): void => {
          expected = [...expected.filter((each) => each !== key), key];
        };
        for (const each of actions) {
          if ("add" in each) {
            cache.add(shelf, keysOf(...each.add), rowsOf(each.add));
            for (const key of each.add) if (!expected.includes(key)) expected = [...expected, key].slice(-most);
          } else if ("use" in each) {
            const held = expected.includes(each.use);
            expect(read(shelf, each.use)).to.deep.equal(held ? rowOf(each.use) : null);
            if (held) use(each.use);
          } else if (each.forget) {
            cache.clear(shelf);
            expected = [];
          }
          expect(cache.count).to.equal(expected.length);
          expect(cache.bytes).to.equal(expected.length * COST);
        }
        for (const key of [...expected]) expect(read(shelf, key)).to.deep.equal(rowOf(key));
      }),
      { numRuns: 300 },
    );
  });

  it("puts out pages of rows that came one after the other where there are many, and gives right rows of what is left", () => {
    const room = 40_000;
    const cache = new RowCache(room * COST);
    const shelf = cache.shelf("a", SIZE);
    const all = Array.from({ length: 100_000 }, (_, key) => key);
    const words = Int32Array.from(all.flatMap((key) => [Math.imul(key, 0x9e3779b1), key, 0, 1]));
    for (let start = 0, size = 1; start < all.length; start += size, size = (size * 7) % 3000) {
      const end = Math.min(all.length, start + size);
      cache.add(shelf, words.subarray(4 * start, 4 * end), rowsOf(all.slice(start, end)));
      // The first of all is used all the time, and with it those of its page.
      shelf.gather(words.subarray(0, 4), new Float32Array(SIZE));
      expect(cache.bytes).to.be.at.most(cache.maxBytes);
    }
    const target = new Float32Array(all.length * SIZE);
    const absent = new Set(shelf.gather(words, target));
    expect(all.length - absent.size).to.equal(cache.count);
    expect(cache.count).to.be.within(room - 16, room);
    expect(cache.removals).to.equal(absent.size);
    const rows = rowsOf(all);
    const wrong = all.filter((key) => {
      const expected = absent.has(key) ? [0, 0, 0] : rows.subarray(key * SIZE, (key + 1) * SIZE);
      return expected.some((value, i) => target[key * SIZE + i] !== value);
    });
    expect(wrong).to.deep.equal([]);
    const lost = all.filter((key) => absent.has(key) && (key < 16 || key >= all.length - room + 32));
    expect(lost).to.deep.equal([]);
    cache.clear(shelf);
    expect([cache.count, cache.bytes, shelf.has(words, 0)]).to.deep.equal([0, 0, false]);
  });

  it("keeps rows of different lengths and owners apart, and none that is larger than everything", () => {
    const cache = new RowCache(20_000_000);
    const [long, short, other] = [cache.shelf("a", 100_000), cache.shelf("a", 1), cache.shelf("b", 1)];
    const ten = Array.from({ length: 10 }, (_, key) => key);
    cache.add(
      long,
      keysOf(...ten),
      Float32Array.from({ length: 1_000_000 }, (_, i) => i),
    );
    cache.add(short, keysOf(9), Float32Array.of(7));
    const target = new Float32Array(100_000);
    expect(long.gather(keysOf(9), target)).to.deep.equal([]);
    expect([target[0], target[99_999]]).to.deep.equal([900_000, 999_999]);
    expect([short, other, long].map((shelf) => shelf.slotOf(keysOf(9), 0))).to.deep.equal([0, -1, 9]);
    expect(cache.shelf("b", 1)).to.equal(other);
    const small = new RowCache(1000);
    small.add(small.shelf("a", 100_000), keysOf(1), new Float32Array(100_000));
    expect(small.count).to.equal(0);
  });
});

describe("KeyMap", () => {
  it("finds what a map would find, also of keys that begin alike and after some were taken away", () => {
    const change = fc.record({ key: fc.nat(40), keep: fc.boolean() });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 200 }), fc.boolean(), (changes, alike) => {
        const map = new KeyMap();
        if (changes.length % 2 === 0) map.reserve(changes.length);
        const expected = new Map<number, number>();
        const keyOf = (key: number) => (alike ? keysOf(key) : Int32Array.of((2 ** 32 - 1) & ~(key % 7), key, 2, 3));
        changes.forEach(({ key, keep }, value) => {
          if (keep) map.set(keyOf(key), 0, value);
          else map.delete(keyOf(key), 0);
          if (keep) expected.set(key, value);
          else expected.delete(key);
        });
        expect(map.count).to.equal(expected.size);
        for (let key = 0; key <= 40; key += 1) expect(map.get(keyOf(key), 0)).to.equal(expected.get(key) ?? -1);
        map.clear();
        expect(map.get(keyOf(3), 0)).to.equal(-1);
      }),
      { numRuns: 300 },
    );
  });
});

describe("KeptRows", () => {
  const keys = Array.from({ length: 50 }, (_, key) => key);

  it("gives rows by place in any order, once all of them are known", () => {
    const cache = new RowCache(1e6);
    const shelf = cache.shelf("a", SIZE);
    cache.add(shelf, keysOf(...keys), rowsOf(keys));
    const kept = new KeptRows(cache, shelf);
    expect(kept.of([3])).to.equal(null);
    kept.learn([49, 3, 4, 5], keysOf(49, 3, 4, 5));
    for (const places of [[3], [3, 4, 5, 49], [5, 4, 3, 3, 49, 4, 5], []])
      expect(kept.of(places)?.data).to.deep.equal(rowsOf(places));
    expect(kept.of([3, 6])).to.equal(null);
    kept.learn([6, 7], keysOf(6, 100));
    expect(kept.of([3, 6])?.data).to.deep.equal(rowsOf([3, 6]));
    expect(kept.of([7])).to.equal(null);
  });

  it("knows nothing any more from the moment a row is put out", () => {
    const cache = new RowCache(50 * COST);
    const shelf = cache.shelf("a", SIZE);
    cache.add(shelf, keysOf(...keys), rowsOf(keys));
    const kept = new KeptRows(cache, shelf);
    kept.learn(keys, keysOf(...keys));
    const late = kept.of(keys);
    const released = kept.of(keys);
    expect(released!.release()).to.equal(null);
    const copied = new Float32Array(keys.length * SIZE);
    late!.copyTo(copied);
    expect(copied).to.deep.equal(rowsOf(keys));
    cache.add(shelf, keysOf(100), Float32Array.of(1, 2, 3));
    expect(kept.of([40])).to.equal(null);
    // What was asked for before stays what it was, though others are in its place now.
    cache.add(shelf, keysOf(...keys.map((key) => 200 + key)), rowsOf(keys.map((key) => 200 + key)));
    expect(late!.data).to.deep.equal(rowsOf(keys));
    late!.copyTo(copied.fill(0));
    expect(copied).to.deep.equal(rowsOf(keys));
    expect(released!.release()).to.equal(null);
    kept.learn(keys, keysOf(...keys));
    expect(kept.of([40])).to.equal(null);
  });

  it("writes rows into arrays that were given back, each of them once", () => {
    const cache = new RowCache(1 << 20);
    const shelf = cache.shelf("a", 2);
    cache.add(shelf, keysOf(1, 2, 3), Float32Array.of(1, 2, 3, 4, 5, 6));
    const rowsAt = (...keys: readonly number[]): Float32Array =>
      cache.lateRows(
        shelf,
        Int32Array.from(keys, (key) => shelf.slotOf(keysOf(key), 0)),
      ).data;
    const first = rowsAt(1, 2);
    cache.recycle(first);
    cache.recycle(first);
    const longer = rowsAt(3, 2, 1);
    expect(longer).to.deep.equal(Float32Array.of(5, 6, 3, 4, 1, 2));
    const second = rowsAt(3, 1);
    expect(second).to.equal(first);
    expect(second).to.deep.equal(Float32Array.of(5, 6, 1, 2));
    expect(rowsAt(2, 2)).not.to.equal(first);
  });
});
