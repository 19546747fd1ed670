import { expect } from "chai";
import { ConfigError, Random, type Batch } from "likewise";
import { GroupLoader, MixedLoader, PairLoader } from "likewise/data";

const samples = (name: string, count: number) =>
  Array.from({ length: count }, (_, at) => ({ item: `${name}${at}`, group: at % 3 }));
const loader = (name: string, count: number) => new GroupLoader(samples(name, count), { batchSize: 4, balance: false });
const groupsOf = ({ targets }: Batch<"group", string>): readonly unknown[] => targets.groups;

async function read(
  mixed: MixedLoader<"group", string>,
  request: { epoch?: number; training?: boolean; skip?: number } = {},
): Promise<Batch<"group", string>[]> {
  const batches: Batch<"group", string>[] = [];
  const whole = { epoch: 0, training: true, random: new Random("mixed"), ...request };
  for await (const batch of mixed.epoch(whole)) batches.push(batch);
  return batches;
}

const sourceOf = ({ items }: Batch<"group", string>): string => {
  const names = new Set(items.map((item) => item[0]));
  expect(names.size).to.equal(1);
  return [...names][0]!;
};

describe("MixedLoader", () => {
  it("gives every batch of every loader in random order, each from one of them", async () => {
    const mixed = new MixedLoader({ a: loader("a", 40), b: loader("b", 20) });
    expect(mixed.batchesPerEpoch).to.equal(15);
    const batches = await read(mixed);
    const names = batches.map(sourceOf).join("");
    expect([...names].sort().join("")).to.equal("aaaaaaaaaabbbbb");
    expect(names).not.to.equal("aaaaaaaaaabbbbb");
    expect(new Set(batches.flatMap(({ items }) => items)).size).to.equal(60);
    expect(batches.map(({ position }) => position)).to.deep.equal(batches.map((_, at) => at));
    expect((await read(mixed, { epoch: 1 })).map(sourceOf).join("")).not.to.equal(names);
  });

  it("in turn, gives as many of each as the shortest has", async () => {
    const mixed = new MixedLoader({ a: loader("a", 40), b: loader("b", 20) }, { order: "round-robin" });
    expect(mixed.batchesPerEpoch).to.equal(10);
    expect((await read(mixed)).map(sourceOf).join("")).to.equal("ababababab");
  });

  it("gives all in order when not training, and goes on where it was stopped", async () => {
    const mixed = new MixedLoader({ a: loader("a", 12), b: loader("b", 8) });
    expect((await read(mixed, { training: false })).map(sourceOf).join("")).to.equal("aaabb");
    const all = await read(mixed);
    const rest = await read(mixed, { skip: 2 });
    expect(rest).to.deep.equal(all.slice(2));
  });

  it("keeps groups of different loaders apart, unless told otherwise", async () => {
    const apart = new MixedLoader({ a: loader("a", 4), b: loader("b", 4) });
    expect([...(await apart.groups())].sort()).to.deep.equal(["a/0", "a/1", "a/2", "b/0", "b/1", "b/2"]);
    const [first] = await read(apart, { training: false });
    expect(groupsOf(first!)).to.deep.equal(["a/0", "a/1", "a/2", "a/0"]);
    const one = new MixedLoader({ a: loader("a", 4), b: loader("b", 4) }, { separateGroups: false });
    expect(await one.groups()).to.deep.equal([0, 1, 2]);
    const items: string[] = [];
    for await (const item of one.items()) items.push(item);
    expect(items).to.have.length(8);
  });

  it("refuses none, different kinds, and unknown lengths without turns", () => {
    expect(() => new MixedLoader({})).to.throw(ConfigError, /one loader or more/);
    const pairs = new PairLoader([{ a: "x", b: "y" }]);
    expect(() => new MixedLoader({ a: loader("a", 4), pairs } as never)).to.throw(ConfigError, /"pairs" gives pair/);
    const stream = new GroupLoader(
      async function* () {
        yield* await Promise.resolve(samples("s", 4));
      },
      { balance: false },
    );
    expect(() => new MixedLoader({ stream })).to.throw(ConfigError, /round-robin/);
    expect(new MixedLoader({ stream }, { order: "round-robin" }).batchesPerEpoch).to.equal(null);
  });
});
