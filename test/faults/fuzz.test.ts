import { copyFile, mkdir, open, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { attach, FileFormatError, LikewiseError, SimilarityModel, Trainer, XbmConfig } from "likewise";
import { TripletLoss } from "likewise/losses";
import { RPrecision } from "likewise/metrics";
import { writeCheckedJsonFile } from "../../lib/store/json-file.js";
import { readSafetensors } from "../../lib/store/safetensors.js";
import { readCheckpoint, type Checkpoint } from "../../lib/train/checkpoint-file.js";
import { readKept } from "../../lib/train/kept-checkpoints-file.js";
import { temporaryFolder } from "../support/folder.js";
import { TinyEncoder, TinyHead, TinyLoader, TinyModel, tinySamples } from "../support/tiny.js";

const RUNS = Number(process.env["LIKEWISE_FUZZ_RUNS"] ?? 500);
const train = new TinyLoader(tinySamples(6, 8), 12);
const parts = [TinyEncoder, TinyHead];
const FORMAT = { format: "likewise-checkpoint", version: 1 };

class Remembering extends TinyModel {
  override configureLoss() {
    return new TripletLoss();
  }
  override configureXbm() {
    return new XbmConfig({ bufferSize: 20, startStep: 2 });
  }
  override configureMetrics() {
    return attach(new RPrecision(), { stages: ["train"] });
  }
}

/** One change of a file. */
const change = fc.oneof(
  fc.record({ kind: fc.constant("flip" as const), at: fc.nat(), bit: fc.integer({ min: 0, max: 7 }) }),
  fc.record({ kind: fc.constant("cut" as const), at: fc.nat() }),
  fc.record({
    kind: fc.constant("insert" as const),
    at: fc.nat(),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }),
  }),
  fc.record({ kind: fc.constant("repeat" as const), at: fc.nat(), length: fc.integer({ min: 1, max: 300 }) }),
  fc.record({
    kind: fc.constant("text" as const),
    at: fc.nat(),
    text: fc.constantFrom("NaN", "null", "-1", "1e999", '"__proto__"', "[[[[", "{}"),
  }),
  fc.record({ kind: fc.constant("length" as const), value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) }),
);
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function apply(bytes: Buffer, changes: readonly Change[]): Buffer {
  return changes.reduce((now, each): Buffer => {
    const at = "at" in each ? each.at % Math.max(1, now.length) : 0;
    const [head, tail] = [now.subarray(0, at), now.subarray(at)];
    switch (each.kind) {
      case "flip": {
        const copy = Buffer.from(now);
        if (at < copy.length) copy[at] = (copy[at] as number) ^ (1 << each.bit);
        return copy;
      }
      case "cut":
        return head;
      case "insert":
        return Buffer.concat([head, each.bytes, tail]);
      case "repeat":
        return Buffer.concat([head, tail.subarray(0, each.length), tail]);
      case "text":
        return Buffer.concat([head, Buffer.from(each.text), tail.subarray(each.text.length)]);
      case "length": {
        const copy = Buffer.from(now);
        if (copy.length >= 8) copy.writeBigUInt64LE(each.value);
        return copy;
      }
      default:
        return each satisfies never;
    }
  }, bytes);
}

describe("Damaged and hostile files", function () {
  this.timeout(20_000 + RUNS * 40);
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let checkpoint = "";
  let original: Checkpoint;

  before(async () => {
    folder = await temporaryFolder();
    const trainer = new Trainer({ progress: false, maxSteps: 6, runDir: folder.path, logs: [] });
    await trainer.fit(new Remembering(), { train }, { parts });
    checkpoint = join(folder.path, "run-1/checkpoints/last");
    original = await readCheckpoint(checkpoint);
  });
  after(() => folder[Symbol.asyncDispose]());

  /** A copy of the checkpoint, to be spoilt. */
  async function copied(name: string): Promise<string> {
    const place = join(folder.path, name);
    await mkdir(join(place, "model"), { recursive: true });
    for (const file of ["training.json", "training.safetensors", "model/model.json", "model/weights.safetensors"])
      await copyFile(join(checkpoint, file), join(place, file));
    return place;
  }

  const resume = (place: string): Promise<unknown> =>
    new Trainer({ progress: false, maxSteps: 7 })
      .fit(new Remembering(), { train }, { parts, resume: place })
      .catch((error: unknown) => error);

  it(`checkpoints changed in ${RUNS} ways are refused in one sentence, or are what they were`, async () => {
    const place = await copied("mutated");
    const before = process.memoryUsage().rss;
    let [refused, largest] = [0, 0];
    const files = ["training.json", "training.safetensors"] as const;
    const contents = {
      [files[0]]: await readFile(join(place, files[0])),
      [files[1]]: await readFile(join(place, files[1])),
    };
    const property = fc.asyncProperty(
      fc.constantFrom(...files),
      fc.array(change, { minLength: 1, maxLength: 3 }),
      async (file, changes) => {
        const bytes = contents[file] as Buffer;
        await writeFile(join(place, file), apply(bytes, changes));
        try {
          const read = await readCheckpoint(place);
          // White space and the order of keys are free.
          expect(read).to.deep.equal(original);
        } catch (error) {
          expect(error).to.be.instanceOf(FileFormatError);
          expect((error as Error).message.length).to.be.lessThan(2000);
          refused += 1;
        } finally {
          await writeFile(join(place, file), bytes);
        }
        largest = Math.max(largest, process.memoryUsage().rss);
      },
    );
    await fc.assert(property, { numRuns: RUNS });
    expect(refused).to.be.greaterThan(RUNS * 0.9);
    expect((largest - before) / 2 ** 20, "MB").to.be.lessThan(200);
    expect((await readdir(place)).sort()).to.deep.equal(["model", "training.json", "training.safetensors"]);
  });

  it("a changed model beside a checkpoint is refused too", async () => {
    const place = await copied("changed-model");
    const file = join(place, "model/weights.safetensors");
    const bytes = await readFile(file);
    bytes[bytes.length - 2] = (bytes[bytes.length - 2] as number) ^ 1;
    await writeFile(file, bytes);
    const error = await SimilarityModel.load(join(place, "model"), { parts }).catch((thrown: unknown) => thrown);
    expect((error as Error).message).to.match(/weights\.safetensors: damaged: its content does not fit its checksum/u);
  });

  it("states that nobody could have written, with a right checksum, are refused by name", async () => {
    const place = await copied("hostile");
    const { state } = original;
    const cases: [content: object, pattern: RegExp][] = [
      [{ ...state, loop: { ...state.loop, step: -1 } }, /"loop" is wrong/u],
      [{ ...state, loop: { ...state.loop, epoch: 1e300 } }, /"loop" is wrong/u],
      [{ ...state, vocabulary: [{}] }, /"vocabulary" is wrong/u],
      [{ ...state, log: { loss: [1, 2, 3] } }, /"log" is wrong/u],
      [{ ...state, identity: { ...state.identity, extra: 1 } }, /"identity" is wrong/u],
      [{ ...state, more: 1 }, /"more" is unknown/u],
      [{ ...state, memory: { pointer: 19, filled: 7 } }, /RingBuffer\.restore/u],
      [{ ...state, memory: null, vocabulary: ["x"] }, /./u],
    ];
    for (const [content, pattern] of cases) {
      await writeCheckedJsonFile(join(place, "training.json"), FORMAT, content);
      const error = await resume(place);
      expect(error, JSON.stringify(content).slice(0, 100)).to.be.instanceOf(LikewiseError);
      expect((error as Error).message).to.match(pattern);
    }
    const text = await readFile(join(checkpoint, "training.json"), "utf8");
    await writeFile(
      join(place, "training.json"),
      text.replace('"loop": {', '"loop": { "__proto__": { "polluted": 1 },'),
    );
    expect(((await resume(place)) as Error).message).to.match(/must not be called "__proto__"/u);
    expect(({} as { polluted?: number }).polluted).to.equal(undefined);
  });

  it("files of other programs, folders in place of files, and texts of a gigabyte are refused", async () => {
    const place = await copied("foreign");
    await writeFile(join(place, "training.json"), JSON.stringify({ format: "pytorch-lightning", version: 1 }));
    expect(((await resume(place)) as Error).message).to.match(/expected a file of format "likewise-checkpoint"/u);
    const long = await open(join(place, "training.json"), "w");
    await long.truncate(2 ** 30);
    await long.close();
    expect(((await resume(place)) as Error).message).to.match(/too long: 1073741824 bytes/u);
    await mkdir(join(folder.path, "folder/training.json"), { recursive: true });
    expect(await readCheckpoint(join(folder.path, "folder")).catch((error: unknown) => error)).to.be.instanceOf(
      FileFormatError,
    );
    const huge = await open(join(place, "training.safetensors"), "w");
    const start = Buffer.alloc(8);
    start.writeBigUInt64LE(2n ** 31n);
    await huge.write(start);
    await huge.truncate(2 ** 31 + 8);
    await huge.close();
    const error: unknown = await readSafetensors(join(place, "training.safetensors")).catch(
      (thrown: unknown) => thrown,
    );
    expect((error as Error).message).to.match(/header of 2147483648 bytes, the longest allowed/u);
  });

  it("names of kept checkpoints cannot lead elsewhere", async () => {
    const place = join(folder.path, "kept");
    await mkdir(place);
    for (const name of ["../../elsewhere", "/etc", "a/b", "..", "", ".hidden", 7]) {
      const kept = [{ name, score: 1, step: 1 }];
      await writeCheckedJsonFile(
        join(place, "kept.json"),
        { format: "likewise-kept-checkpoints", version: 1 },
        { kept },
      );
      expect(await readKept(place).catch((error: unknown) => error), String(name)).to.be.instanceOf(FileFormatError);
    }
  });
});
