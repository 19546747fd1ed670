import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { ConfigError, DataError } from "likewise";
import { checkRetrievalTable, readRetrievalTable } from "likewise/data";
import { failure } from "../../support/failure.js";
import { temporaryFolder } from "../../support/folder.js";

const header = "label,path,split,is_query,is_gallery,category";
const good = [
  "cat,a.png,train,,,pets",
  "cat,b.png,train,,,pets",
  "dog,c.png,validation,true,true,pets",
  "dog,d.png,validation,0,1,pets",
];

/** Runs with a table of these lines in a folder with these files. */
async function withTable(
  lines: readonly string[],
  use: (path: string, root: string) => Promise<void>,
  columns = header,
): Promise<void> {
  await using folder = await temporaryFolder();
  await mkdir(join(folder.path, "images"));
  for (const name of ["a.png", "b.png", "c.png", "d.png"]) await writeFile(join(folder.path, "images", name), "");
  const path = join(folder.path, "table.csv");
  await writeFile(path, `${[columns, ...lines].join("\n")}\n`);
  await use(path, join(folder.path, "images"));
}

describe("a retrieval table", () => {
  it("whose root is no folder says so once", () =>
    withTable(good, async (path, root) => {
      for (const missing of [join(root, "missing"), join(root, "a.png")]) {
        const error = await failure(checkRetrievalTable(path, { root: missing }));
        expect(error).to.be.instanceOf(ConfigError);
        expect(error.message).to.contain(`root: there is no folder "${missing}"`);
      }
    }));

  it("is read when nothing is wrong", () =>
    withTable(good, async (path, root) => {
      const rows = await readRetrievalTable(path, { root });
      expect(rows.length).to.equal(4);
      expect(rows[0]).to.deep.equal({
        ...{ path: "a.png", label: "cat", split: "train", isQuery: false, isGallery: false, category: "pets" },
        ...{ sequence: "", box: null },
      });
      expect(rows[3]).to.deep.include({ isQuery: false, isGallery: true, split: "validation" });
    }));

  it("lists every broken row with its line", () =>
    withTable(
      [
        ...good,
        ",e.png,train,,,",
        "cat,,train,,,",
        "cat,../e.png,train,,,",
        "cat,/etc/passwd,train,,,",
        "cat,a.png,train,,,",
        "cat,f.png,test,,,",
        "cat,g.png,train,true,,",
        "cat,h.png,validation,yes,false,",
        "cat,i.png,validation,false,false,",
        "bird,j.png,validation,true,false,",
        "fish,k.png,train,,,",
        "too,few",
      ],
      async (path) => {
        const { rows, problems } = await checkRetrievalTable(path);
        expect(rows.length).to.equal(4);
        const found = new Map(problems.map(({ line, problem }) => [line, problem]));
        const expected = [
          [6, /no label/],
          [7, /no path/],
          [8, /outside/],
          [9, /outside/],
          [10, /that of line 2 too/],
          [11, /"test"; expected train or validation/],
          [12, /for validation rows/],
          [13, /is_query is "yes"/],
          [14, /neither asks/],
          [15, /label "bird"/],
          [16, /only training row of the label "fish"/],
          [17, /expected 6 fields, got 2/],
        ] as const;
        expect([...found.keys()]).to.deep.equal(expected.map(([line]) => line));
        for (const [line, pattern] of expected) expect(found.get(line)).to.match(pattern);
        const error = await failure(readRetrievalTable(path));
        expect(error).to.be.instanceOf(DataError);
        expect(error.message).to.match(/has 12 problems:\n {2}line 6: has no label\n/);
      },
    ));

  it("reads sequences and boxes, several of a file, and names those that are none", () =>
    withTable(
      [
        "cat,a.png,train,,,pets,s1,0,0,10,20",
        "cat,a.png,train,,,pets,s1,5,0,10,20",
        "cat,b.png,train,,,pets,,,,,",
        "cat,c.png,train,,,pets,,5,0,5,20",
        "cat,d.png,train,,,pets,,1,2,,4",
        "cat,a.png,train,,,pets,s1,5,0,10,20",
        "cat,e.png,train,,,wild,,,,,",
      ],
      async (path) => {
        const { rows, problems } = await checkRetrievalTable(path);
        expect(rows.map(({ sequence, box }) => [sequence, box])).to.deep.equal([
          ["s1", { left: 0, top: 0, right: 10, bottom: 20 }],
          ["s1", { left: 5, top: 0, right: 10, bottom: 20 }],
          ["", null],
        ]);
        const patterns = [/x_1, y_1, x_2, y_2 are "5", "0", "5", "20"/, /all empty/, /that of line 3 too/, /"wild", and its label "cat" has "pets"/]; // prettier-ignore
        expect(problems.map(({ line }) => line)).to.deep.equal([5, 6, 7, 8]);
        patterns.forEach((pattern, at) => expect(problems[at]!.problem).to.match(pattern));
      },
      `${header},sequence,x_1,y_1,x_2,y_2`,
    ));

  it("looks up files when told where they are", () =>
    withTable([...good, "cat,z.png,train,,,"], async (path, root) => {
      expect((await checkRetrievalTable(path)).problems).to.deep.equal([]);
      const { problems, rows } = await checkRetrievalTable(path, { root });
      expect(problems).to.deep.equal([{ line: 6, problem: 'there is no file "z.png"' }]);
      expect(rows.length).to.equal(4);
    }));

  it("says when there is nothing to learn from, and when it is no such table", async () => {
    await withTable(good.slice(2), async (path) => {
      expect((await checkRetrievalTable(path)).problems).to.deep.equal([
        { line: 0, problem: "there is no training row" },
      ]);
    });
    await using folder = await temporaryFolder();
    const path = join(folder.path, "other.csv");
    await writeFile(path, "name,age\nx,3\n");
    const error = await failure(checkRetrievalTable(path));
    expect(error).to.be.instanceOf(DataError);
    expect(error.message).to.include("label, path, split, is_query, is_gallery");
  });
});
