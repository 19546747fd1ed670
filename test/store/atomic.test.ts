import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { writeDirectoryAtomic, writeFileAtomic } from "../../lib/store/atomic.js";
import { isMissing } from "../../lib/store/read.js";
import type { FolderContent } from "../../lib/store/replaceable-folder.js";
import { readJsonFile, writeJsonFile } from "../../lib/store/json-file.js";

/** No process has this id. */
const DEAD = 2 ** 22 + 1;
const format = { format: "test", version: 1 };
const FOLDER: FolderContent = {
  who: "the test",
  what: "a folder",
  described: { file: "a.json", format: "test" },
  files: ["b.txt", "more"],
};

describe("atomic writing", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "likewise-atomic-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const names = (): Promise<string[]> => readdir(folder);
  const build =
    (value: number) =>
    async (temporary: string): Promise<void> => {
      await writeJsonFile(join(temporary, "a.json"), format, { value });
      await writeFile(join(temporary, "b.txt"), String(value));
    };
  const read = async (path: string): Promise<unknown> => (await readJsonFile(join(path, "a.json"), format))["value"];

  it("writes texts, bytes and lists of bytes, and replaces what was there", async () => {
    const path = join(folder, "x");
    await writeFileAtomic(path, "häll");
    expect(await readFile(path, "utf8")).to.equal("häll");
    await writeFileAtomic(path, Uint8Array.of(1, 2));
    expect(await readFile(path)).to.deep.equal(Buffer.of(1, 2));
    await writeFileAtomic(path, [Uint8Array.of(3), new Uint8Array(0), Uint8Array.of(4)]);
    expect(await readFile(path)).to.deep.equal(Buffer.of(3, 4));
    expect(await names()).to.deep.equal(["x"]);
  });

  it("leaves the old file and nothing else when writing fails", async () => {
    const path = join(folder, "x");
    await mkdir(path);
    await writeFile(join(path, "kept"), "");
    const error = await writeFileAtomic(path, "text").catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(Error);
    expect(await names()).to.deep.equal(["x"]);
    expect(await readdir(path)).to.deep.equal(["kept"]);
  });

  it("removes what crashed processes left beside its own target, and nothing else", async () => {
    const left = `.x.${DEAD}-0123456789ab.tmp`;
    const others = [`.y.${DEAD}-0123456789ab.tmp`, `.x.${process.ppid}-0123456789ab.tmp`, ".x.swp", "x.tmp"];
    for (const name of [left, ...others]) await writeFile(join(folder, name), "");
    await writeFileAtomic(join(folder, "x"), "text");
    expect((await names()).sort()).to.deep.equal([...others, "x"].sort());
  });

  it("follows links, so that they stay links", async () => {
    await mkdir(join(folder, "disk"));
    await writeFile(join(folder, "disk/real.txt"), "old");
    await symlink(join("disk", "real.txt"), join(folder, "link.txt"));
    await symlink("disk/model", join(folder, "model"));
    await writeFileAtomic(join(folder, "link.txt"), "new");
    expect(await readFile(join(folder, "disk/real.txt"), "utf8")).to.equal("new");
    await writeDirectoryAtomic(join(folder, "model"), FOLDER, build(1));
    await writeDirectoryAtomic(join(folder, "model"), FOLDER, build(2));
    expect(await read(join(folder, "disk/model"))).to.equal(2);
    expect((await readdir(join(folder, "disk"))).sort()).to.deep.equal(["model", "real.txt"]);
  });

  it("replaces folders whole: nothing of the old one stays", async () => {
    const path = join(folder, "deep/model");
    await writeDirectoryAtomic(path, FOLDER, build(1));
    await writeFile(join(path, "more"), "");
    await writeDirectoryAtomic(path, FOLDER, build(2));
    expect(await read(path)).to.equal(2);
    expect((await readdir(path)).sort()).to.deep.equal(["a.json", "b.txt"]);
    expect(await readdir(join(folder, "deep"))).to.deep.equal(["model"]);
  });

  it("changes nothing when building a folder fails", async () => {
    const path = join(folder, "model");
    await writeDirectoryAtomic(path, FOLDER, build(1));
    const failing = writeDirectoryAtomic(path, FOLDER, async (temporary) => {
      await build(2)(temporary);
      throw new Error("disk full");
    });
    expect(((await failing.catch((thrown: unknown) => thrown)) as Error).message).to.equal("disk full");
    expect(await read(path)).to.equal(1);
    expect(await names()).to.deep.equal(["model"]);
  });

  it("gives the old or the new folder after a crash at any step of the exchange, and cleans up with the next writing", async () => {
    const [tmp, complete, old] = ["tmp", "new", "old"].map((role) => `.model.${DEAD}-0123456789ab.${role}`) as [
      string,
      string,
      string,
    ];
    const crashes: [present: Readonly<Record<string, number | null>>, expected: number][] = [
      [{ model: 1, [tmp]: null }, 1],
      [{ model: 1, [tmp]: 2 }, 1],
      [{ model: 1, [complete]: 2 }, 1],
      [{ [complete]: 2, [old]: 1 }, 2],
      [{ [complete]: 2 }, 2],
      [{ [old]: 1, [tmp]: null }, 1],
      [{ model: 2, [old]: 1 }, 2],
    ];
    for (const [present, expected] of crashes) {
      const place = join(folder, "case");
      const path = join(place, "model");
      await mkdir(place);
      for (const [name, value] of Object.entries(present)) {
        await mkdir(join(place, name));
        if (value !== null) await build(value)(join(place, name));
      }
      const what = JSON.stringify(present);
      expect(await read(path), what).to.equal(expected);
      await writeDirectoryAtomic(path, FOLDER, build(3));
      expect(await read(path), what).to.equal(3);
      expect(await readdir(place), what).to.deep.equal(["model"]);
      await rm(place, { recursive: true });
    }
  });

  it("finds a file further down in a folder whose exchange was interrupted", async () => {
    const complete = join(folder, `.model.${DEAD}-0123456789ab.new`);
    await build(5)(join(complete, "inner"));
    expect(await read(join(folder, "model/inner"))).to.equal(5);
  });

  it("never shows a reader half a folder, nor none, while it is replaced again and again", async () => {
    const path = join(folder, "model");
    await writeDirectoryAtomic(path, FOLDER, build(0));
    let writing = true;
    const seen = new Set<unknown>();
    const reading = (async () => {
      while (writing) seen.add(await read(path));
    })();
    const replacing = (async () => {
      for (let value = 1; value <= 25; value += 1) await writeDirectoryAtomic(path, FOLDER, build(value));
      writing = false;
    })();
    await Promise.all([reading, replacing]);
    expect(seen.size).to.be.greaterThan(1);
    expect(await names()).to.deep.equal(["model"]);
  });

  it("lets several write the same folder: one of them wins whole", async () => {
    const path = join(folder, "model");
    await Promise.all([1, 2, 3, 4].map((value) => writeDirectoryAtomic(path, FOLDER, build(value))));
    expect(await read(path)).to.equal(Number(await readFile(join(path, "b.txt"), "utf8")));
    expect(await names()).to.deep.equal(["model"]);
  });

  it("tells a missing file from a wrong one", async () => {
    const missing = await read(join(folder, "none")).catch((thrown: unknown) => thrown);
    expect(isMissing(missing)).to.equal(true);
    await build(1)(folder);
    await rename(join(folder, "b.txt"), join(folder, "a.json"));
    const wrong = await read(folder).catch((thrown: unknown) => thrown);
    expect(wrong).to.be.instanceOf(Error);
    expect(isMissing(wrong)).to.equal(false);
  });
});
