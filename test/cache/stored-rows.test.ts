import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { DataError, UsageError } from "../../lib/errors.js";
import { CacheConfig, cachedEncoders, fillCaches, type CachedEncoder } from "../../lib/cache/index.js";
import { expectClose } from "../support/close.js";
import { failure } from "../support/failure.js";
import { expected, LengthEncoder, stream } from "./fakes.js";

const items = Array.from({ length: 20 }, (_, i) => String.fromCharCode(97 + i).repeat(1 + (i % 3)));

describe("a cache with saveDir", () => {
  let folder = "";
  let warnings: string[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "likewise-cache-"));
    warnings = [];
  });
  afterEach(async () => {
    await closeAll();
    chmodSync(folder, 0o700);
    rmSync(folder, { recursive: true });
  });

  const open = (encoder: LengthEncoder, given: Partial<CacheConfig<string>> = {}): CachedEncoder<string> => {
    const config = new CacheConfig<string>({ saveDir: folder, batchSize: 8, ...given });
    const cache = cachedEncoders(config, [["text", encoder]], (text) => warnings.push(text)).get("text");
    opened.push(cache as CachedEncoder<string>);
    return cache as CachedEncoder<string>;
  };
  const opened: CachedEncoder<string>[] = [];
  const closeAll = async (): Promise<void> => {
    for (const cache of opened.splice(0)) await cache.close();
  };
  /** Fills a cache, and gives up its lock like a run that ends. */
  const fill = async (cache: CachedEncoder<string>, some = items): Promise<{ computed: number }> => {
    const report = await fillCaches([cache], stream(some), 8);
    await cache.close();
    return report;
  };
  const file = (ending = "rows"): string =>
    join(folder, readdirSync(folder).find((name) => name.endsWith(ending)) as string);

  it("gives a later run its vectors, after confirming a few", async () => {
    expect((await fill(open(new LengthEncoder()))).computed).to.equal(20);
    const encoder = new LengthEncoder();
    const cache = open(encoder);
    expect((await fillCaches([cache], stream(items), 8)).computed).to.equal(0);
    expect(cache.loaded).to.equal(20);
    expectClose(await cache.rows(items), expected(items));
    expect(encoder.calls.flat(), "confirmed").to.have.lengthOf.within(20, 32);
    expect(warnings).to.deep.equal([]);
  });

  it("adds to what is stored", async () => {
    await fill(open(new LengthEncoder()), items.slice(0, 5));
    expect((await fill(open(new LengthEncoder()))).computed).to.equal(15);
    expect((await fill(open(new LengthEncoder()))).computed).to.equal(0);
  });

  it("keeps encoders apart by their fingerprint", async () => {
    await fill(open(new LengthEncoder(1)));
    const other = open(new LengthEncoder(3));
    expect((await fill(other)).computed).to.equal(20);
    expectClose(await other.rows(items), expected(items, 3));
    expect(readdirSync(folder).filter((name) => name.endsWith(".rows"))).to.have.lengthOf(2);
  });

  it("drops stored vectors that are not what the encoder gives now, though its fingerprint is the same", async () => {
    await fill(open(new LengthEncoder(1, "same")));
    const changed = open(new LengthEncoder(2, "same"));
    expectClose(await changed.rows(items.slice(3, 6)), expected(items.slice(3, 6), 2));
    expect(warnings).to.deep.equal([
      'the stored vectors of encoder "text" are not what it gives now; they are computed again',
    ]);
    expect((await fill(changed)).computed).to.equal(17);
    const again = open(new LengthEncoder(2, "same"));
    expect((await fill(again)).computed).to.equal(0);
    expectClose(await again.rows(items), expected(items, 2));
    expect(warnings).to.have.lengthOf(1);
  });

  it("leaves out a torn row at the end, and makes a foreign file again, with a warning", async () => {
    await fill(open(new LengthEncoder()));
    const whole = readFileSync(file());
    for (const [damage, computed, warning] of [
      [() => truncateSync(file(), whole.length - 3), 1, /torn row/u],
      [() => writeFileSync(file(), "not a cache"), 20, /made again: .*rows: is not a cache of this encoder/u],
      [() => writeFileSync(file(), whole.toString("latin1").replace("rows 2", "rows 1"), "latin1"), 20, /made again/u],
      [
        () => writeFileSync(file("index"), "not an index, but as long as one entry"),
        0,
        /index .* damaged and is made/u,
      ],
      [
        () => writeFileSync(file(), Buffer.concat([whole, Buffer.from("garbage")])),
        0,
        /7 bytes of a torn row.*cut off/u,
      ],
    ] as const) {
      warnings = [];
      damage();
      const cache = open(new LengthEncoder());
      expect((await fillCaches([cache], stream(items), 8)).computed).to.equal(computed);
      expectClose(await cache.rows(items), expected(items));
      await cache.close();
      expect(warnings).to.have.lengthOf(1);
      expect(warnings[0]).to.match(warning);
      expect(readFileSync(file()).length).to.equal(whole.length);
      await fill(open(new LengthEncoder()));
      expect(warnings, "told again by the next run").to.have.lengthOf(1);
    }
  });

  it("computes a row again that is damaged while it is in use, with one warning, and reads the new one from then on", async () => {
    const encoder = new LengthEncoder();
    const cache = open(encoder, { maxBytes: 1 });
    await fillCaches([cache], stream(items), 8);
    const bytes = readFileSync(file());
    const width = (bytes.length - 128) / items.length;
    for (const row of [3, 7]) bytes[128 + row * width + width - 2]! ^= 0x40;
    writeFileSync(file(), bytes);
    const before = encoder.calls.flat().length;
    for (let epoch = 0; epoch < 3; epoch += 1) expectClose(await cache.rows(items), expected(items));
    expect(encoder.calls.flat().slice(before).sort()).to.deep.equal([items[3], items[7]].sort());
    expect(warnings).to.have.lengthOf(1);
    expect(warnings[0]).to.match(/stored vectors of encoder "text" are damaged; those are computed again/u);
  });

  it("adds the row that changed, and nothing else", async () => {
    await fill(open(new LengthEncoder()));
    const changed = [...items.slice(0, 19), "changed"];
    expect((await fill(open(new LengthEncoder()), changed)).computed).to.equal(1);
    expect(warnings).to.deep.equal([]);
  });

  it("is written by one at a time; a second writer keeps what it computes in memory, and says so", async () => {
    const first = open(new LengthEncoder());
    await first.rows(items.slice(0, 5));
    const second = open(new LengthEncoder());
    expectClose(await second.rows(items), expected(items));
    expect(warnings).to.have.lengthOf(1);
    expect(warnings[0]).to.match(/is being written by another process or thread; new vectors are kept in memory only/u);
    expect(second.misses, "reads what the first has written").to.equal(15);
    await first.rows(items.slice(0, 7));
    await closeAll();
    expect((await fill(open(new LengthEncoder()))).computed).to.equal(13);
  });

  it("takes over the lock of a process that has ended", async () => {
    await fill(open(new LengthEncoder()), items.slice(0, 5));
    const gone = spawnSync(process.execPath, ["--version"]).pid;
    const began = "1";
    let lockNumber = 0;
    const lock = file().replace(/rows$/u, "lock");
    for (const text of [
      JSON.stringify({ process: gone, host: hostname(), began }),
      "",
      "{",
      JSON.stringify({ process: process.pid, host: hostname(), began }),
    ]) {
      writeFileSync(lock, text);
      expect((await fill(open(new LengthEncoder()), [`new${lockNumber++}`])).computed).to.equal(1);
      expect(existsSync(lock)).to.equal(false);
    }
    expect(warnings).to.deep.equal([]);
    writeFileSync(lock, JSON.stringify({ process: process.ppid, host: "elsewhere", began }));
    await fill(open(new LengthEncoder()));
    expect(warnings).to.have.lengthOf(1);
    expect(existsSync(lock), "of another machine").to.equal(true);
  });

  it("refuses numbers that float16 cannot hold", async () => {
    const error = await failure(open(new LengthEncoder(1e6), { storage: "float16" }).rows(["a"]));
    expect(error).to.be.instanceOf(DataError);
    expect(error.message).to.match(/too large for storage "float16"; choose "float32"/u);
  });

  it("gives the same numbers from memory and from disk in every storage", async () => {
    for (const storage of ["float32", "float16", "int8"] as const) {
      const cache = open(new LengthEncoder(0.37), { storage });
      const first = await cache.rows(items);
      await cache.close();
      expect(await open(new LengthEncoder(0.37), { storage }).rows(items), storage).to.deep.equal(first);
      await closeAll();
    }
  });

  it("keeps vectors in memory when the disk is full, and loses nothing that was stored", async function () {
    const small = join(folder, "small");
    mkdirSync(small);
    if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", small]).status !== 0) {
      console.log("      (no right to mount a small file system here)");
      return this.skip();
    }
    try {
      const texts = Array.from({ length: 5000 }, (_, i) => `${i}`);
      const cache = open(new LengthEncoder(), { saveDir: small });
      await cache.rows(texts.slice(0, 100));
      expectClose(await cache.rows(texts), expected(texts));
      expect(warnings).to.have.lengthOf(1);
      expect(warnings[0]).to.match(/cannot be written \(ENOSPC.*in memory only/u);
      await cache.close();
      const again = open(new LengthEncoder(), { saveDir: small });
      expectClose(await again.rows(texts.slice(0, 100)), expected(texts.slice(0, 100)));
      expect(again.misses).to.equal(0);
      await again.close();
    } finally {
      spawnSync("umount", [small]);
    }
  });

  it("reads a folder that cannot be written to", async function () {
    await fill(open(new LengthEncoder()), items.slice(0, 10));
    if (spawnSync("mount", ["--bind", "-o", "ro", folder, folder]).status !== 0) {
      console.log("      (no right to mount a read-only file system here)");
      return this.skip();
    }
    try {
      const cache = open(new LengthEncoder());
      expectClose(await cache.rows(items), expected(items));
      expect(cache.misses).to.equal(10);
      expect(warnings).to.have.lengthOf(1);
      expect(warnings[0]).to.match(/can be read but not written/u);
      const error = await failure(open(new LengthEncoder(5)).rows(items));
      expect(error).to.be.instanceOf(UsageError);
      await closeAll();
    } finally {
      spawnSync("umount", [folder]);
    }
  });

  it("leaves no file open", async () => {
    const count = (): number => (existsSync("/proc/self/fd") ? readdirSync("/proc/self/fd").length : 0);
    await fill(open(new LengthEncoder()));
    const before = count();
    for (let i = 0; i < 50; i += 1) {
      writeFileSync(file(), i % 10 === 9 ? "foreign" : readFileSync(file()));
      await fill(open(new LengthEncoder()), [...items, `${i}`]);
    }
    expect(count()).to.equal(before);
  });

  it("is an error before anything is computed when the folder cannot be made", async () => {
    writeFileSync(join(folder, "file"), "");
    const encoder = new LengthEncoder();
    const error = await failure(fill(open(encoder, { saveDir: join(folder, "file", "cache") })));
    expect(error).to.be.instanceOf(UsageError);
    expect(error.message).to.match(/saveDir ".*" cannot be written to/);
    expect(encoder.calls).to.deep.equal([]);
  });

  it("reads from disk what memory has no room for", async () => {
    await fill(open(new LengthEncoder()));
    const encoder = new LengthEncoder();
    const cache = open(encoder, { maxBytes: 2000 });
    expect((await fillCaches([cache], stream(items), 8)).computed).to.equal(0);
    expectClose(await cache.rows(items), expected(items));
    expect([cache.misses, cache.loaded]).to.deep.equal([0, 20]);
    await closeAll();
    const fresh = open(new LengthEncoder(3), { maxBytes: 700 });
    expect(await fillCaches([fresh], stream(items), 8)).to.deep.include({ computed: 20, full: [] });
    expectClose(await fresh.rows(items), expected(items, 3));
    expect(fresh.misses).to.equal(20);
  });
});
