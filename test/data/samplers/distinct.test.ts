import { expect } from "chai";
import fc from "fast-check";
import { cutDistinct, collectDistinct } from "../../../data/samplers/distinct.js";
import { contentKeyOf, KeyTable } from "../../../data/samplers/content-keys.js";
import { sampleOrder } from "../../../data/samplers/plain.js";
import { Random } from "../../../lib/random.js";
import { listOf, streamOf } from "../epoch.js";

const keyLists = fc.array(fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 3 }), { maxLength: 60 });

describe("Batches without duplicates", () => {
  it("hold every sample once and no key twice, whatever the keys", () => {
    fc.assert(
      fc.property(keyLists, fc.integer({ min: 1, max: 9 }), fc.nat(), (keys, batchSize, seed) => {
        const table = new KeyTable(keys);
        const order = sampleOrder(keys.length, new Random(seed));
        const batches = [...cutDistinct(order, batchSize, (position) => table.at(position))].map((batch) => [
          ...Array.from(batch),
        ]);
        expect(batches.flat().sort((a, b) => a - b)).to.deep.equal(keys.map((_, position) => position));
        for (const batch of batches) {
          expect(batch.length).to.be.within(1, batchSize);
          const seen = batch.flatMap((position) => [...new Set(keys[position])]);
          expect(new Set(seen).size, "keys of a batch").to.equal(seen.length);
        }
      }),
    );
  });

  it("are full when enough samples do not collide", () => {
    const table = new KeyTable(Array.from({ length: 1000 }, (_, position) => [position % 200]));
    const order = sampleOrder(1000, new Random(2));
    const batches = [...cutDistinct(order, 32, (position) => table.at(position))];
    expect(batches.length).to.equal(32);
    expect(batches.slice(0, -1).every((batch) => batch.length === 32)).to.equal(true);
  });

  it("are about as few as the most frequent key allows, and made in linear time", () => {
    const total = 20_000;
    const table = new KeyTable(Array.from({ length: total }, (_, position) => [position % 2, position + 2]));
    expect(table.most).to.equal(total / 2);
    const batches = [...cutDistinct(sampleOrder(total, new Random(3)), 64, (position) => table.at(position))];
    expect(batches.length).to.be.within(table.most, table.most + 2);
  });

  it("mix a frequent key with rare ones", () => {
    const table = new KeyTable(Array.from({ length: 2000 }, (_, position) => (position < 30 ? ["often"] : [position])));
    const batches = [...cutDistinct(sampleOrder(2000, new Random(4)), 50, (position) => table.at(position))];
    expect(batches.length).to.equal(40);
    expect(batches.filter((batch) => Array.from(batch).some((position) => position < 30)).length).to.equal(30);
  });

  it("of a stream close early when too many samples wait", async () => {
    const samples = Array.from({ length: 30 }, () => "same");
    const batches = await listOf(collectDistinct(streamOf(samples)(), 4, (text) => [text], 5));
    expect(batches.map((batch) => batch.length)).to.deep.equal(new Array(30).fill(1));
  });
});

describe("Content keys", () => {
  it("are equal for equal content and differ between kinds of content", () => {
    expect(contentKeyOf({ a: 1, b: [2] })).to.equal(contentKeyOf({ b: [2], a: 1 }));
    expect(contentKeyOf(new Float32Array([1, 2]))).to.equal(contentKeyOf(new Float32Array([1, 2])));
    const different = [1, "1", { a: 1 }, { a: 2 }, [1], null, new Uint8Array([1]), '{"a":1}', true];
    expect(new Set(different.map(contentKeyOf)).size).to.equal(different.length);
    const maps = [new Map([["a", 1]]), new Map([["a", 2]]), new Set(["a"]), {}, [undefined], [NaN], [null]];
    expect(new Set(maps.map(contentKeyOf)).size, "no JSON of their own").to.equal(maps.length);
  });

  it("say what to do about items that have no content", () => {
    expect(() => contentKeyOf({ size: () => 1 })).to.throw(/give key: \(item\) => …, or duplicates: true/);
  });
});
