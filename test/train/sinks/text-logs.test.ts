import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { FileFormatError, UsageError } from "../../../lib/errors.js";
import { CsvLog, JsonLinesLog, nextRunDirectory } from "../../../lib/train/sinks/index.js";

let folder = "";
beforeEachFolder();

function beforeEachFolder(): void {
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "likewise-logs-"));
  });
  after(() => rm(folder, { recursive: true }));
}

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(() => null).catch((error: unknown) => error);

describe("CsvLog", () => {
  it("writes a header and one row a call, and makes the folders on the way", async () => {
    const path = join(folder, "a/b/metrics.csv");
    const log = new CsvLog(path);
    await log.write(1, { loss: 0.5, accuracy: 1 });
    await log.write(2, { loss: 0.25, accuracy: 0.125 });
    await log.close();
    expect(await readFile(path, "utf8")).to.equal("step,loss,accuracy\n1,0.5,1\n2,0.25,0.125\n");
  });

  it("adds columns for names that come later, and leaves cells of absent ones empty", async () => {
    const path = join(folder, "grow.csv");
    const log = new CsvLog(path);
    await log.write(1, { loss: 0.5 });
    await log.write(2, { recall: 0.75 });
    await log.write(3, { 'odd, "name"': 1, loss: 0 });
    await log.write(4, { recall: 1, loss: 2 });
    await log.close();
    expect(await readFile(path, "utf8")).to.equal(
      'step,loss,recall,"odd, ""name"""\n1,0.5,,\n2,,0.75,\n3,0,,1\n4,2,1,\n',
    );
  });

  it("writes what is not finite as words", async () => {
    const path = join(folder, "words.csv");
    const log = new CsvLog(path);
    await log.write(1, { a: NaN, b: Infinity, c: -Infinity, d: 1e-12 });
    await log.close();
    expect(await readFile(path, "utf8")).to.equal("step,a,b,c,d\n1,NaN,Infinity,-Infinity,1e-12\n");
  });

  it("appends to the file of the run it goes on with, also with new columns", async () => {
    const path = join(folder, "resume.csv");
    for (const [step, scalars] of [
      [1, { loss: 3, 'a,"b': 1 }],
      [2, { loss: 2, 'a,"b': 2 }],
      [3, { recall: 1, loss: 1 }],
    ] as const) {
      const log = new CsvLog(path);
      await log.write(step, scalars);
      await log.close();
    }
    expect(await readFile(path, "utf8")).to.equal('step,loss,"a,""b",recall\n1,3,1,\n2,2,2,\n3,1,,1\n');
  });

  it("drops a row that a crash cut off, and rows after the step that is resumed", async () => {
    const path = join(folder, "cut.csv");
    await writeFile(path, "step,loss\n8,1\n9,2\n10,3\n11,4\n12,0.");
    const log = new CsvLog(path, { keepUntil: 10 });
    await log.write(11, { loss: 5 });
    await log.close();
    expect(await readFile(path, "utf8")).to.equal("step,loss\n8,1\n9,2\n10,3\n11,5\n");
    await writeFile(path, "step,lo");
    const other = new CsvLog(path);
    await other.write(1, { recall: 5 });
    await other.close();
    expect(await readFile(path, "utf8")).to.equal("step,recall\n1,5\n");
  });

  it("refuses a file that is not its own, and changes nothing in it", async () => {
    for (const text of ["name,age\nx,3\n", "hello", "\n", '"step\n']) {
      const path = join(folder, "foreign.csv");
      await writeFile(path, text);
      const log = new CsvLog(path);
      expect(await failure(log.write(1, { loss: 1 })), text).to.be.instanceOf(FileFormatError);
      await log.close();
      expect(await readFile(path, "utf8")).to.equal(text);
    }
  });

  it("keeps the order of calls that are not waited for", async () => {
    const path = join(folder, "fast.csv");
    const log = new CsvLog(path);
    for (let step = 0; step < 50; step += 1) void log.write(step, { [`n${step % 3}`]: step });
    await log.close();
    const rows = (await readFile(path, "utf8")).trim().split("\n");
    expect(rows[0]).to.equal("step,n0,n1,n2");
    expect(rows.slice(1).map((row) => Number.parseInt(row, 10))).to.deep.equal(Array.from({ length: 50 }, (_, i) => i));
  });

  it("refuses the name of the step, and anything after it was closed", async () => {
    const log = new CsvLog(join(folder, "never.csv"));
    expect(await failure(log.write(1, { step: 1 }))).to.be.instanceOf(UsageError);
    await log.write(1, { loss: 1 });
    await log.close();
    await log.close();
    expect(await failure(log.write(2, { loss: 1 }))).to.be.instanceOf(UsageError);
  });

  it("makes no file when nothing is logged", async () => {
    await new CsvLog(join(folder, "nothing.csv")).close();
    expect(await failure(readFile(join(folder, "nothing.csv")))).to.be.instanceOf(Error);
  });
});

describe("JsonLinesLog", () => {
  it("writes one object a line, what is not finite as texts", async () => {
    const path = join(folder, "x/metrics.jsonl");
    const log = new JsonLinesLog(path);
    await log.write(1, { "train/loss": 0.5, epoch: 0 });
    await log.write(2, { a: NaN, b: -Infinity, 'q"': 1 });
    await log.close();
    const lines = (await readFile(path, "utf8")).split("\n");
    expect(lines).to.deep.equal([
      '{"step":1,"train/loss":0.5,"epoch":0}',
      '{"step":2,"a":"NaN","b":"-Infinity","q\\"":1}',
      "",
    ]);
  });

  it("appends, after dropping a line that a crash cut off and lines after the step that is resumed", async () => {
    const path = join(folder, "cut.jsonl");
    await writeFile(path, '{"step":1,"a":1}\n{"note":"mine"}\n{"step":2,"a":2}\n{"step":3,"a"');
    const log = new JsonLinesLog(path, { keepUntil: 1 });
    await log.write(2, { a: 5 });
    await log.close();
    expect(await readFile(path, "utf8")).to.equal('{"step":1,"a":1}\n{"note":"mine"}\n{"step":2,"a":5}\n');
  });

  it("refuses the name of the step", async () => {
    const log = new JsonLinesLog(join(folder, "never.jsonl"));
    expect(await failure(log.write(1, { step: 1 }))).to.be.instanceOf(UsageError);
    await log.close();
  });
});

describe("nextRunDirectory", () => {
  it("counts up, past gaps and things that are no runs", async () => {
    const root = join(folder, "runs");
    expect(await nextRunDirectory(root)).to.equal(join(root, "run-1"));
    expect(await nextRunDirectory(root)).to.equal(join(root, "run-2"));
    for (const name of ["run-9", "run-x", "run-10-old", "other"]) await mkdir(join(root, name));
    await writeFile(join(root, "run-10"), "");
    expect(await nextRunDirectory(root)).to.equal(join(root, "run-11"));
  });

  it("never gives the same folder twice", async () => {
    const root = join(folder, "many");
    const paths = await Promise.all(Array.from({ length: 8 }, () => nextRunDirectory(root)));
    expect(new Set(paths).size).to.equal(8);
  });
});
