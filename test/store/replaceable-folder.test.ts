import { mkdir, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, parse } from "node:path";
import { expect } from "chai";
import { CacheConfig, ConfigError, StorageError, TrainerConfig, UsageError } from "likewise";
import { NgramEncoder } from "likewise/encoders";
import { IdentityHead } from "likewise/heads";
import { ExactIndex, ItemIndex } from "likewise/retrieval";
import { writeDirectoryAtomic, writeFileAtomic } from "../../lib/store/atomic.js";
import { CHECKPOINT_FOLDER } from "../../lib/train/checkpoint-file.js";
import { removeKept } from "../../lib/train/kept-checkpoints-file.js";
import { CsvLog, JsonLinesLog, nextRunDirectory, TensorBoardLog } from "../../lib/train/sinks/index.js";
import { modelOf } from "../model/untrained-model.js";
import { failure } from "../support/failure.js";
import { temporaryFolder } from "../support/folder.js";

const model = modelOf({ text: new NgramEncoder({ dimensions: 8, idf: false }) }, (size) => new IdentityHead(size));
const index = new ExactIndex<string>({ size: 1 });
index.add([Float32Array.of(1)], ["one"]);

/** Everything that replaces a folder as a whole. */
const folders: Readonly<Record<string, (path: string) => Promise<void>>> = {
  "a model": (path) => model.save(path),
  "an index": (path) => index.save(path),
  "an index of items": (path) => new ItemIndex(model).save(path),
  "a checkpoint": (path) => writeDirectoryAtomic(path, CHECKPOINT_FOLDER, () => Promise.resolve()),
};

/** Everything else that writes where the user says. */
const others: Readonly<Record<string, (path: string) => unknown>> = {
  "an exported model": (path) => model.exportOnnx(path),
  "a file": (path) => writeFileAtomic(path, ""),
  "a log as CSV": (path) => new CsvLog(path),
  "a log as JSON lines": (path) => new JsonLinesLog(path),
  "a log for TensorBoard": (path) => new TensorBoardLog(path),
  "folders of runs": (path) => nextRunDirectory(path),
  runDir: (path) => new TrainerConfig({ runDir: path }),
  saveDir: (path) => new CacheConfig({ saveDir: path }),
};

/** Does something while the working directory and the home folder are others. */
async function within(place: { readonly working?: string; readonly home?: string }, act: () => Promise<void>) {
  const [working, home] = [process.cwd(), process.env["HOME"]];
  try {
    if (place.working !== undefined) process.chdir(place.working);
    if (place.home !== undefined) process.env["HOME"] = place.home;
    await act();
  } finally {
    process.chdir(working);
    if (home === undefined) delete process.env["HOME"];
    else process.env["HOME"] = home;
  }
}

describe("what is written where the user says", () => {
  after(() => model[Symbol.asyncDispose]());

  it("is a StorageError when the system refuses, an error of ours when we do", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "model");
    const build = (cause: Error) => () => Promise.reject(cause);
    const full = Object.assign(new Error("no space"), { code: "ENOSPC" });
    const error = await failure(writeDirectoryAtomic(path, CHECKPOINT_FOLDER, build(full)));
    expect(error).to.be.instanceOf(StorageError).and.have.property("cause", full);
    expect(error.message).to.contain(`a checkpoint ${path} cannot be written (the disk is full, ENOSPC`);
    const own = new UsageError("no");
    expect(await failure(writeDirectoryAtomic(path, CHECKPOINT_FOLDER, build(own)))).to.equal(own);
    expect(await readdir(folder.path)).to.deep.equal([]);
  });

  for (const [what, write] of Object.entries({ ...folders, ...others })) {
    it(`${what}: needs a path, and without one leaves the working directory as it is`, async () => {
      await using folder = await temporaryFolder();
      await writeFile(join(folder.path, "source.ts"), "");
      await within({ working: folder.path }, async () => {
        for (const path of ["", "   ", 5, null, undefined, "a\0b", new URL("file:///tmp/x")]) {
          // No runDir and no saveDir is a choice.
          if ((path === null || path === undefined) && what.endsWith("Dir")) continue;
          const error = await failure(() => write(path as string));
          expect(error, String(path)).to.be.instanceOf(ConfigError);
          expect(error.message).to.contain("expected the path of a file or folder");
        }
        for (const path of ["~", "~/x", "~\\x"]) {
          const error = await failure(() => write(path));
          expect(error, path).to.be.instanceOf(ConfigError);
          expect(error.message).to.contain('expected a path without "~"').and.contain("homedir()");
        }
      });
      expect(await readdir(folder.path)).to.deep.equal(["source.ts"]);
    });
  }

  for (const [what, write] of Object.entries(folders)) {
    it(`${what}: never takes the place of the working directory, a home, or what they lie in`, async () => {
      await using folder = await temporaryFolder();
      const [outer, inner] = [join(folder.path, "outer"), join(folder.path, "outer", "inner")];
      await mkdir(inner, { recursive: true });
      await symlink(inner, join(folder.path, "link"));
      const refused = async (path: string, said: RegExp): Promise<void> => {
        const error = await failure(write(path));
        expect(error, path).to.be.instanceOf(ConfigError);
        expect(error.message, path).to.match(said);
      };
      await within({ working: inner }, async () => {
        for (const path of [".", "./", inner, "../inner", join(folder.path, "link")])
          await refused(path, /is the working directory.* give a folder of its own/u);
        for (const path of ["..", outer, folder.path, dirname(folder.path), parse(outer).root])
          await refused(path, /is a folder that the working directory lies in/u);
      });
      await within({ home: inner }, async () => {
        expect(homedir()).to.equal(inner);
        await refused(inner, /is the home folder/u);
        await refused(outer, /is a folder that the home folder lies in/u);
        if (what !== "a checkpoint") await write(join(inner, "saved"));
      });
    });

    it(`${what}: replaces nothing but its own files`, async () => {
      await using folder = await temporaryFolder();
      const path = join(folder.path, "saved");
      if (what === "a checkpoint") {
        await model.save(join(path, "model"));
        await writeFile(join(path, "training.json"), '{"format":"likewise-checkpoint"}');
      } else await write(path);
      await writeFile(join(path, ".DS_Store"), "");
      await writeFile(join(path, "calibration.json"), "{}");
      await mkdir(join(path, "index"));
      await writeFile(join(path, "index", "index.json"), "{}");
      const before = (await readdir(path, { recursive: true })).sort();
      const error = await failure(write(path));
      expect(error).to.be.instanceOf(UsageError);
      expect(error.message).to.match(
        /would be lost \((calibration\.json, index|index, calibration\.json)\); move them/u,
      );
      expect((await readdir(path, { recursive: true })).sort()).to.deep.equal(before);
    });

    it(`${what}: does not go into another, which then could not be replaced`, async () => {
      await using folder = await temporaryFolder();
      const outer = join(folder.path, "outer");
      for (const [name, format] of [
        ["model.json", "likewise-model"],
        ["index.json", "likewise-index"],
        ["training.json", "likewise-checkpoint"],
      ] as const) {
        await mkdir(outer);
        await writeFile(join(outer, name), JSON.stringify({ format }));
        for (const path of [join(outer, "inner"), join(outer, "runs", "1", "inner")]) {
          const error = await failure(write(path));
          expect(error).to.be.instanceOf(UsageError);
          expect(error.message).to.contain(`is inside ${outer}, which holds a saved`).and.contain(`${outer}-inner`);
        }
        expect((await failure(nextRunDirectory(outer))).message).to.contain(`is inside ${outer}`);
        expect(await readdir(outer)).to.deep.equal([name]);
        await rm(outer, { recursive: true });
      }
    });

    it(`${what}: is not taken for one by the names of its files`, async () => {
      await using folder = await temporaryFolder();
      for (const name of ["model.json", "index.json", "training.json"])
        await writeFile(join(folder.path, name), '{"format":"layers-model"}');
      for (const name of ["group1-shard1of1.bin", "notes.md", "README.md"])
        await writeFile(join(folder.path, name), "mine");
      const error = await failure(write(folder.path));
      expect(error).to.be.instanceOf(UsageError);
      expect(await readdir(folder.path)).to.have.length(6);
      await using readme = await temporaryFolder();
      await writeFile(join(readme.path, "README.md"), "mine");
      expect((await failure(write(readme.path))).message).to.contain("(README.md)");
    });
  }

  it("is written again and again, beside what file managers leave", async () => {
    await using folder = await temporaryFolder();
    for (const write of [folders["a model"]!, folders["an index"]!, folders["an index of items"]!]) {
      const path = join(folder.path, "saved");
      await writeFile(join(folder.path, "saved.txt"), "");
      for (let time = 0; time < 2; time += 1) {
        await write(path);
        await writeFile(join(path, ".DS_Store"), "");
      }
      // Of one thing by another: none is the other's.
      const other = write === folders["a model"] ? folders["an index"]! : folders["a model"]!;
      expect(await failure(other(path))).to.be.instanceOf(UsageError);
      await rm(path, { recursive: true });
    }
  });

  it("a checkpoint in which the user has put something stays when it is no longer among the best", async () => {
    await using folder = await temporaryFolder();
    for (const name of ["plain", "noted"]) {
      await mkdir(join(folder.path, name));
      await writeFile(join(folder.path, name, "training.json"), '{"format":"likewise-checkpoint"}');
    }
    await writeFile(join(folder.path, "noted", "notes.md"), "the one to keep");
    for (const name of ["plain", "noted", "none"]) await removeKept(folder.path, name);
    expect(await readdir(folder.path)).to.deep.equal(["noted"]);
    expect(await readdir(join(folder.path, "noted"))).to.have.length(2);
  });
});
