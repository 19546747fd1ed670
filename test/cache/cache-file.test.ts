import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { UsageError } from "../../lib/errors.js";
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
  afterEach(() => {
    chmodSync(folder, 0o700);
    rmSync(folder, { recursive: true });
  });

  const open = (encoder: LengthEncoder, given: Partial<CacheConfig<string>> = {}): CachedEncoder<string> =>
    cachedEncoders(new CacheConfig<string>({ saveDir: folder, batchSize: 8, ...given }), [["text", encoder]], (text) =>
      warnings.push(text),
    ).get("text") as CachedEncoder<string>;
  const fill = (cache: CachedEncoder<string>, some = items): Promise<{ computed: number }> =>
    fillCaches([cache], stream(some), 8);
  const file = (): string => join(folder, readdirSync(folder)[0] as string);

  it("gives a later run its vectors, after confirming a few", async () => {
    expect((await fill(open(new LengthEncoder()))).computed).to.equal(20);
    const encoder = new LengthEncoder();
    const cache = open(encoder);
    expect((await fill(cache)).computed).to.equal(0);
    expectClose(await cache.rows(items), expected(items));
    expect(encoder.calls.length, "one sample").to.equal(1);
    expect(encoder.calls[0]).to.have.lengthOf(4);
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
    expect(readdirSync(folder)).to.have.lengthOf(2);
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

  it("makes a damaged or foreign file again, with a warning", async () => {
    await fill(open(new LengthEncoder()));
    const whole = readFileSync(file());
    for (const damage of [
      () => truncateSync(file(), whole.length - 3),
      () => writeFileSync(file(), "not a cache"),
      () => writeFileSync(file(), whole.toString("latin1").replace('"version":"1"', '"version":"2"'), "latin1"),
    ]) {
      warnings = [];
      damage();
      const cache = open(new LengthEncoder());
      expect((await fill(cache)).computed).to.equal(20);
      expectClose(await cache.rows(items), expected(items));
      expect(warnings).to.have.lengthOf(1);
      expect(warnings[0]).to.match(/made again: .*safetensors: /);
      expect(readFileSync(file()).equals(whole)).to.equal(true);
    }
  });

  it("is an error before anything is computed when the folder cannot be made", async () => {
    writeFileSync(join(folder, "file"), "");
    const encoder = new LengthEncoder();
    const error = await failure(fill(open(encoder, { saveDir: join(folder, "file", "cache") })));
    expect(error).to.be.instanceOf(UsageError);
    expect(error.message).to.match(/saveDir ".*" cannot be written to/);
    expect(encoder.calls).to.deep.equal([]);
  });

  it("loads no more than there is room for", async () => {
    await fill(open(new LengthEncoder()));
    const encoder = new LengthEncoder();
    const cache = open(encoder, { maxBytes: 2000 });
    expectClose(await cache.rows(items), expected(items));
    expect(cache.misses).to.be.greaterThan(10).and.lessThan(20);
    expect((await fill(open(new LengthEncoder()))).computed, "the file still has all").to.equal(0);
  });
});
