import { expect } from "chai";
import { GroupLoader, type GroupLoaderOptions } from "likewise/data";
import type { GroupSample } from "../../../lib/contracts/samples.js";
import { DataError, type ConfigError } from "../../../lib/errors.js";
import { Random } from "../../../lib/random.js";
import { failure } from "../../support/failure.js";
import { count, epochOf, streamOf } from "../epoch.js";

interface Glyph {
  readonly text: string;
  readonly alphabet: string;
}

/** Letters of some alphabets, `size` drawings of each. */
function glyphs(letters: readonly number[], size = 4): GroupSample<Glyph>[] {
  const all = letters.flatMap((number, alphabet) =>
    Array.from({ length: number * size }, (_, at) => {
      const group = `${alphabet}/${at % number}`;
      return { item: { text: `${group} ${at}`, alphabet: `alphabet ${alphabet}` }, group };
    }),
  );
  return new Random(4).shuffle(all);
}

const alphabetOf = (group: number | string): string => String(group).split("/")[0]!;
const problemsOf = (options: object): readonly string[] => {
  try {
    new GroupLoader(glyphs([3, 3]), options);
  } catch (error) {
    return (error as ConfigError).problems;
  }
  return [];
};
const load = (letters: readonly number[], options: GroupLoaderOptions<Glyph>) =>
  new GroupLoader<Glyph>(glyphs(letters), options);

describe("GroupLoader with categories", () => {
  it("gives C categories with P groups of each and K samples of each of these, by a function or a field", async () => {
    const shape = { groups: 3, perGroup: 2 };
    for (const of of [alphabetOf, "alphabet"] as const) {
      const loader = load([6, 6, 3, 3], { balance: { ...shape, categories: { of, perBatch: 2 } } });
      const batches = await epochOf(loader);
      expect(batches.length).to.equal(loader.batchesPerEpoch);
      for (const { items, targets, size } of batches) {
        expect(size).to.equal(12);
        expect([...count(items.map(({ alphabet }) => alphabet)).values()]).to.deep.equal([6, 6]);
        expect([...count(targets.groups).values()]).to.deep.equal([2, 2, 2, 2, 2, 2]);
      }
      expect(new Set(batches.flatMap(({ items }) => items.map(({ text }) => text))).size).to.equal(18 * 4);
      expect(await epochOf(loader)).to.deep.equal(batches);
      expect(await epochOf(loader, { skip: 3 }), "the rest after a stop").to.deep.equal(batches.slice(3));
      expect(await epochOf(loader, { epoch: 1 })).to.not.deep.equal(batches);
    }
  });

  it("reads a dataset once, or not at all when it is told the groups", async () => {
    const samples = glyphs([4, 4, 4]);
    const run = async (balance: GroupLoaderOptions<Glyph>["balance"], groupAt?: (position: number) => string) => {
      let read = 0;
      const at = (position: number) => Promise.resolve(((read += 1), samples[position]!));
      const options = groupAt === undefined ? { balance } : { balance, groupAt };
      const loader = new GroupLoader<Glyph>({ length: samples.length, at }, options as GroupLoaderOptions<Glyph>);
      const batches = await epochOf(loader);
      return { batches, read };
    };
    const shape = { groups: 2, perGroup: 2 };
    const byField = await run({ ...shape, categories: { of: "alphabet" } });
    const byFunction = await run({ ...shape, categories: { of: alphabetOf } }, (at) => String(samples[at]!.group));
    expect(byField.batches.length).to.equal(byFunction.batches.length);
    expect(byField.read - byFunction.read).to.equal(samples.length);
    for (const { items } of byField.batches) {
      expect([...count(items.map(({ alphabet }) => alphabet)).values()]).to.deep.equal([4, 4]);
    }
  });

  it("chooses what it is not told from the batch size and the smallest category", async () => {
    const loader = load([8, 5], { batchSize: 32, balance: { categories: { of: alphabetOf } } });
    const [first] = await epochOf(loader);
    expect(first!.size).to.equal(32);
    const small = load([8, 3], { batchSize: 32, balance: { categories: { of: alphabetOf } } });
    expect((await epochOf(small))[0]!.size).to.equal(2 * 3 * 4);
  });

  it("names categories that are too small, and repeats or leaves them out when asked", async () => {
    const shape = { groups: 3, perGroup: 2 };
    const error = await failure(epochOf(load([4, 4, 2, 1], { balance: { ...shape, categories: { of: "alphabet" } } })));
    expect(error).to.be.instanceOf(DataError);
    expect(error.message).to.match(/2 of 4 categories have fewer than the 3 groups .*"alphabet [23]", "alphabet [23]"/);
    const seen = async (short: "repeat" | "skip") => {
      const loader = load([4, 4, 2, 1], { balance: { ...shape, categories: { of: "alphabet", short } } });
      const batches = await epochOf(loader);
      expect(batches.length).to.equal(loader.batchesPerEpoch);
      for (const { size } of batches) expect(size).to.equal(12);
      return [...new Set(batches.flatMap(({ items }) => items.map(({ alphabet }) => alphabet.at(-1))))].sort();
    };
    expect(await seen("skip")).to.deep.equal(["0", "1"]);
    expect(await seen("repeat")).to.deep.equal(["0", "1", "2", "3"]);
  });

  it("takes one category a batch, when asked and each has two groups", async () => {
    const loader = load([3, 4], { balance: { groups: 3, perGroup: 2, categories: { of: alphabetOf, perBatch: 1 } } });
    for (const { items } of await epochOf(loader))
      expect(new Set(items.map(({ alphabet }) => alphabet)).size).to.equal(1);
    const alone = await failure(
      epochOf(load([3, 1], { batchSize: 8, balance: { categories: { of: alphabetOf, perBatch: 1 } } })),
    );
    expect(alone.message).to.contain("one category needs two groups or more");
    const only = await epochOf(
      load([4], { balance: { groups: 4, perGroup: 2, categories: { of: alphabetOf, perBatch: 1 } } }),
    );
    expect(only.map(({ size }) => size)).to.deep.equal([8, 8]);
  });

  it("refuses fewer categories than asked for, streams, groups of two categories and categories that are none", async () => {
    const balance = { groups: 2, perGroup: 2, categories: { of: "alphabet" } } as const;
    expect((await failure(epochOf(load([4], { balance })))).message).to.contain(
      "balance.categories.perBatch is 2 and there is 1 to choose from",
    );
    const stream = new GroupLoader<Glyph>(streamOf(glyphs([4, 4])), { balance });
    expect((await failure(epochOf(stream))).message).to.contain("give an array or a dataset");
    const torn = [...glyphs([2, 2]), { item: { text: "x", alphabet: "other" }, group: "0/0" }];
    expect((await failure(epochOf(new GroupLoader<Glyph>(torn, { balance })))).message).to.contain(
      'sample 16 of group "0/0" has the alphabet "other", and another of its group has "alphabet 0"',
    );
    const none = { ...balance, categories: { of: () => undefined as unknown as string } };
    expect((await failure(epochOf(load([2, 2], { balance: none })))).message).to.match(
      /the category of group "\d\/\d" is undefined; expected a text or a number/,
    );
    // @ts-expect-error the items have no such field
    expect(() => load([2, 2], { balance: { ...balance, categories: { of: "alphabets" } } })).to.not.throw();
  });

  it("lists wrong options", () => {
    const wrong = { of: 3, perBatch: 0, short: "fill", shrot: 1 };
    expect(problemsOf({ balance: { groups: 0, categories: wrong } }).map((text) => text.split(":")[0])).to.have.members(
      [
        "balance.groups",
        "balance.categories.of",
        "balance.categories.perBatch",
        "balance.categories.short",
        "balance.categories.shrot",
      ],
    );
    expect(problemsOf({ balance: { categories: {} } })[0]).to.contain("balance.categories.of: is missing");
    expect(problemsOf({ balance: { categories: "alphabet" } })[0]).to.contain("balance.categories: expected an object");
    expect(problemsOf({ groupAt: () => 1, balance: { categories: { of: "alphabet" } } })[0]).to.contain("groupAt");
    expect(
      problemsOf({ batchSize: 20, balance: { groups: 3, perGroup: 2, categories: { of: "alphabet" } } }),
    ).to.deep.equal(["batchSize: 20 is not 2 categories × 3 groups × 2 samples; leave it out"]);
    expect(problemsOf({ batchSize: 6, balance: { groups: 2, categories: { of: "alphabet" } } })[0]).to.contain(
      "give 8 or more",
    );
    expect(problemsOf({ balance: { groups: 1, categories: { of: "alphabet", perBatch: 1 } } })[0]).to.contain(
      "no negatives",
    );
  });
});
