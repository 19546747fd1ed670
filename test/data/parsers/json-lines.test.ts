import { expect } from "chai";
import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { GroupLoader, readJsonLines, type Records } from "likewise/data";
import { DataError } from "../../../lib/errors.js";
import { sharedPath } from "../../support/shared.js";
import { temporaryFolder } from "../../support/folder.js";
import { failure } from "../../support/failure.js";
import { epochOf, listOf } from "../epoch.js";

async function withFile(
  content: string | Buffer,
  use: (path: string) => Promise<void>,
  name = "rows.jsonl",
): Promise<void> {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/${name}`;
  await writeFile(path, content);
  await use(path);
}

/** Where a link leads; a descriptor may be gone by the time it is asked. */
function linkOf(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

/** Lines of all records of a reading. */
async function linesOf(records: Records<unknown>): Promise<number[]> {
  return (await listOf(records.blocks())).flatMap(({ lines }) => [...lines]);
}

describe("readJsonLines", () => {
  it("reads every line, anew each time, past empty lines and a byte order mark", async () => {
    await withFile('\uFEFF{"a":1}\r\n\n  \n[2,"\u2028"]\nnull', async (path) => {
      const records = readJsonLines(path);
      const expected = [{ a: 1 }, [2, "\u2028"], null];
      expect(await listOf(records)).to.deep.equal(expected);
      expect(await records.toArray()).to.deep.equal(expected);
      expect(await linesOf(records)).to.deep.equal([1, 4, 5]);
    });
  });

  it("reads files of many pieces, and lines longer than a piece", async () => {
    const rows = Array.from({ length: 3000 }, (_, i) => ({ i, text: "ä€𝄞".repeat(i % 300) }));
    rows.splice(7, 0, { i: -1, text: "é".repeat(700_000) });
    await withFile(rows.map((row) => `${JSON.stringify(row)}\n`).join(""), async (path) => {
      expect(await readJsonLines(path).toArray()).to.deep.equal(rows);
      expect(await linesOf(readJsonLines(path))).to.deep.equal(rows.map((_, place) => place + 1));
    });
    await withFile(
      gzipSync('{"zip":true}\n'),
      async (path) => {
        expect(await readJsonLines(path).toArray()).to.deep.equal([{ zip: true }]);
      },
      "rows.jsonl.gz",
    );
  });

  it("names file and line of what is wrong", async () => {
    await withFile('{"a":1}\n\n{"a":\n', async (path) => {
      const error = (await failure(() => readJsonLines(path).toArray())) as DataError;
      expect(error).to.be.instanceOf(DataError);
      expect([error.file, error.line]).to.deep.equal([path, 3]);
      expect(error.message).to.match(/rows\.jsonl:3: not JSON: /);
    });
    const missing = await failure(() => readJsonLines("/nowhere/rows.jsonl").toArray());
    expect(missing).to.be.instanceOf(DataError);
    expect(missing.message).to.match(/^\/nowhere\/rows\.jsonl: cannot be read: ENOENT/);
    await withFile(Buffer.from([0x22, 0xe9, 0x22, 0x0a]), async (path) => {
      expect((await failure(() => readJsonLines(path).toArray())).message).to.contain(
        "is not UTF-8 text; convert it first",
      );
    });
  });

  it("checks records, and tells the place of what check and map refuse", async () => {
    await withFile('{"t":"x"}\n{"t":3}\n', async (path) => {
      const checked = readJsonLines(path, {
        check(value): string {
          const { t } = value as { t: unknown };
          if (typeof t !== "string") throw new DataError(`t is ${JSON.stringify(t)}; expected a text`);
          return t;
        },
      });
      expect((await failure(() => checked.toArray())).message).to.equal(`${path}:2: t is 3; expected a text`);
      const mistaken = readJsonLines<{ t: string }>(path, { skipBadLines: true }).map(({ t }) => t.toUpperCase());
      const error = (await failure(() => mistaken.toArray())) as DataError;
      expect(error.message).to.match(/rows\.jsonl:2: t\.toUpperCase is not a function/);
      expect(error.cause).to.be.instanceOf(TypeError);
    });
  });

  it("leaves bad lines out when asked, counts them and tells of each", async () => {
    await withFile('1\noops\n2\n"bad"\n3\n', async (path) => {
      const told: string[] = [];
      const records = readJsonLines<number>(path, { skipBadLines: true, onSkip: ({ message }) => told.push(message) })
        .map((value) => {
          if (typeof value !== "number") throw new DataError("no number");
          return 10 * value;
        })
        .filter((value) => value !== 20);
      expect(await records.toArray()).to.deep.equal([10, 30]);
      expect(records.skipped).to.equal(2);
      expect(await linesOf(records)).to.deep.equal([1, 5]);
      expect(records.skipped, "of the last reading").to.equal(2);
      expect(told.length).to.equal(4);
      expect(told[1]).to.equal(`${path}:4: no number`);
    });
  });

  it("warns once when bad lines are left out and nobody listens", async () => {
    await withFile("1\noops\n", async (path) => {
      const messages: string[] = [];
      const { emitWarning } = process;
      process.emitWarning = ((message: string) => messages.push(message)) as typeof emitWarning;
      try {
        const records = readJsonLines(path, { skipBadLines: true });
        expect([await records.toArray(), await records.toArray()]).to.deep.equal([[1], [1]]);
      } finally {
        process.emitWarning = emitWarning;
      }
      expect(messages.length).to.equal(1);
      expect(messages[0]).to.contain(`${path}: 1 bad line was left out; the first:`);
    });
  });

  it("gives loaders the place of a bad sample, streamed or from an array", async () => {
    await withFile('{"text":"a","label":"x"}\n\n{"text":"b"}\n', async (path) => {
      const records = readJsonLines<{ text: string; label: string }>(path).map(({ text, label }) => ({
        item: text,
        group: label,
      }));
      const array = await records.toArray();
      for (const samples of [records, array]) {
        const error = (await failure(() => epochOf(new GroupLoader(samples, { balance: false })))) as DataError;
        expect(error.message).to.equal(
          `${path}:3: GroupLoader: sample 1 has no group; expected { item, group: number | string }`,
        );
        expect(error.line).to.equal(3);
      }
      (array as unknown[]).reverse();
      expect((await failure(() => epochOf(new GroupLoader(array)))).message).to.contain(":3: GroupLoader: sample 0");
      const loader = new GroupLoader(
        records.filter(({ group }) => (group as string | undefined) !== undefined),
        { balance: false },
      );
      expect((await epochOf(loader, { training: false })).map(({ items }) => items)).to.deep.equal([["a"]]);
    });
  });

  it("closes the file when the reader stops early", async function () {
    if (!existsSync("/proc/self/fd")) this.skip();
    await withFile("1\n".repeat(500_000), async (path) => {
      const isOpen = (): boolean =>
        readdirSync("/proc/self/fd").some((name) => linkOf(`/proc/self/fd/${name}`) === path);
      for await (const block of readJsonLines(path).blocks()) {
        expect(isOpen()).to.equal(true);
        if (block.records.length > 0) break;
      }
      for (let tries = 0; tries < 100 && isOpen(); tries += 1) await new Promise((resolve) => setTimeout(resolve, 5));
      expect(isOpen()).to.equal(false);
    });
  });

  it("reads real questions, one of which holds a line end", async function () {
    const folder = sharedPath(this, "data/text/banking77");
    const train = await readJsonLines<{ text: string; label: string }>(`${folder}/train.jsonl`).toArray();
    const test = await readJsonLines<{ text: string; label: string }>(`${folder}/test.jsonl`).toArray();
    expect([train.length, test.length]).to.deep.equal([10_003, 3_080]);
    expect(train.filter(({ text }) => text.includes("\n")).length).to.equal(1);
    expect(new Set(train.map(({ label }) => label)).size).to.equal(77);
    const loader = new GroupLoader(
      train.map(({ text, label }) => ({ item: text, group: label })),
      { batchSize: 64 },
    );
    const batches = await epochOf(loader);
    expect(new Set(batches.flatMap(({ items }) => [...items])).size).to.equal(
      new Set(train.map(({ text }) => text)).size,
    );
    expect(batches.length).to.be.within(157, 165);
  });
});
