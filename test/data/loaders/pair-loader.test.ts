import { expect } from "chai";
import fc from "fast-check";
import { PairLoader, type Dataset } from "likewise/data";
import type { PairSample } from "../../../lib/contracts/samples.js";
import { ConfigError, DataError, UsageError } from "../../../lib/errors.js";
import { failure } from "../../support/failure.js";
import { epochOf, listOf, streamOf } from "../epoch.js";

const pairs = (count: number): PairSample<string>[] =>
  Array.from({ length: count }, (_, i) => ({
    a: `question ${i}`,
    b: `answer ${i}`,
    score: i / count,
    subgroup: i % 3,
  }));

describe("PairLoader", () => {
  it("puts the a of every pair before the b of every pair, with scores and subgroups", async () => {
    const [batch] = await epochOf(
      new PairLoader([
        { a: "x", b: "y" },
        { a: "z", b: "w", score: 0.5, subgroup: 7 },
      ]),
      { training: false },
    );
    expect(batch).to.deep.equal({
      kind: "pair",
      items: ["x", "z", "y", "w"],
      targets: { labels: Float32Array.of(1, 0.5), subgroups: Int32Array.of(0, 7, 0, 7) },
      size: 2,
      position: 0,
    });
  });

  it("gives every pair once an epoch, shuffled anew each epoch and alike for the same request", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        async (count, batchSize, duplicates) => {
          const loader = new PairLoader(pairs(count), { batchSize, duplicates });
          const first = await epochOf(loader);
          expect(first.flatMap(({ items, size }) => items.slice(0, size)).sort()).to.deep.equal(
            pairs(count)
              .map(({ a }) => a)
              .sort(),
          );
          expect(first.map(({ position }) => position)).to.deep.equal(first.map((_, place) => place));
          expect(first.length).to.equal(loader.batchesPerEpoch);
          expect(await epochOf(loader)).to.deep.equal(first);
          if (count > 10) {
            expect(await epochOf(loader, { epoch: 1 })).to.not.deep.equal(first);
            expect(await epochOf(loader, { seed: 2 })).to.not.deep.equal(first);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it("keeps the order without training, and with shuffle: false", async () => {
    const samples = pairs(7);
    const inOrder = samples.map(({ a }) => a);
    const validated = await epochOf(new PairLoader(samples, { batchSize: 3, dropLast: true }), { training: false });
    expect(validated.flatMap(({ items, size }) => items.slice(0, size))).to.deep.equal(inOrder);
    const trained = await epochOf(new PairLoader(samples, { batchSize: 3, shuffle: false }));
    expect(trained.flatMap(({ items, size }) => items.slice(0, size))).to.deep.equal(inOrder);
  });

  it("skips batches without reading their samples", async () => {
    const samples = pairs(20);
    const read: number[] = [];
    const dataset: Dataset<PairSample<string>> = {
      length: samples.length,
      at(position) {
        read.push(position);
        return samples[position]!;
      },
    };
    const loader = new PairLoader(dataset, { batchSize: 6, duplicates: true, prefetch: false });
    const whole = await epochOf(loader);
    read.length = 0;
    expect(await epochOf(loader, { skip: 2 })).to.deep.equal(whole.slice(2));
    expect(read.length).to.equal(8);
    expect(await epochOf(loader, { skip: 4 })).to.deep.equal([]);
  });

  it("never puts an item into a batch twice, unless told to", async () => {
    const samples = Array.from({ length: 60 }, (_, i) => ({ a: { id: i }, b: { id: 1000 + (i % 15) } }));
    const collisions = async (loader: PairLoader<{ id: number }>): Promise<number> => {
      let found = 0;
      for (const { items } of await epochOf(loader)) found += items.length - new Set(items.map(({ id }) => id)).size;
      return found;
    };
    expect(await collisions(new PairLoader(samples, { batchSize: 8 }))).to.equal(0);
    expect(await collisions(new PairLoader(samples, { batchSize: 8, key: ({ id }) => id }))).to.equal(0);
    expect(await collisions(new PairLoader(samples, { batchSize: 8, duplicates: true }))).to.be.greaterThan(0);
    expect(await collisions(new PairLoader(streamOf(samples), { batchSize: 8 }))).to.equal(0);
    expect(
      await collisions(new PairLoader({ length: 60, at: (i) => Promise.resolve(samples[i]!) }, { batchSize: 8 })),
    ).to.equal(0);
  });

  it("allows a pair of an item with itself", async () => {
    const [batch] = await epochOf(
      new PairLoader([
        { a: "x", b: "x" },
        { a: "y", b: "y" },
      ]),
    );
    expect(batch?.size).to.equal(2);
  });

  it("says how many batches the most frequent item takes", () => {
    const samples = Array.from({ length: 20 }, (_, i) => ({ a: `a${i}`, b: "same" }));
    expect(new PairLoader(samples, { batchSize: 10 }).batchesPerEpoch).to.equal(20);
    expect(new PairLoader(samples, { batchSize: 10, duplicates: true }).batchesPerEpoch).to.equal(2);
    expect(new PairLoader(streamOf(samples)).batchesPerEpoch).to.equal(null);
  });

  it("leaves out the last small batch in training when asked", async () => {
    const loader = new PairLoader(pairs(10), { batchSize: 4, dropLast: true });
    expect((await epochOf(loader)).map(({ size }) => size)).to.deep.equal([4, 4]);
    expect(loader.batchesPerEpoch).to.equal(2);
    expect(() => new PairLoader(pairs(3), { batchSize: 4, dropLast: true })).to.throw(
      DataError,
      "dropLast leaves nothing of 3 samples",
    );
  });

  it("augments training items with randomness that follows epoch and place", async () => {
    const samples = pairs(9);
    const options = { batchSize: 4, shuffle: false };
    const plain = new PairLoader(samples, options);
    const loader = new PairLoader(samples, { ...options, augment: (item, random) => `${item} ${random.integer(1e9)}` });
    expect([plain.augmented, loader.augmented]).to.deep.equal([false, true]);
    const first = await epochOf(loader);
    expect(await epochOf(loader)).to.deep.equal(first);
    expect(await epochOf(loader, { skip: 1 })).to.deep.equal(first.slice(1));
    const second = await epochOf(loader, { epoch: 1 });
    expect(new Set([...first, ...second].flatMap(({ items }) => items)).size, "all changed differently").to.equal(36);
    expect(first.flatMap(({ items }) => items.map((item) => item.replace(/ \d+$/, "")))).to.deep.equal(
      (await epochOf(plain)).flatMap(({ items }) => items),
    );
    expect(await epochOf(loader, { training: false })).to.deep.equal(await epochOf(plain, { training: false }));
    const slow = new PairLoader(samples, {
      ...options,
      augment: (item, random) => Promise.resolve(`${item} ${random.integer(1e9)}`),
    });
    expect(await epochOf(slow)).to.deep.equal(first);
  });

  it("gives its items in order, and no groups", async () => {
    const loader = new PairLoader(
      [
        { a: "x", b: "y" },
        { a: "z", b: "w" },
      ],
      { augment: () => "changed" },
    );
    expect(await listOf(loader.items())).to.deep.equal(["x", "y", "z", "w"]);
    expect(await loader.groups()).to.deep.equal([]);
  });

  it("reads streams anew each epoch and refuses those that can be read once only", async () => {
    const loader = new PairLoader(streamOf(pairs(5)), { batchSize: 2 });
    expect((await epochOf(loader)).map(({ size }) => size)).to.deep.equal([2, 2, 1]);
    expect(await epochOf(loader)).to.deep.equal(await epochOf(loader));
    const spent = new PairLoader(streamOf(pairs(5))());
    await epochOf(spent);
    const error = await failure(() => epochOf(spent));
    expect(error).to.be.instanceOf(UsageError);
    expect(error.message).to.match(
      /PairLoader: the samples can be read only once .* give the async generator function itself/,
    );
  });

  it("shuffles a stream in a bounded buffer", async () => {
    const samples = pairs(200);
    const loader = new PairLoader(streamOf(samples), { batchSize: 10, shuffleBuffer: 20, duplicates: true });
    const order = (await epochOf(loader)).flatMap(({ items, size }) => items.slice(0, size));
    expect([...order].sort()).to.deep.equal(samples.map(({ a }) => a).sort());
    expect(order).to.not.deep.equal(samples.map(({ a }) => a));
    order.forEach((item, place) => {
      expect(Number(item.split(" ")[1]), "not from the future").to.be.at.most(place + 20);
    });
  });

  it("refuses an empty source", async () => {
    expect(() => new PairLoader([])).to.throw(DataError, "PairLoader: there are no samples");
    expect((await failure(() => epochOf(new PairLoader<string>(streamOf([]))))).message).to.contain(
      "there are no samples",
    );
  });

  it("tells which sample is wrong and why", async () => {
    const problem = async (sample: unknown): Promise<string> =>
      (await failure(() => epochOf(new PairLoader([{ a: "x", b: "y" }, sample as PairSample<string>])))).message;
    expect(await problem({ a: "x" })).to.equal(
      "PairLoader: sample 1 has no b; expected { a, b, score?: number, subgroup?: integer }",
    );
    expect(await problem({ a: "x", b: "y", score: NaN })).to.contain("sample 1 has the score NaN");
    expect(await problem({ a: "x", b: "y", score: Infinity })).to.contain(
      "sample 1 has the score Infinity, not a number",
    );
    expect(await problem({ a: "x", b: "y", score: "1" })).to.contain('sample 1 has the score "1"');
    expect(await problem({ a: "x", b: "y", subgroup: 0.5 })).to.contain("sample 1 has the subgroup 0.5");
    // As float32 it would be the same as 16,777,216.
    expect(await problem({ a: "x", b: "y", subgroup: 2 ** 24 + 1 })).to.contain("sample 1 has the subgroup 16777217");
    expect(await problem(undefined)).to.contain("sample 1 is undefined");
    expect(await problem("text")).to.contain('sample 1 is "text"');
  });

  it("lists every wrong option at once", () => {
    const wrong = {
      batchSize: 0,
      shuffle: "yes",
      dropLas: true,
      augment: 1,
      shuffleBuffer: 2.5,
      duplicates: true,
      key: () => 1,
    };
    try {
      new PairLoader(pairs(3), wrong as never);
      expect.fail("not refused");
    } catch (error) {
      expect(error).to.be.instanceOf(ConfigError);
      const problems = (error as ConfigError).problems.map((problem) => problem.split(":")[0]);
      expect(problems).to.have.members(["batchSize", "shuffle", "dropLas", "augment", "shuffleBuffer", "key"]);
    }
    expect(() => new PairLoader(5 as never)).to.throw(UsageError, "PairLoader: expected samples as an array");
    expect(() => new PairLoader({ length: 1.5, at: () => ({ a: "", b: "" }) })).to.throw(
      UsageError,
      "length of a dataset",
    );
    expect(() => new PairLoader(pairs(30), { batchSize: 20, shuffleBuffer: 10 })).to.throw(
      ConfigError,
      "at least batchSize (20)",
    );
  });
});
