import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { TensorBoardLog } from "../../../lib/train/sinks/index.js";
import { crc32c, maskedCrc32c } from "../../../lib/train/sinks/crc32c.js";

/** A protocol-buffer message as `[field, value]` in the order of the bytes; nested messages stay bytes. */
function fields(message: Buffer): [field: number, value: number | bigint | Buffer][] {
  const found: [number, number | bigint | Buffer][] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message.readUInt8(at);
      at += 1;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const key = Number(varint());
    const field = key >> 3;
    switch (key & 7) {
      case 0:
        found.push([field, varint()]);
        break;
      case 1:
        found.push([field, message.readDoubleLE(at)]);
        at += 8;
        break;
      case 2: {
        const length = Number(varint());
        found.push([field, message.subarray(at, at + length)]);
        at += length;
        break;
      }
      case 5:
        found.push([field, message.readFloatLE(at)]);
        at += 4;
        break;
      default:
        throw new Error(`wire type ${key & 7}`);
    }
  }
  expect(at).to.equal(message.length);
  return found;
}

interface ReadEvent {
  readonly wallTime: number;
  readonly step: bigint | null;
  readonly version: string | null;
  readonly restart: boolean;
  readonly scalars: Readonly<Record<string, number>>;
}

/** Bit by bit, to be independent of the table in the library. */
function slowCrc(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (0x82f63b78 & -(crc & 1));
  }
  return ~crc >>> 0;
}

function unmask(masked: number): number {
  const rotated = (masked - 0xa282ead8) >>> 0;
  return ((rotated << 15) | (rotated >>> 17)) >>> 0;
}

function readEvents(file: Buffer): ReadEvent[] {
  const events: ReadEvent[] = [];
  for (let at = 0; at < file.length;) {
    const length = Number(file.readBigUInt64LE(at));
    expect(unmask(file.readUInt32LE(at + 8)), "checksum of the length").to.equal(slowCrc(file.subarray(at, at + 8)));
    const data = file.subarray(at + 12, at + 12 + length);
    expect(unmask(file.readUInt32LE(at + 12 + length)), "checksum of the data").to.equal(slowCrc(data));
    at += 16 + length;
    const event = fields(data);
    const get = (field: number): unknown => event.find(([number]) => number === field)?.[1];
    const scalars: Record<string, number> = {};
    const summary = get(5);
    if (summary !== undefined) {
      for (const [field, value] of fields(summary as Buffer)) {
        expect(field).to.equal(1);
        const [tag, number] = fields(value as Buffer);
        expect([tag?.[0], number?.[0]]).to.deep.equal([1, 2]);
        scalars[(tag?.[1] as Buffer).toString("utf8")] = number?.[1] as number;
      }
    }
    const session = get(7) as Buffer | undefined;
    events.push({
      wallTime: get(1) as number,
      step: (get(2) as bigint | undefined) ?? null,
      version: (get(3) as Buffer | undefined)?.toString("utf8") ?? null,
      restart: session !== undefined && fields(session)[0]?.join() === "1,1",
      scalars,
    });
  }
  return events;
}

describe("TensorBoardLog", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "likewise-board-"));
  });
  after(() => rm(folder, { recursive: true }));

  it("has the checksum of the published vectors", () => {
    // RFC 3720, appendix B.4, and the check value of the catalogue of parametrised CRC algorithms.
    expect(crc32c(Buffer.from("123456789"))).to.equal(0xe3069283);
    expect(crc32c(new Uint8Array(32))).to.equal(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(255))).to.equal(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).to.equal(0x46dd794e);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => 31 - i))).to.equal(0x113fdb5c);
    expect(crc32c(new Uint8Array(0))).to.equal(0);
    expect(unmask(maskedCrc32c(Buffer.from("123456789")))).to.equal(0xe3069283);
  });

  it("writes events that an independent reader understands", async () => {
    const log = new TensorBoardLog(join(folder, "one"));
    const started = Date.now() / 1000;
    await log.write(0, { "train/loss": 0.5, epoch: 0 });
    await log.write(300, { "validation/recall@10": 0.1, "größe 日本": -2.5 });
    await log.write(2 ** 40 + 5, { a: NaN, b: Infinity, c: -Infinity, ["long".repeat(100)]: 1 });
    await log.close();
    const names = await readdir(join(folder, "one"));
    expect(names).to.have.length(1);
    expect(names[0]).to.match(/^events\.out\.tfevents\.\d{10}\./);
    const [version, ...events] = readEvents(await readFile(log.path));
    expect(version).to.include({ version: "brain.Event:2", step: null });
    expect(events.map(({ step }) => step)).to.deep.equal([0n, 300n, BigInt(2 ** 40 + 5)]);
    expect(events.map(({ scalars }) => scalars)).to.deep.equal([
      { "train/loss": 0.5, epoch: 0 },
      { "validation/recall@10": Math.fround(0.1), "größe 日本": -2.5 },
      { a: NaN, b: Infinity, c: -Infinity, ["long".repeat(100)]: 1 },
    ]);
    for (const { wallTime } of events) expect(wallTime).to.be.within(started - 1, started + 60);
  });

  it("goes on in a file of its own that tells readers which steps come again", async () => {
    const directory = join(folder, "two");
    const first = new TensorBoardLog(directory);
    await first.write(1, { loss: 1 });
    await first.close();
    const second = new TensorBoardLog(directory, { keepUntil: 40 });
    await second.write(41, { loss: 2 });
    await second.close();
    expect(await readdir(directory)).to.have.length(2);
    const [, restart, event] = readEvents(await readFile(second.path));
    expect(restart).to.include({ restart: true, step: 41n });
    expect(event?.scalars).to.deep.equal({ loss: 2 });
  });

  it("makes no file when nothing is logged", async () => {
    const log = new TensorBoardLog(join(folder, "three"));
    await log.close();
    expect((await readdir(folder)).includes("three")).to.equal(false);
  });
});
