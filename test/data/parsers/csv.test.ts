import { expect } from "chai";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { GroupLoader, readCsv, readJsonLines, split, type CsvOptions, type CsvRow } from "likewise/data";
import { parseRecord } from "../../../data/parsers/delimited-text.js";
import { ConfigError, DataError } from "../../../lib/errors.js";
import { temporaryFolder } from "../../support/folder.js";
import { sharedPath } from "../../support/shared.js";
import { failure } from "../../support/failure.js";
import { epochOf, listOf } from "../epoch.js";

async function withCsv(content: string, use: (path: string) => Promise<void>): Promise<void> {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/rows.csv`;
  await writeFile(path, content);
  await use(path);
}

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

async function loadedItems(rows: readonly CsvRow[]): Promise<readonly CsvRow[]> {
  const samples = rows.map((item) => ({ item, group: item["__proto__"] as string }));
  const loader = new GroupLoader(samples, { batchSize: rows.length, balance: false });
  return (await epochOf(loader)).flatMap(({ items }) => items);
}

/** Parses a whole text, or tells what is wrong with it. */
function parseAll(text: string): readonly (readonly string[])[] | null {
  const records: (readonly string[])[] = [];
  for (let start = 0; start < text.length;) {
    const parsed = parseRecord(text, start, true, { delimiter: ",", quote: '"' });
    if (parsed === null || "problem" in parsed) return null;
    records.push(parsed.fields);
    start = parsed.next;
  }
  return records;
}

describe("readCsv", () => {
  it("reads quoted fields with line ends, quotes and delimiters, and knows on which line each record starts", async () => {
    const text = '\uFEFFtext,label\r\n"one\r\ntwo",1\r\n\r\n\n"a ""quoted"" word, and a comma",2\n"\n\n",3\nlast,4';
    await withCsv(text, async (path) => {
      const records = readCsv(path);
      expect(await records.toArray()).to.deep.equal([
        { text: "one\r\ntwo", label: "1" },
        { text: 'a "quoted" word, and a comma', label: "2" },
        { text: "\n\n", label: "3" },
        { text: "last", label: "4" },
      ]);
      expect((await listOf(records.blocks())).flatMap(({ lines }) => [...lines])).to.deep.equal([2, 6, 7, 10]);
    });
  });

  it("takes tabs for delimiters where the name of the file says so, unless told otherwise", async () => {
    await using folder = await temporaryFolder();
    const rows = async (name: string, content: string | Uint8Array, options?: CsvOptions) => {
      await writeFile(`${folder.path}/${name}`, content);
      return readCsv(`${folder.path}/${name}`, options).toArray();
    };
    const tabs = "a\tb\n1,2\t3\n";
    for (const name of ["rows.tsv", "rows.TAB"]) expect(await rows(name, tabs)).to.deep.equal([{ a: "1,2", b: "3" }]);
    expect(await rows("rows.tsv.gz", gzipSync(tabs))).to.deep.equal([{ a: "1,2", b: "3" }]);
    expect(await rows("rows.tsv", "a;b\n1;2", { delimiter: ";" })).to.deep.equal([{ a: "1", b: "2" }]);
    expect(await rows("tsv.csv", "a,b\n1,2")).to.deep.equal([{ a: "1", b: "2" }]);
  });

  it("parses what another parser parses, and refuses what it refuses", () => {
    const piece = fc.constantFrom("a", "b c", ",", '"', '""', "\n", "\r\n", "ü", '"x,y"', '"\n"', ",,");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join("");
        let expected: string[][] | null;
        try {
          expected = parse(text, { relax_column_count: true, record_delimiter: ["\r\n", "\n"] });
        } catch {
          expected = null;
        }
        // A delimiter at the very end opens one more, empty field; so do both parsers.
        expect(parseAll(text), JSON.stringify(text)).to.deep.equal(expected);
      }),
      { numRuns: 3000 },
    );
  });

  it("gives the same records however the text is cut into pieces", () => {
    const text = 'a,"b\r\nc""d",e\r\n"",x,\r\n"q"\n';
    const dialect = { delimiter: ",", quote: '"' };
    const whole = parseRecord(text, 0, true, dialect);
    for (let length = 0; length < text.length; length += 1) {
      const parsed = parseRecord(text.slice(0, length), 0, false, dialect);
      if (parsed !== null) expect(parsed, `${length} characters`).to.deep.equal(whole);
    }
  });

  it("reads files of many pieces with records longer than a piece", async () => {
    const rows = Array.from({ length: 5000 }, (_, i) => ({
      id: `${i}`,
      text: `line one "${i}"\nline, two ${"€".repeat(i % 90)}`,
    }));
    rows.splice(5, 0, { id: "long", text: 'x,"\n'.repeat(300_000) });
    await withCsv(`id,text\n${rows.map(({ id, text }) => `${id},${quoted(text)}\n`).join("")}`, async (path) => {
      expect(await readCsv(path).toArray()).to.deep.equal(rows);
    });
  });

  it("takes the columns it is asked for, or the names it is given", async () => {
    await withCsv("a,b,c\n1,2,3\n", async (path) => {
      expect(await readCsv(path, { columns: ["c", "a"] }).toArray()).to.deep.equal([{ c: "3", a: "1" }]);
      const all = await readCsv(path, { columns: ["x", "y", "z"], header: false }).toArray();
      expect(all.map(({ y }) => y)).to.deep.equal(["b", "2"]);
      const error = await failure(() => readCsv(path, { columns: ["label", "a"] }).toArray());
      expect(error.message).to.equal(`${path}:1: has no column label; its header names a, b, c`);
      const checked = readCsv(path, { columns: ["a"], check: ({ a }) => Number(a) });
      expect((await checked.toArray()).map((value) => value + 1)).to.deep.equal([2]);
    });
  });

  it("reads files in which quotes mean nothing, and other delimiters", async () => {
    await withCsv('5" pipe\t"x\t1\n', async (path) => {
      const options = { columns: ["a", "b", "label"], header: false, delimiter: "\t", quote: null } as const;
      expect(await readCsv(path, options).toArray()).to.deep.equal([{ a: '5" pipe', b: '"x', label: "1" }]);
      const error = await failure(() => readCsv(path, { ...options, quote: '"' }).toArray());
      expect(error.message).to.match(/:1: a " inside a field that does not start with it; .* give quote: null/);
    });
  });

  it("names file and line of what is wrong", async () => {
    const problem = async (text: string, options: CsvOptions = {}): Promise<string> => {
      let message = "";
      await withCsv(text, async (path) => {
        const error = await failure(() => readCsv(path, options).toArray());
        expect(error).to.be.instanceOf(DataError);
        message = error.message.replace(path, "FILE");
      });
      return message;
    };
    expect(await problem('a,b\n"x\ny",1\n1\n')).to.equal("FILE:4: expected 2 fields, got 1");
    expect(await problem('a,b\n"x\ny",1\n"1"2,3\n')).to.equal(
      'FILE:4: "2" after a closing quote, where a delimiter or the end of the line belongs',
    );
    expect(await problem('a,b\n1,"2\n3,4\n')).to.equal("FILE:2: a quoted field is never closed");
    expect(await problem("a,b,a\n")).to.equal('FILE:1: column "a" occurs twice in the header, as fields 1 and 3');
    expect(await problem(",\n1,2\n")).to.equal("FILE:1: names no column in its first line");
    expect(await problem("")).to.equal("FILE: is empty; expected a header line");
    expect(await problem('a,"b"x\n1,2\n', { skipBadLines: true })).to.contain("FILE:1: ");
  });

  it("reads lines that end with CR alone, as the first does", async () => {
    await withCsv('text,label\ra,"b\rc"\r\rd,e\r', async (path) => {
      const records = readCsv(path);
      expect(await records.toArray()).to.deep.equal([
        { text: "a", label: "b\rc" },
        { text: "d", label: "e" },
      ]);
      expect((await listOf(records.blocks())).flatMap(({ lines }) => [...lines])).to.deep.equal([2, 5]);
    });
    await withCsv('a,b\r1,"x\ry\r\n""z""\n"\r3,4', async (path) => {
      expect(await readCsv(path).toArray()).to.deep.equal([
        { a: "1", b: 'x\ry\r\n"z"\n' },
        { a: "3", b: "4" },
      ]);
    });
    await withCsv("text\r", async (path) => {
      expect(await readCsv(path).toArray()).to.deep.equal([]);
      expect((await failure(() => readCsv(path, { columns: ["a"] }).toArray())).message).to.match(/names text$/u);
    });
    const rows = Array.from({ length: 60_000 }, (_, i) => ({ id: `${i}`, text: `text\r${i}` }));
    await withCsv(`id,text\r${rows.map(({ id, text }) => `${id},${quoted(text)}\r`).join("")}`, async (path) => {
      expect(await readCsv(path).toArray()).to.deep.equal(rows);
    });
    await withCsv('"a\rb",c\n1,2\r3\n', async (path) => {
      expect(await readCsv(path).toArray()).to.deep.equal([{ "a\rb": "1", c: "2\r3" }]);
    });
  });

  it("keeps a column called __proto__ as JSON lines do, and touches no prototype", async () => {
    const before = Object.getOwnPropertyNames(Object.prototype);
    await withCsv("__proto__,constructor\na,b\nc,d\n", async (path) => {
      const rows = await readCsv(path).toArray();
      expect(rows.map((row) => Object.entries(row))).to.deep.equal([
        [
          ["__proto__", "a"],
          ["constructor", "b"],
        ],
        [
          ["__proto__", "c"],
          ["constructor", "d"],
        ],
      ]);
      for (const row of rows) expect(Object.getPrototypeOf(row)).to.equal(Object.prototype);
      const sides = split(rows);
      expect([...sides.train, ...sides.validation, ...sides.test]).to.have.members(rows);
      expect(await loadedItems(rows)).to.have.members(rows);
    });
    expect(Object.getOwnPropertyNames(Object.prototype)).to.deep.equal(before);
    expect(Object.getPrototypeOf(Object.prototype)).to.equal(null);
  });

  it("passes over columns without a name, as spreadsheets write them, and over doubled ones that are not taken", async () => {
    await withCsv("text,label,, \na,b,,\nc,d,x,\n", async (path) => {
      expect(await readCsv(path).toArray()).to.deep.equal([
        { text: "a", label: "b" },
        { text: "c", label: "d" },
      ]);
    });
    await withCsv("text,note,note\na,b,c\n", async (path) => {
      expect(await readCsv(path, { columns: ["text"] }).toArray()).to.deep.equal([{ text: "a" }]);
    });
  });

  it("leaves out bad lines when asked, losing one line each, also to a quote that is never closed", async () => {
    await withCsv('a,b\n1,2\nshort\n"u"x,3\n3,4\n"never,5\n6,7\n', async (path) => {
      const lines: (number | undefined)[] = [];
      const records = readCsv(path, { skipBadLines: true, onSkip: ({ line }) => lines.push(line) });
      expect((await records.toArray()).map(({ a }) => a)).to.deep.equal(["1", "3", "6"]);
      expect(records.skipped).to.equal(3);
      expect(lines.sort()).to.deep.equal([3, 4, 6]);
    });
  });

  it("lists every wrong option", () => {
    expect(() => readCsv("x.csv", { header: false, delimiter: "ab", quote: "" })).to.throw(
      ConfigError,
      /delimiter: expected one character(.|\n)*quote: expected one character(.|\n)*columns: needed when there is no header/,
    );
    expect(() => readCsv("x.csv", { columns: ["a", "a"], delimiter: '"' })).to.throw(
      ConfigError,
      /occurs twice(.|\n)*is the delimiter too/,
    );
    expect(() => readCsv("x.csv", { delimeter: ";", header: "no", columns: [] } as object)).to.throw(
      ConfigError,
      /delimeter: unknown option(.|\n)*columns: expected at least one name(.|\n)*header: expected true or false/,
    );
  });

  it("reads real questions written as CSV, one of which holds a line end", async function () {
    const folder = sharedPath(this, "data/text/banking77");
    const rows = await readJsonLines<{ text: string; label: string }>(`${folder}/train.jsonl`).toArray();
    await withCsv(
      `text,label\n${rows.map(({ text, label }) => `${quoted(text)},${label}\n`).join("")}`,
      async (path) => {
        const read = await readCsv(path, { columns: ["text", "label"] }).toArray();
        expect(read.length).to.equal(10_003);
        expect(read).to.deep.equal(rows);
      },
    );
  });
});
