import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { FileFormatError } from "../../lib/errors.js";
import { contentKey } from "../../lib/hash.js";
import { KeyTable, rowCodec, RowFile, type CacheStorage } from "../../lib/cache/index.js";
import { Random } from "../../lib/random.js";

const RUNS = Number(process.env["LIKEWISE_FUZZ_RUNS"] ?? 400);
const SIZE = 3;
const COUNT = 20;

const keyOf = (i: number): Buffer => Buffer.from(contentKey(`item ${i}`), "base64url");
const rowOf = (i: number): Float32Array => Float32Array.of(i, i / 2, -i);

describe("RowFile", () => {
  let folder = "";
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "likewise-rows-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const file = (storage: CacheStorage = "float32"): RowFile =>
    new RowFile({ path: join(folder, "a"), fingerprint: "fingerprint", size: SIZE, storage });
  const write = (): void => {
    const rows = file();
    rows.open();
    rows.startWriting();
    for (let i = 0; i < COUNT; i += 5) {
      const some = Array.from({ length: 5 }, (_, j) => i + j);
      rows.append(some.map(keyOf), some.map(rowOf));
    }
    rows.close();
  };

  it("never gives a wrong row for a file that was cut, changed, shifted or replaced, and can be written again", () => {
    write();
    const paths = [join(folder, "a.rows"), join(folder, "a.index")];
    const whole = paths.map((path) => readFileSync(path));
    const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    const mutation = fc.record({
      which: fc.constantFrom(0, 1),
      how: fc.constantFrom("cut", "flip", "insert", "remove", "foreign", "repeat"),
      at: place,
      bytes: fc.uint8Array({ minLength: 1, maxLength: 200 }),
    });
    const target = new Float32Array(SIZE);
    const before = process.memoryUsage().rss;
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 3 }), (mutations) => {
        const damaged = whole.map((bytes) => Buffer.from(bytes));
        for (const { which, how, at, bytes } of mutations) {
          const old = damaged[which]!;
          const position = Math.floor(at * old.length);
          if (how === "flip" && old.length > 0) old[position]! ^= bytes[0]! || 1;
          else if (how === "cut") damaged[which] = old.subarray(0, position);
          else if (how === "insert")
            damaged[which] = Buffer.concat([old.subarray(0, position), bytes, old.subarray(position)]);
          else if (how === "remove")
            damaged[which] = Buffer.concat([old.subarray(0, position), old.subarray(position + bytes.length)]);
          else if (how === "repeat") damaged[which] = Buffer.concat([old, old.subarray(position)]);
          else if (how === "foreign") damaged[which] = Buffer.from(bytes);
        }
        paths.forEach((path, i) => writeFileSync(path, damaged[i]!));
        const rows = file();
        try {
          rows.open();
        } catch (error) {
          expect(error).to.be.instanceOf(FileFormatError);
          rows.clear();
        }
        const lost: number[] = [];
        for (let i = 0; i < COUNT; i += 1) {
          if (rows.read(keyOf(i), target, 0)) expect([...target]).to.deep.equal([...rowOf(i)]);
          else lost.push(i);
        }
        expect(rows.startWriting()).to.equal(true);
        rows.append(lost.map(keyOf), lost.map(rowOf));
        rows.close();
        rows.open();
        for (let i = 0; i < COUNT; i += 1) {
          expect(rows.read(keyOf(i), target, 0), `row ${i}`).to.equal(true);
          expect([...target]).to.deep.equal([...rowOf(i)]);
        }
        rows.close();
        expect(existsSync(join(folder, "a.lock"))).to.equal(false);
      }),
      { numRuns: RUNS, seed: 1 },
    );
    expect((process.memoryUsage().rss - before) / 2 ** 20, "MB").to.be.lessThan(200);
  }).timeout(10_000 + RUNS * 50);

  it("is read by others while it is written", () => {
    write();
    const [writer, reader] = [file(), file()];
    writer.open();
    writer.startWriting();
    reader.open();
    const target = new Float32Array(SIZE);
    writer.append([keyOf(100)], [rowOf(100)]);
    expect(reader.read(keyOf(7), target, 0)).to.equal(true);
    expect(reader.read(keyOf(100), target, 0)).to.equal(false);
    expect(reader.startWriting()).to.equal(false);
    writer.close();
    expect(reader.startWriting()).to.equal(true);
    expect(reader.read(keyOf(100), target, 0)).to.equal(true);
    reader.close();
  });

  it("is off by no more than its storage says", () => {
    const random = new Random(3);
    for (let repeat = 0; repeat < 50; repeat += 1) {
      const row = random.normals(384, 0, 10 ** (repeat % 5));
      row.set([0, -0, 1, 2 ** -14, 2 ** -15, 2 ** -24, 2047.5, 4096], 0);
      const largest = row.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const bounds: Readonly<Record<CacheStorage, (value: number) => number>> = {
        float32: () => 0,
        float16: (value) => Math.max(Math.abs(value) / 2048, 2 ** -25),
        int8: () => (largest / 254) * 1.0001,
      };
      for (const storage of ["float32", "float16", "int8"] as const) {
        const codec = rowCodec(storage, 384);
        const bytes = Buffer.alloc(codec.bytes);
        const back = new Float32Array(384);
        expect(codec.encode(row, bytes, 0)).to.equal(largest <= 65504 || storage !== "float16");
        if (storage === "float16" && largest > 65504) continue;
        codec.decode(bytes, 0, back, 0);
        row.forEach((value, i) =>
          expect(Math.abs(back[i]! - value), `${storage} ${value}`).to.be.at.most(bounds[storage](value)),
        );
        const again = Buffer.alloc(codec.bytes);
        codec.encode(back, again, 0);
        expect(again.equals(bytes), `${storage} twice`).to.equal(true);
      }
    }
  });
});

describe("KeyTable", () => {
  it("finds every key and no other, in at most 25 bytes a row", () => {
    const table = new KeyTable();
    const random = new Random(5);
    const keys = Array.from({ length: 20_000 }, () => {
      const key = Buffer.alloc(16);
      key.writeUInt32LE(random.integer(2 ** 31), 0);
      key.writeUInt32LE(random.integer(2 ** 31), 4);
      return key;
    });
    const split = 10_000;
    keys.slice(0, split).forEach((key, row) => table.set(key, row));
    expect(keys.map((key) => table.get(key))).to.deep.equal(keys.map((_, row) => (row < split ? row : -1)));
    expect(table.bytes / split).to.be.within(16, 25);
    expect(new KeyTable(1e6).bytes / 1e6).to.be.at.most(16.1);
  });
});
