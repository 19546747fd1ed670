import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { FileFormatError, ShapeError, UsageError } from "../../lib/errors.js";
import {
  decodeSafetensors,
  encodeSafetensors,
  readSafetensors,
  writeSafetensors,
} from "../../lib/store/safetensors.js";
import type { HostTensors } from "../../lib/tensor/host.js";
import { Random } from "../../lib/random.js";

const FLOAT_BITS = [0, 0x80000000, 0x7f800000, 0xff800000, 0x7fc00000, 1, 0x7f7fffff];

/** Files that are changed; LIKEWISE_FUZZ_RUNS=10000 for a thorough run. */
const RUNS = Number(process.env["LIKEWISE_FUZZ_RUNS"] ?? 3000);

describe("safetensors", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "likewise-store-"));
  });
  after(() => rm(folder, { recursive: true }));

  const joined = (pieces: Uint8Array[]): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.concat(pieces));
  /** A file with this header text and this many bytes of data. */
  const file = (header: string | object, dataSize = 0): Uint8Array => {
    const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(json.length));
    return new Uint8Array(Buffer.concat([length, json, Buffer.alloc(dataSize, 1)]));
  };
  const refuses = (bytes: Uint8Array, pattern: RegExp): void => {
    expect(() => decodeSafetensors(bytes, "bad.safetensors")).to.throw(FileFormatError, pattern);
  };

  it("returns what it was given, bit for bit, for any tensors and metadata", () => {
    const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
    const tensor = fc.tuple(shapes, fc.boolean(), fc.integer()).map(([shape, integers, seed]) => {
      const count = shape.reduce((product, length) => product * length, 1);
      const random = new Random(seed);
      const bits = Uint32Array.from({ length: count }, () =>
        random.uniform() < 0.3 ? (FLOAT_BITS[random.integer(FLOAT_BITS.length)] as number) : random.bits(),
      );
      return { data: integers ? new Int32Array(bits.buffer) : new Float32Array(bits.buffer), shape };
    });
    const safe = (name: string): boolean => !/(^|\/)(__proto__|constructor|prototype)(\/|$)|^__metadata__$/.test(name);
    const name = fc.string({ unit: "binary", maxLength: 12 }).filter(safe);
    const tensors = fc.dictionary(name, tensor, { noNullPrototype: true });
    const metadata = fc.dictionary(name, fc.string({ unit: "binary" }), { noNullPrototype: true });
    fc.assert(
      fc.property(tensors, metadata, (given, notes) => {
        const pieces = encodeSafetensors(given, notes);
        expect((pieces[0] as Uint8Array).byteLength % 8, "data starts at a multiple of eight").to.equal(0);
        const read = decodeSafetensors(joined(pieces), "x");
        expect(read.metadata).to.deep.equal(notes);
        expect(Object.keys(read.tensors).sort()).to.deep.equal(Object.keys(given).sort());
        for (const [key, { data, shape }] of Object.entries(given)) {
          const found = read.tensors[key];
          expect(found?.shape).to.deep.equal(shape);
          expect(found?.data.constructor).to.equal(data.constructor);
          expect(Buffer.from(found?.data.buffer as ArrayBuffer).equals(Buffer.from(data.buffer))).to.equal(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("writes the layout of the format: length, JSON header, little-endian data in the order of names", () => {
    const bytes = Buffer.from(
      joined(
        encodeSafetensors(
          { b: { data: Float32Array.of(1), shape: [] }, a: { data: Int32Array.of(-1, 2), shape: [1, 2] } },
          { made: "by hand" },
        ),
      ),
    );
    const length = Number(bytes.readBigUInt64LE(0));
    expect(JSON.parse(bytes.toString("utf8", 8, 8 + length))).to.deep.equal({
      __metadata__: { made: "by hand" },
      a: { dtype: "I32", shape: [1, 2], data_offsets: [0, 8] },
      b: { dtype: "F32", shape: [], data_offsets: [8, 12] },
    });
    expect(bytes.toString("hex", 8 + length)).to.equal("ffffffff02000000" + "0000803f");
  });

  it("gives equal bytes for equal contents and never shares memory with what it reads", () => {
    const one = { a: { data: Float32Array.of(1), shape: [1] }, b: { data: Float32Array.of(2), shape: [1] } };
    const other = { b: one.b, a: one.a };
    const bytes = joined(encodeSafetensors(one));
    expect(bytes).to.deep.equal(joined(encodeSafetensors(other)));
    const read = decodeSafetensors(bytes, "x");
    bytes.fill(0);
    expect(read.tensors["a"]?.data[0]).to.equal(1);
  });

  it("reads from any offset of a larger buffer", () => {
    const inner = joined(encodeSafetensors({ a: { data: Float32Array.of(1.5, 2.5), shape: [2] } }));
    const outer = new Uint8Array(inner.length + 3);
    outer.set(inner, 3);
    expect(decodeSafetensors(outer.subarray(3), "x").tensors["a"]?.data).to.deep.equal(Float32Array.of(1.5, 2.5));
  });

  it("converts the number types of foreign files", () => {
    const cases: [dtype: string, bytes: Uint8Array, expected: Float32Array | Int32Array][] = [
      ["F64", new Uint8Array(Float64Array.of(0.1, -2).buffer), Float32Array.of(0.1, -2)],
      [
        "F16",
        new Uint8Array(Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff, 0xfc00, 0x7e00, 0x3555).buffer),
        Float32Array.of(1, -2, 2 ** -24, 65504, -Infinity, NaN, 0.333251953125),
      ],
      ["BF16", new Uint8Array(Uint16Array.of(0x3f80, 0xc000, 0x7f80).buffer), Float32Array.of(1, -2, Infinity)],
      ["I64", new Uint8Array(BigInt64Array.of(-5n, 2147483647n).buffer), Int32Array.of(-5, 2147483647)],
      ["U32", new Uint8Array(Uint32Array.of(7, 2147483647).buffer), Int32Array.of(7, 2147483647)],
      ["I16", new Uint8Array(Int16Array.of(-3, 4).buffer), Int32Array.of(-3, 4)],
      ["U16", new Uint8Array(Uint16Array.of(65535).buffer), Int32Array.of(65535)],
      ["I8", new Uint8Array(Int8Array.of(-1, 127).buffer), Int32Array.of(-1, 127)],
      ["U8", Uint8Array.of(255), Int32Array.of(255)],
      ["BOOL", Uint8Array.of(0, 1), Int32Array.of(0, 1)],
    ];
    for (const [dtype, data, expected] of cases) {
      const header = file({ a: { dtype, shape: [expected.length], data_offsets: [0, data.length] } });
      const read = decodeSafetensors(joined([header, data]), "x");
      expect(read.tensors["a"]?.data, dtype).to.deep.equal(expected);
    }
  });

  it("refuses integers that do not fit and types it does not know, by name", () => {
    const wide = file({ a: { dtype: "I64", shape: [1], data_offsets: [0, 8] } });
    refuses(joined([wide, new Uint8Array(BigInt64Array.of(2147483648n).buffer)]), /"a" has 2147483648/);
    refuses(file({ a: { dtype: "F8_E4M3", shape: [1], data_offsets: [0, 1] } }, 1), /"a" has dtype "F8_E4M3"/);
    refuses(file({ a: { dtype: "toString", shape: [1], data_offsets: [0, 1] } }, 1), /dtype "toString"/);
  });

  it("refuses headers that lie about their length without allocating it", () => {
    const huge = new Uint8Array(8);
    new DataView(huge.buffer).setBigUint64(0, 2n ** 31n, true);
    refuses(huge, /header of 2147483648 bytes/);
    new DataView(huge.buffer).setBigUint64(0, 2n ** 64n - 1n, true);
    refuses(huge, /header of/);
    refuses(new Uint8Array(5), /only 5 bytes/);
    refuses(new Uint8Array(0), /only 0 bytes/);
  });

  it("refuses every kind of wrong header", () => {
    const place = { dtype: "F32", shape: [2], data_offsets: [0, 8] };
    const cases: [header: string | object, dataSize: number, pattern: RegExp][] = [
      ["not json", 0, /not JSON/],
      [`{"a":{"dtype":"F32","shape":[NaN],"data_offsets":[0,4]}}`, 4, /not JSON/],
      ["[]", 0, /not a JSON object/],
      [`{"a":3}`, 0, /not described by an object/],
      [{ a: { ...place, shape: [-2] } }, 8, /has the shape \[-2\]/],
      [{ a: { ...place, shape: [1.5] } }, 8, /has the shape/],
      [{ a: { ...place, shape: "2" } }, 8, /has the shape/],
      [{ a: { ...place, shape: [null] } }, 8, /has the shape/],
      [`{"a":{"dtype":"F32","shape":[-0],"data_offsets":[0,0]}}`, 0, /has the shape/],
      [{ a: { ...place, shape: [2 ** 30, 2 ** 30, 2 ** 30] } }, 8, /needs .* bytes/],
      [{ a: { ...place, shape: [2 ** 52, 2 ** 52, 0] } }, 8, /needs/],
      [{ a: { ...place, shape: [3] } }, 8, /needs 12 bytes, data_offsets give 8/],
      [{ a: { ...place, data_offsets: [8, 0] } }, 8, /data_offsets give -8/],
      [{ a: { ...place, data_offsets: [0] } }, 8, /data_offsets/],
      [{ a: { ...place, data_offsets: [-8, 0] } }, 8, /data_offsets/],
      [{ a: { dtype: "F32", shape: [2] } }, 8, /data_offsets/],
      [{ a: place }, 4, /truncated or damaged: tensors need 8 bytes of data, the file has 4/],
      [{ a: place }, 12, /the file has 12/],
      [{ a: place, b: place }, 8, /"b" starts at byte 0 of the data, expected 8/],
      [{ a: place, b: { ...place, data_offsets: [4, 12] } }, 12, /starts at byte 4/],
      [{ a: place, b: { ...place, data_offsets: [12, 20] } }, 20, /starts at byte 12/],
      [
        `{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"a" \n :{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}`,
        0,
        /"a" twice/,
      ],
      [`{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"\\u0061":{}}`, 0, /"a" twice/],
      [`{"a":{"dtype":"F32","shape":[0],"shape":[1],"data_offsets":[0,0]}}`, 0, /"shape" twice/],
      [`{"__proto__":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}`, 0, /must not be called "__proto__"/],
      [`{"head/__proto__/x":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}`, 0, /must not be called/],
      [`{"constructor":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}`, 0, /must not be called/],
      [{ __metadata__: { a: 1 } }, 0, /__metadata__ must be/],
      [{ __metadata__: [] }, 0, /__metadata__ must be/],
      [`{"__metadata__":{"__proto__":"x"}}`, 0, /__metadata__ must be/],
      [`{"a":[[[[]]]]}`, 0, /nested deeper/],
      ["[".repeat(1_000_000), 0, /nested deeper/],
      [`"${'\\"'.repeat(500_000)}`, 0, /not JSON/],
      [Buffer.from([0x7b, 0xff, 0x7d]).toString("latin1"), 0, /not JSON/],
    ];
    for (const [header, dataSize, pattern] of cases) refuses(file(header, dataSize), pattern);
    expect(({} as Record<string, unknown>)["shape"]).to.equal(undefined);
  });

  it("never fails with anything but FileFormatError, whatever is changed in a file", () => {
    const original = joined(
      encodeSafetensors(
        {
          "head/gate": { data: Float32Array.of(1, 2, 3), shape: [3] },
          table: { data: Int32Array.of(4, 5), shape: [2, 1] },
        },
        { step: "7" },
      ),
    );
    const random = new Random("mutations");
    let refused = 0;
    const before = process.memoryUsage().rss;
    for (let run = 0; run < RUNS; run += 1) {
      let bytes = original.slice();
      for (let change = random.integer(3); change >= 0; change -= 1) {
        const at = random.integer(bytes.length);
        const kind = random.integer(4);
        if (kind === 0) bytes[at] = random.integer(256);
        else if (kind === 1) bytes = bytes.slice(0, at);
        else if (kind === 2) bytes = joined([bytes.slice(0, at), bytes.slice(random.integer(bytes.length))]);
        else bytes[at] = (bytes[at] as number) ^ (1 << random.integer(8));
        if (bytes.length === 0) break;
      }
      try {
        for (const { data, shape } of Object.values(decodeSafetensors(bytes, "mutated").tensors)) {
          expect(data.length).to.equal(shape.reduce((product, length) => product * length, 1));
        }
      } catch (error) {
        if (!(error instanceof FileFormatError)) throw error;
        refused += 1;
      }
    }
    expect(refused).to.be.greaterThan(RUNS / 3);
    expect((process.memoryUsage().rss - before) / 2 ** 20, "MB").to.be.lessThan(200);
  });

  it("refuses to write what it could not read", () => {
    const tensor = { data: Float32Array.of(1), shape: [1] };
    expect(() => encodeSafetensors({ a: { data: Float32Array.of(1), shape: [2] } })).to.throw(ShapeError);
    for (const name of ["__metadata__", "a/constructor"]) {
      expect(() => encodeSafetensors({ [name]: tensor })).to.throw(UsageError, name);
    }
    expect(() => encodeSafetensors(Object.fromEntries([["__proto__", tensor]]))).to.throw(UsageError, "__proto__");
    expect(() => encodeSafetensors({}, { prototype: "x" })).to.throw(UsageError);
  });

  it("writes files and reads them back", async () => {
    const tensors: HostTensors = {
      x: { data: Float32Array.from({ length: 1000 }, (_, i) => i / 3), shape: [10, 100] },
      empty: { data: new Int32Array(0), shape: [0, 5] },
    };
    const path = join(folder, "deep/er/x.safetensors");
    await writeSafetensors(path, tensors, { note: "ö" });
    expect(await readSafetensors(path)).to.deep.equal({ tensors, metadata: { note: "ö" } });
    expect(decodeSafetensors(await readFile(path), path)).to.deep.equal({ tensors, metadata: { note: "ö" } });
  });

  it("says what is wrong with a file and where it is", async () => {
    const path = join(folder, "cut.safetensors");
    await writeSafetensors(path, { x: { data: new Float32Array(100), shape: [100] } });
    await truncate(path, 300);
    for (const [name, problem] of [
      ["cut.safetensors", /cut\.safetensors: truncated or damaged/],
      ["absent.safetensors", /absent\.safetensors: no such file/],
      [".", /is not a file/],
    ] as const) {
      const error = await readSafetensors(join(folder, name)).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(FileFormatError);
      expect((error as Error).message).to.match(problem);
    }
    await writeFile(path, "");
    const error = await readSafetensors(path).catch((thrown: unknown) => thrown);
    expect((error as Error).message).to.match(/only 0 bytes/);
  });
});
