import { expect } from "chai";
import fc from "fast-check";
import { DataError, ShapeError, UsageError } from "../../lib/errors.js";
import {
  CacheConfig,
  CachedEncoder,
  cachedEncoders,
  fillCaches,
  RowCache,
  type CachedEncoderOptions,
} from "../../lib/cache/index.js";
import { collate } from "../../lib/model/collate.js";
import { expectClose } from "../support/close.js";
import { failure } from "../support/failure.js";
import { expected, LengthEncoder, stream } from "./fakes.js";

function cached(encoder: LengthEncoder, options: Partial<CachedEncoderOptions<string>> = {}): CachedEncoder<string> {
  return new CachedEncoder({ name: "text", encoder, rows: new RowCache(1e6), batchSize: 3, ...options });
}

/** Room for exactly so many rows of two numbers. */
const roomFor = (count: number): RowCache => new RowCache(count * RowCache.bytesOf({ length: 2 }));

describe("CachedEncoder", () => {
  it("gives what the encoder gives, for any requests and any room", async () => {
    const text = fc.string({ minLength: 1, maxLength: 2, unit: fc.constantFrom("a", "b", "c") });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(text, { maxLength: 8 })),
        fc.integer({ min: 1, max: 6 }),
        async (requests, room) => {
          const encoder = new LengthEncoder();
          const cache = cached(encoder, { rows: roomFor(room) });
          let asked = 0;
          for (const items of requests) {
            expect(Array.from(await cache.rows(items))).to.deep.equal(expected(items));
            asked += items.length;
          }
          expect(cache.hits + cache.misses).to.equal(asked);
          expect(encoder.calls.flat().length).to.equal(cache.misses);
          for (const call of encoder.calls) expect(call.length).to.be.at.most(3);
        },
      ),
      { numRuns: 100 },
    );
  });

  it("encodes each item once while there is room, repetitions in a request included", async () => {
    const encoder = new LengthEncoder();
    const cache = cached(encoder);
    await cache.rows(["a", "b", "a", "c", "d", "e"]);
    await cache.rows(["e", "a", "f"]);
    expect(encoder.calls).to.deep.equal([["a", "b", "c"], ["d", "e"], ["f"]]);
    expect([cache.hits, cache.misses]).to.deep.equal([3, 6]);
  });

  it("computes again what was put out, the least recently used first", async () => {
    const encoder = new LengthEncoder();
    const cache = cached(encoder, { rows: roomFor(2) });
    await cache.rows(["a", "b"]);
    await cache.rows(["a"]);
    await cache.rows(["c"]);
    await cache.rows(["a", "b"]);
    expect(encoder.calls).to.deep.equal([["a", "b"], ["c"], ["b"]]);
  });

  it("gives copies", async () => {
    const cache = cached(new LengthEncoder());
    (await cache.rows(["a"])).fill(NaN);
    (await cache.rows(["a"])).fill(NaN);
    expect(Array.from(await cache.rows(["a"]))).to.deep.equal(expected(["a"]));
  });

  it("encodes once what is asked for at the same time", async () => {
    const encoder = new LengthEncoder();
    const cache = cached(encoder);
    const [first, second] = await Promise.all([cache.rows(["a", "b"]), cache.rows(["b", "c", "a"])]);
    expect(Array.from(first)).to.deep.equal(expected(["a", "b"]));
    expect(Array.from(second)).to.deep.equal(expected(["b", "c", "a"]));
    expect(encoder.calls).to.deep.equal([["a", "b"], ["c"]]);
  });

  it("keeps apart encoders that share memory, and shares rows of equal ones", async () => {
    const rows = new RowCache(1e6);
    const [one, two, again] = [new LengthEncoder(1), new LengthEncoder(2), new LengthEncoder(1)];
    expectClose(await cached(one, { rows }).rows(["ab"]), expected(["ab"], 1));
    expectClose(await cached(two, { rows }).rows(["ab"]), expected(["ab"], 2));
    expectClose(await cached(again, { rows }).rows(["ab"]), expected(["ab"], 1));
    expect(again.calls).to.deep.equal([]);
  });

  it("uses the names a key extractor gives", async () => {
    const encoder = new LengthEncoder();
    const cache = cached(encoder, { keyExtractor: (item) => item.toLowerCase() });
    await cache.rows(["Ab", "aB"]);
    expect(encoder.calls).to.deep.equal([["Ab"]]);
    const error = await failure(cached(encoder, { keyExtractor: () => undefined as unknown as string }).rows(["x"]));
    expect(error).to.be.instanceOf(UsageError);
    expect(error.message).to.match(/encoder "text" gave undefined for item 0/);
  });

  it("refuses an array that is not one Float32Array, saying what to return, with a cache and without", async () => {
    class Plain extends LengthEncoder {
      override embed(items: readonly string[]): Promise<Float32Array> {
        return Promise.resolve(items.flatMap((item) => [item.length, 1]) as unknown as Float32Array);
      }
    }
    const message =
      'encoder "text" (LengthEncoder): embed gave [ 1, 1, 2, 1 ], expected a promise of one Float32Array of 2 rows of 2 numbers, ' +
      "row after row; return Float32Array.from(numbers)";
    for (const give of [
      (encoder: Plain) => cached(encoder).rows(["a", "bb"]),
      (encoder: Plain) => collate([["text", encoder]], ["a", "bb"]),
    ]) {
      const error = await failure(give(new Plain()));
      expect(error).to.be.instanceOf(UsageError);
      expect(error.message).to.equal(message);
    }
  });

  it("names the item whose vector is not finite, keeps nothing of that batch and can be asked again", async () => {
    const encoder = new LengthEncoder();
    const broken = Object.assign(new LengthEncoder(), {
      embed: (items: readonly string[]) => {
        const vectors = Float32Array.from(expected(items));
        if (items.includes("bad")) vectors[items.indexOf("bad") * 2 + 1] = NaN;
        return Promise.resolve(vectors);
      },
    });
    const rows = new RowCache(1e6);
    const cache = cached(broken, { rows });
    const error = await failure(cache.rows(["a", "b", "a", "c", "good", "bad"]));
    expect(error).to.be.instanceOf(DataError);
    expect(error.message).to.equal(
      'encoder "text" (LengthEncoder): the vector of item 5 ("bad") holds NaN; check the item and the encoder',
    );
    expect(rows.count).to.equal(3);
    expectClose(await cached(encoder, { rows }).rows(["good", "a"]), expected(["good", "a"]));
    expect((await failure(Promise.all([cache.rows(["bad"]), cache.rows(["bad"])]))).message).to.match(/item 0/);
  });

  it("refuses a wrong number of values and an encoder that is still to be fitted", async () => {
    const short = Object.assign(new LengthEncoder(), { embed: () => Promise.resolve(new Float32Array(3)) });
    expect(await failure(cached(short).rows(["a", "b"]))).to.be.instanceOf(ShapeError);
    const unfitted = Object.assign(new LengthEncoder(), { fitted: false, fit: () => Promise.resolve() });
    const cache = cached(unfitted);
    const error = await failure(cache.rows(["a"]));
    expect(error).to.be.instanceOf(UsageError);
    expect(error.message).to.match(/must be fitted before/);
    unfitted.fitted = true;
    expectClose(await cache.rows(["a"]), expected(["a"]));
  });

  /** Gives its vectors in so many arrays in turn. */
  const takingTurns = (arrays: number): LengthEncoder => {
    const turns = Array.from({ length: arrays }, () => new Float32Array(6));
    let turn = 0;
    return Object.assign(new LengthEncoder(), {
      embed: (items: readonly string[]) => {
        const array = turns[turn++ % arrays] as Float32Array;
        array.set(expected(items));
        return Promise.resolve(items.length === 3 ? array : array.slice(0, 2 * items.length));
      },
    });
  };
  const triples = Array.from({ length: 60 }, (_, i) => "x".repeat(i + 1));

  it("keeps right vectors of an encoder that writes into its arrays again", async () => {
    for (const arrays of [1, 2, 4]) {
      const cache = cached(takingTurns(arrays));
      for (let start = 0; start < 60; start += 3) await cache.rows(triples.slice(start, start + 3));
      expect(Array.from(await cache.rows(triples)), `${arrays} in turn`).to.deep.equal(expected(triples));
      expect(cache.misses).to.equal(60);
    }
  });

  it("refuses an encoder that gives an array again after it gave many others", async () => {
    const cache = cached(takingTurns(7));
    const error = await failure(cache.rows(triples));
    expect(error).to.be.instanceOf(UsageError);
    expect(error.message).to.equal(
      'encoder "text" (LengthEncoder) gave the same array twice; embed must give a new one each time',
    );
  });

  it("answers an empty request", async () => {
    expect((await cached(new LengthEncoder()).rows([])).length).to.equal(0);
  });
});

describe("fillCaches", () => {
  const config = (given: Partial<CacheConfig<string>>): CacheConfig<string> =>
    new CacheConfig({ batchSize: 2, ...given });

  it("reads the items once and encodes each distinct one once, in batches of its own size", async () => {
    const [one, two] = [new LengthEncoder(1), new LengthEncoder(2)];
    const caches = cachedEncoders(config({}), [
      ["one", one],
      ["two", two],
    ]);
    const progress: number[] = [];
    const report = await fillCaches(caches.values(), stream(["a", "b", "a", "b", "c", "a", "d", "e", "c"]), 2, {
      onProgress: (items) => progress.push(items),
    });
    expect(report).to.deep.equal({ items: 9, computed: 10, full: [] });
    expect(one.calls).to.deep.equal([["a", "b"], ["c", "d"], ["e"]]);
    expect(two.calls).to.deep.equal(one.calls);
    expect(progress).to.deep.equal([2, 4, 6, 8, 9]);
    await caches.get("one")?.rows(["e", "d", "c", "b", "a"]);
    expect(one.calls.length).to.equal(3);
    expect(await fillCaches(caches.values(), stream(["a", "e"]), 2)).to.deep.equal({ items: 2, computed: 0, full: [] });
  });

  it("stops when there is no more room and leaves what it has filled in", async () => {
    const encoder = new LengthEncoder();
    const caches = cachedEncoders(config({ maxBytes: 5 * RowCache.bytesOf({ length: 2 }) }), [["text", encoder]]);
    const items = Array.from({ length: 100 }, (_, i) => String.fromCharCode(65 + i));
    const report = await fillCaches(caches.values(), stream(items), 2);
    expect(report.full).to.deep.equal(["text"]);
    expect(report.computed).to.equal(4);
    expect(report.items).to.be.lessThan(10);
    expectClose(await caches.get("text")?.rows(items), expected(items));
  });

  it("names the position in the whole stream when a vector is not finite", async () => {
    const encoder = Object.assign(new LengthEncoder(), {
      embed: (items: readonly string[]) =>
        Promise.resolve(Float32Array.from(items.flatMap((item) => [1, item === "x" ? Infinity : 1]))),
    });
    const caches = cachedEncoders(config({}), [["text", encoder]]);
    expect((await failure(fillCaches(caches.values(), stream(["a", "b", "c", "a", "x"]), 2))).message).to.match(
      /item 4 \("x"\) holds Infinity/,
    );
  });
});
