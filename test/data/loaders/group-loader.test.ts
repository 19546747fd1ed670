import { expect } from "chai";
import fc from "fast-check";
import { GroupLoader } from "likewise/data";
import type { Group, GroupSample } from "../../../lib/contracts/samples.js";
import { DataError, type ConfigError } from "../../../lib/errors.js";
import { Random } from "../../../lib/random.js";
import { failure } from "../../support/failure.js";
import { count, epochOf, listOf, streamOf } from "../epoch.js";

/** Samples of some groups in mixed order; the item tells the group. */
function samplesOf(sizes: readonly number[], seed = 1): GroupSample<string>[] {
  const samples = sizes.flatMap((size, group) =>
    Array.from({ length: size }, (_, row) => ({ item: `g${group} ${row}`, group: `g${group}` })),
  );
  return new Random(seed).shuffle(samples);
}

const equalGroups = (groups: number, size: number): GroupSample<string>[] =>
  samplesOf(new Array<number>(groups).fill(size));

describe("GroupLoader", () => {
  it("gives items with the labels of their groups", async () => {
    const loader = new GroupLoader([
      { item: 1.5, group: "x" },
      { item: 2.5, group: 7 },
    ]);
    expect(await epochOf(loader, { training: false })).to.deep.equal([
      { kind: "group", items: [1.5, 2.5], targets: { groups: ["x", 7] }, size: 2, position: 0 },
    ]);
  });

  it("balances training batches by default: P groups with K samples each, every sample once", async () => {
    const loader = new GroupLoader(equalGroups(20, 12), { batchSize: 32 });
    const batches = await epochOf(loader);
    expect(batches.length).to.equal(loader.batchesPerEpoch);
    expect(batches.length).to.equal(8);
    for (const { targets, items, size, position } of batches) {
      expect(size).to.equal(32);
      expect([...count(targets.groups).values()]).to.deep.equal(new Array(8).fill(4));
      expect(new Set(items).size).to.equal(32);
      expect(batches[position]?.items).to.equal(items);
      items.forEach((item, row) => expect(item.split(" ")[0]).to.equal(targets.groups[row]));
    }
    const seen = count(batches.flatMap(({ items }) => [...items]));
    expect(seen.size).to.equal(240);
  });

  it("gives the same batches for the same request, others for another epoch, and their tail with skip", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 2, max: 9 }), { minLength: 2, maxLength: 9 }),
        fc.integer({ min: 4, max: 20 }),
        fc.boolean(),
        fc.nat({ max: 5 }),
        async (sizes, batchSize, balance, skip) => {
          const loader = new GroupLoader(samplesOf(sizes), { batchSize, balance });
          const whole = await epochOf(loader);
          expect(whole.length).to.equal(loader.batchesPerEpoch);
          expect(await epochOf(loader, { skip })).to.deep.equal(whole.slice(skip));
          const streamed = new GroupLoader(streamOf(samplesOf(sizes)), { batchSize, balance });
          const fromStream = await epochOf(streamed);
          expect(await epochOf(streamed, { skip })).to.deep.equal(fromStream.slice(skip));
          expect(fromStream.length).to.equal(whole.length);
          expect(await epochOf(new GroupLoader(samplesOf(sizes), { batchSize, balance }))).to.deep.equal(whole);
        },
      ),
      { numRuns: 30 },
    );
    const loader = new GroupLoader(equalGroups(20, 12), { batchSize: 32 });
    expect(await epochOf(loader)).to.not.deep.equal(await epochOf(loader, { epoch: 1 }));
  });

  it("shuffles plainly with balance: false", async () => {
    const samples = samplesOf([1, 5, 9]);
    const loader = new GroupLoader(samples, { batchSize: 4, balance: false });
    const items = (await epochOf(loader)).flatMap((batch) => [...batch.items]);
    expect([...items].sort()).to.deep.equal(samples.map(({ item }) => item).sort());
    expect(items).to.not.deep.equal(samples.map(({ item }) => item));
    const inOrder = (await epochOf(new GroupLoader(samples, { batchSize: 4, shuffle: false }))).flatMap((batch) => [
      ...batch.items,
    ]);
    expect(inOrder).to.deep.equal(samples.map(({ item }) => item));
  });

  it("validates in order, without balance, augmentation or loss of samples, whatever the groups are", async () => {
    const samples = samplesOf([1, 1, 9]);
    const loader = new GroupLoader(samples, { batchSize: 4, dropLast: true, augment: () => "changed" });
    const batches = await epochOf(loader, { training: false });
    expect(batches.flatMap(({ items }) => [...items])).to.deep.equal(samples.map(({ item }) => item));
    expect(new GroupLoader(samples, { batchSize: 4 }).batchesPerEpoch).to.equal(3);
  });

  it("names groups with one sample, and leaves out or repeats them when asked", async () => {
    const samples = samplesOf([6, 6, 1, 1, 6]);
    const error = await failure(() => epochOf(new GroupLoader(samples, { batchSize: 4 })));
    expect(error).to.be.instanceOf(DataError);
    expect(error.message).to.match(/GroupLoader: 2 of 5 groups have one sample only \("g[23]", "g[23]"\)/);
    expect(error.message).to.contain('balance: { singles: "skip" }');
    const groupsSeen = async (loader: GroupLoader<string>): Promise<Group[]> =>
      [...new Set((await epochOf(loader)).flatMap(({ targets }) => [...targets.groups]))].sort();
    const skipping = new GroupLoader(samples, { batchSize: 4, balance: { singles: "skip" } });
    expect(await groupsSeen(skipping)).to.deep.equal(["g0", "g1", "g4"]);
    expect([...(await skipping.groups())].sort(), "still known").to.deep.equal(["g0", "g1", "g2", "g3", "g4"]);
    const all = ["g0", "g1", "g2", "g3", "g4"];
    expect(await groupsSeen(new GroupLoader(samples, { batchSize: 4, balance: { singles: "repeat" } }))).to.deep.equal(
      all,
    );
    expect(await groupsSeen(new GroupLoader(samples, { batchSize: 4, augment: (item) => item }))).to.deep.equal(all);
  });

  it("refuses to balance one group", async () => {
    const error = await failure(() => epochOf(new GroupLoader(equalGroups(1, 9))));
    expect(error.message).to.contain("a balanced batch needs two groups or more and there is one only");
  });

  it("takes the shape it is asked for", async () => {
    const loader = new GroupLoader(equalGroups(6, 10), { balance: { groups: 3, perGroup: 5 } });
    const batches = await epochOf(loader);
    expect(batches.map(({ size }) => size)).to.deep.equal([15, 15, 15, 15]);
    expect([...count(batches[0]!.targets.groups).values()]).to.deep.equal([5, 5, 5]);
  });

  it("tells its groups in first-seen order, from arrays, datasets and streams", async () => {
    const samples: GroupSample<number>[] = [
      { item: 0, group: "b" },
      { item: 1, group: 1 },
      { item: 2, group: "b" },
      { item: 3, group: "1" },
    ];
    const expected = ["b", 1, "1"];
    expect(await new GroupLoader(samples).groups()).to.deep.equal(expected);
    expect(await new GroupLoader({ length: 4, at: (i) => Promise.resolve(samples[i]!) }).groups()).to.deep.equal(
      expected,
    );
    let readings = 0;
    const stream = new GroupLoader(() => {
      readings += 1;
      return streamOf(samples)();
    });
    expect(await stream.groups()).to.deep.equal(expected);
    expect(await stream.groups()).to.deep.equal(expected);
    expect(readings).to.equal(1);
    expect(await listOf(stream.items())).to.deep.equal([0, 1, 2, 3]);
  });

  it("balances a dataset without reading it when it is told the groups", async () => {
    const samples = equalGroups(10, 8);
    const run = async (groupAt?: (position: number) => Group) => {
      let read = 0;
      const dataset = {
        length: samples.length,
        at: async (position: number) => {
          read += 1;
          return Promise.resolve(samples[position]!);
        },
      };
      const loader = new GroupLoader(dataset, { batchSize: 16, ...(groupAt === undefined ? {} : { groupAt }) });
      const before = loader.batchesPerEpoch;
      const batches = await epochOf(loader, { skip: 2 });
      return { batches, read, before, after: loader.batchesPerEpoch };
    };
    const told = await run((position) => samples[position]!.group);
    const untold = await run();
    expect(told.batches).to.deep.equal(untold.batches);
    expect([told.read, untold.read]).to.deep.equal([48, 128]);
    expect([told.before, untold.before, untold.after]).to.deep.equal([5, null, 5]);
    const error = await failure(() => run((position) => position % 2));
    expect(error.message).to.match(/GroupLoader: sample \d+ is of group "g\d", but groupAt\(\d+\) is [01]/);
  });

  it("balances a stream that is longer than the buffer", async () => {
    const samples = equalGroups(12, 50);
    const loader = new GroupLoader(streamOf(samples), { batchSize: 16, shuffleBuffer: 100 });
    expect(loader.batchesPerEpoch).to.equal(null);
    const batches = await epochOf(loader);
    for (const { targets } of batches) expect([...count(targets.groups).values()]).to.deep.equal([4, 4, 4, 4]);
    const seen = count(batches.flatMap(({ items }) => [...items]));
    expect(seen.size, "every sample").to.equal(600);
    const repeated = [...seen.values()].filter((times) => times > 1).length;
    expect(repeated, "repeated only at the end").to.be.at.most(48);
    expect(await epochOf(loader)).to.deep.equal(batches);
    const sorted = [...samples].sort((left, right) => String(left.group).localeCompare(String(right.group)));
    const error = await failure(() => epochOf(new GroupLoader(streamOf(sorted), { batchSize: 16, shuffleBuffer: 20 })));
    expect(error.message).to.contain("the first 21 samples of the stream");
  });

  it("tells which sample is wrong", async () => {
    const wrong = [{ item: "x", group: "a" }, { item: "y" } as GroupSample<string>];
    const training = await failure(() => epochOf(new GroupLoader(wrong)));
    expect(training.message).to.equal("GroupLoader: sample 1 has no group; expected { item, group: number | string }");
    const nan = await failure(() => new GroupLoader([{ item: 1, group: NaN }]).groups());
    expect(nan.message).to.contain("sample 0 has the group NaN");
  });

  it("lists every wrong option at once", () => {
    const problems = (options: object): readonly string[] => {
      try {
        new GroupLoader(equalGroups(4, 4), options);
      } catch (error) {
        return (error as ConfigError).problems;
      }
      return [];
    };
    expect(
      problems({ balance: { groups: 1, perGrop: 4, singles: "no" }, shuffle: false, groupAt: 3, batchSize: -1 }).map(
        (text) => text.split(":")[0],
      ),
    ).to.have.members(["batchSize", "groupAt", "shuffle", "balance.perGrop", "balance.groups", "balance.singles"]);
    expect(problems({ batchSize: 3 })).to.deep.equal([
      "batchSize: 3 has no room for 2 groups of 2 samples; give 4 or more, or balance: false",
    ]);
    expect(problems({ batchSize: 3, balance: false })).to.deep.equal([]);
    expect(problems({ batchSize: 64, balance: { perGroup: 5 } })).to.deep.equal([
      "balance.perGroup: 5 does not divide the batchSize 64 into 2 or more",
    ]);
    expect(problems({ batchSize: 64, balance: { groups: 4, perGroup: 4 } })).to.deep.equal([
      "batchSize: 64 is not 4 groups × 4 samples; leave it out",
    ]);
    expect(problems({ balance: "yes" })).to.deep.equal(['balance: expected true, false or an object, got "yes"']);
  });

  it("takes so many batches an epoch, of some groups, of the first samples of each", async () => {
    const samples = samplesOf([30, 10, 20, 40]);
    const loader = new GroupLoader(samples, {
      balance: { groups: 2, perGroup: 3, batchesPerEpoch: 25, only: ["g3", "g0", "g2"], mostPerGroup: 6 },
    });
    expect(loader.batchesPerEpoch).to.equal(25);
    const batches = await epochOf(loader);
    expect(batches).to.have.length(25);
    const items = batches.flatMap((batch) => batch.items);
    for (const group of ["g0", "g2", "g3"]) {
      const first = samples.filter((sample) => sample.group === group).slice(0, 6);
      const seen = new Set(items.filter((item) => item.startsWith(`${group} `)));
      expect(seen).to.deep.equal(new Set(first.map(({ item }) => item).filter((item) => seen.has(item))));
      expect(seen.size).to.equal(6);
    }
    expect(items.some((item) => item.startsWith("g1 "))).to.equal(false);
    expect(await listOf(loader.items())).to.have.length(100);
  });

  it("draws categories equally often when the number of batches is asked for", async () => {
    const samples = samplesOf([8, 8, 8, 8, 8, 8, 8, 8]);
    const of = (group: Group): string => (["g0", "g1"].includes(String(group)) ? "small" : "large");
    const loader = new GroupLoader(samples, {
      balance: { groups: 2, perGroup: 2, batchesPerEpoch: 12, categories: { of, perBatch: 1 } },
    });
    const batches = await epochOf(loader);
    expect(batches).to.have.length(12);
    const counts = count(batches.map(({ targets }) => of(targets.groups[0]!)));
    expect(counts).to.deep.equal(new Map([...counts.keys()].map((name) => [name, 6])));
    expect(counts.size).to.equal(2);
  });

  it("says which groups are not there, and what a stream cannot tell", async () => {
    const samples = equalGroups(3, 4);
    const missing = new GroupLoader(samples, { balance: { only: ["g0", "g1", 2] } });
    expect((await failure(epochOf(missing))).message).to.match(
      /balance\.only names 1 groups that no sample is of \(2\)/u,
    );
    const stream = new GroupLoader(streamOf(samples), { balance: { batchesPerEpoch: 3, mostPerGroup: 2 } });
    expect((await failure(epochOf(stream))).message).to.match(
      /balance\.batchesPerEpoch, balance\.mostPerGroup count over all/u,
    );
    expect(() => new GroupLoader(samples, { balance: { only: [] } })).to.throw(
      /balance\.only: expected a list of groups/u,
    );
    expect(() => new GroupLoader(samples, { balance: { batchesPerEpoch: 0 } })).to.throw(/balance\.batchesPerEpoch/u);
  });

  it("tells an augmentation the epoch and the batch, so that it may start late", async () => {
    const loader = new GroupLoader(equalGroups(4, 4), {
      batchSize: 8,
      augment: (item: string, _random, { epoch, batch }) => (epoch === 0 && batch < 1 ? item : `${item} changed`),
    });
    const changed = async (epoch: number): Promise<boolean[]> =>
      (await epochOf(loader, { epoch })).map(({ items }) => items.every((item) => item.endsWith("changed")));
    expect(await changed(0)).to.deep.equal([false, true]);
    expect(await changed(1)).to.deep.equal([true, true]);
  });
});
