import { expect } from "chai";
import { ConfigError, DataError, Random, type Batch, type Kind, type Loader } from "likewise";
import { GroupPairLoader, GroupTupleLoader } from "likewise/data";

const groups = ["a", "a", "a", "b", "b", "c", "d", "d"];
const samples = groups.map((group, at) => ({ item: `${group}${at}`, group }));
const groupOf = (item: string): string => item[0]!;

async function read<K extends Kind>(
  loader: Loader<K, string>,
  epoch = 0,
  training = true,
): Promise<Batch<K, string>[]> {
  const batches: Batch<K, string>[] = [];
  for await (const batch of loader.epoch({ epoch, training, random: new Random("formed") })) batches.push(batch);
  return batches;
}

describe("GroupPairLoader", () => {
  const loader = new GroupPairLoader(samples, { batchSize: 3, duplicates: true });

  it("pairs every item that is not alone with another of its group, anew each epoch", async () => {
    const partners = new Set<string>();
    for (let epoch = 0; epoch < 5; epoch += 1) {
      const seen: string[] = [];
      for (const { items, targets, size } of await read(loader, epoch)) {
        for (let at = 0; at < size; at += 1) {
          const [a, b] = [items[at]!, items[size + at]!];
          seen.push(a);
          expect(groupOf(a)).to.equal(groupOf(b));
          expect(a).not.to.equal(b);
          partners.add(`${a} ${b}`);
        }
        const subgroups = new Map(items.map((item, row) => [groupOf(item), targets.subgroups[row]]));
        expect(new Set(subgroups.values()).size).to.equal(subgroups.size);
      }
      expect(seen.sort()).to.deep.equal(["a0", "a1", "a2", "b3", "b4", "d6", "d7"]);
    }
    expect(partners.has("a0 a1") && partners.has("a0 a2")).to.equal(true);
  });

  it("repeats itself for the same epoch, and does not draw for validation", async () => {
    expect(await read(loader, 2)).to.deep.equal(await read(loader, 2));
    expect(await read(loader, 1, false)).to.deep.equal(await read(loader, 2, false));
    expect(loader.batchesPerEpoch).to.equal(3);
  });

  it("refuses groups of one and wrong options", () => {
    expect(() => new GroupPairLoader([{ item: "x", group: 1 }])).to.throw(DataError, /no group has two/);
    expect(() => new GroupPairLoader(samples, { batchSize: 0 })).to.throw(ConfigError, /batchSize/);
  });
});

describe("GroupTupleLoader", () => {
  const loader = new GroupTupleLoader(samples, { batchSize: 2, negatives: 2, duplicates: true });

  it("gives each anchor one of its group and others of other groups", async () => {
    const negatives = new Set<string>();
    for (let epoch = 0; epoch < 8; epoch += 1) {
      let anchors = 0;
      for (const { items, targets } of await read(loader, epoch)) {
        const first = items.length - targets.positiveOwners.length - targets.negativeOwners.length;
        anchors += first;
        targets.positiveOwners.forEach((owner, at) => {
          expect(groupOf(items[first + at]!)).to.equal(groupOf(items[owner]!));
          expect(items[first + at]).not.to.equal(items[owner]);
        });
        targets.negativeOwners.forEach((owner, at) => {
          const negative = items[first + targets.positiveOwners.length + at]!;
          expect(groupOf(negative)).not.to.equal(groupOf(items[owner]!));
          negatives.add(negative);
        });
        expect(targets.negativeOwners.length).to.equal(2 * first);
      }
      expect(anchors).to.equal(7);
    }
    expect([...negatives].sort()).to.deep.equal(samples.map(({ item }) => item).sort());
  });

  it("gives items once, also those that are alone", async () => {
    const items: string[] = [];
    for await (const item of loader.items()) items.push(item);
    expect(items).to.deep.equal(samples.map(({ item }) => item));
    expect(await read(loader, 0, false)).to.deep.equal(await read(loader, 3, false));
  });

  it("refuses one group alone", () => {
    expect(() => new GroupTupleLoader(samples.slice(0, 3))).to.throw(DataError, /second group/);
    expect(() => new GroupTupleLoader(samples, { negatives: 0 })).to.throw(ConfigError, /negatives/);
  });
});
