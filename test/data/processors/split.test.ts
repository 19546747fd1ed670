import { expect } from "chai";
import fc from "fast-check";
import { writeFile } from "node:fs/promises";
import { GroupLoader, readJsonLines, sideOf, split } from "likewise/data";
import { ConfigError, DataError } from "../../../lib/errors.js";
import { Random } from "../../../lib/random.js";
import { temporaryFolder } from "../../support/folder.js";
import { failure } from "../../support/failure.js";
import { epochOf } from "../epoch.js";

const rows = Array.from({ length: 5000 }, (_, i) => ({ user: `user ${i % 1000}`, click: i }));

describe("split", () => {
  it("puts every row on one side, equal keys on the same, in about the shares asked for", () => {
    const parts = split(rows, { key: (row) => row.user, validation: 0.2, test: 0.1 });
    const users = Object.values(parts).map(
      (part: readonly { user: string }[]) => new Set(part.map(({ user }) => user)),
    );
    expect(users.reduce((sum, set) => sum + set.size, 0)).to.equal(1000);
    expect(parts.train.length + parts.validation.length + parts.test.length).to.equal(5000);
    expect(parts.validation.length / 5000).to.be.closeTo(0.2, 0.04);
    expect(parts.test.length / 5000).to.be.closeTo(0.1, 0.03);
    expect(
      parts.train.map(({ click }) => click),
      "in order",
    ).to.deep.equal([...parts.train.map(({ click }) => click)].sort((a, b) => a - b));
  });

  it("decides by key and seed alone: not by order or other rows", () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 0, max: 100 }), (seed, take) => {
        const key = (row: { user: string }): string => row.user;
        const some = new Random(seed).shuffle([...rows.slice(0, 200)]).slice(take);
        const parts = split(some, { key, seed });
        for (const [side, part] of Object.entries(parts)) {
          for (const row of part as readonly { user: string }[]) expect(sideOf(row.user, { seed })).to.equal(side);
        }
      }),
      { numRuns: 20 },
    );
    const test = (seed: number): readonly unknown[] => split(rows, { key: ({ user }) => user, seed }).test;
    expect(test(1)).to.deep.equal(test(1));
    expect(test(1)).to.not.deep.equal(test(2));
  });

  it("stays what it is from version to version", () => {
    const keys = ["a", "b", "c", "d", "e", "user 17", 17, "17"];
    const sides = keys.map((key) => sideOf(key, { validation: 0.3, test: 0.3, seed: 5 }));
    expect(sides.map((side) => side[0]).join("")).to.equal("tvvvvvtt");
  });

  it("keeps equal rows together by default", () => {
    const doubled = [...rows.slice(0, 300), ...rows.slice(0, 300).map((row) => ({ ...row }))];
    const { train } = split(doubled);
    expect(train.length).to.equal(2 * new Set(train.map(({ click }) => click)).size);
  });

  it("can leave sides empty", () => {
    const { train, validation, test } = split(rows, { validation: 0, test: 0 });
    expect([train.length, validation.length, test.length]).to.deep.equal([5000, 0, 0]);
  });

  it("refuses fractions that leave nothing and rows without a key", () => {
    expect(() => split(rows, { validation: 0.5, test: 0.5 })).to.throw(
      ConfigError,
      "0.5 and 0.5 leave nothing to train on",
    );
    expect(() => split(rows, { validation: -1, test: NaN, seed: 0.5 })).to.throw(
      ConfigError,
      /validation: .*(.|\n)*test: .*(.|\n)*seed: /,
    );
    expect(() => split([{ user: "" }], { key: ({ user }) => user })).to.throw(DataError, 'the key of row 0 is ""');
    expect(() => split([{}] as { user: string }[], { key: ({ user }) => user })).to.throw(
      DataError,
      "the key of row 0 is undefined",
    );
  });

  it("refuses options it does not know, for single keys too", () => {
    expect(() => split(rows, { valid: 0.2 } as object)).to.throw(
      ConfigError,
      "valid: unknown option; known: validation",
    );
    expect(() => sideOf("a", { test: 2 })).to.throw(
      ConfigError,
      "test: expected a number from 0 to less than 1, got 2",
    );
    expect(() => split([() => 1])).to.throw(DataError, "row 0 holds a function; give key");
  });

  it("tells rows apart by content that JSON does not show", () => {
    const maps = Array.from({ length: 200 }, (_, i) => new Map([["id", i]]));
    const { train, validation, test } = split(maps, { validation: 0.3, test: 0.3 });
    for (const side of [train, validation, test]) expect(side.length).to.be.within(30, 110);
  });

  it("says what rows and keys have to be", async () => {
    const empty = await failure(() => split([{ id: "a" }, { id: "" }], { key: ({ id }) => id }));
    expect(empty.message).to.equal('split: the key of row 1 is ""; expected a text that is not empty, or a number');
    const unread = await failure(() => split(readJsonLines("rows.jsonl") as unknown as readonly string[]));
    expect(unread).to.be.instanceOf(ConfigError);
    expect(unread.message).to.match(/rows: expected an array, got .*await rows\.toArray\(\)/u);
  });

  it("lets loaders of the parts still name file and line", async () => {
    await using folder = await temporaryFolder();
    const path = `${folder.path}/rows.jsonl`;
    await writeFile(
      path,
      Array.from({ length: 40 }, (_, i) => `{"item":${i}${i === 33 ? "" : ',"group":1'}}\n`).join(""),
    );
    const records = await readJsonLines<{ item: number; group: number }>(path).toArray();
    const part = Object.values(split(records, { key: ({ item }) => item })).find((some: typeof records) =>
      some.some(({ item }) => item === 33),
    ) as typeof records;
    const error = await failure(() => epochOf(new GroupLoader(part)));
    expect(error.message).to.match(/rows\.jsonl:34: GroupLoader: sample \d+ has no group/);
  });
});
