import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { CacheConfig, DataError, WorkerError, type FrozenEncoder } from "likewise";
import { field, NgramEncoder, OnnxEncoder, VectorEncoder } from "likewise/encoders";
import { cachedEncoders, fillCaches, type FillReport } from "../../../lib/cache/index.js";
import { prepareBackend } from "../../../lib/tensor/backend.js";
import { EmbeddingThread } from "../../../lib/train/workers/embedding-thread.js";
import { EmbeddingWorkers } from "../../../lib/train/workers/embedding-workers.js";
import { packItems } from "../../../lib/train/workers/packed-items.js";
import { failure } from "../../support/failure.js";
import { temporaryFolder } from "../../support/folder.js";
import { sharedPath } from "../../support/shared.js";
import { stream } from "../../cache/fakes.js";
import { FailingEncoder, ForgetfulEncoder, LetterEncoder, TensorEncoder, ThreadEncoder } from "./own-encoders.js";

const modelModule = new URL("own-encoders.ts", import.meta.url);
const texts = (count: number): string[] => Array.from({ length: count }, (_, i) => `text ${i % (count - 3)}`);

interface Filled {
  readonly report: FillReport;
  readonly loaded: number;
  readonly rows: Float32Array;
}

/** Fills a cache and reads all its rows. */
async function fill<Item>(
  encoder: FrozenEncoder<Item>,
  items: readonly Item[],
  given: Partial<CacheConfig<Item>>,
): Promise<Filled> {
  const config = new CacheConfig<Item>({ batchSize: 8, ...given });
  const caches = cachedEncoders<Item>(config, [["items", encoder]]);
  const cached = [...caches.values()];
  await using elsewhere = config.workers === 0 ? null : new EmbeddingWorkers<Item>(config as CacheConfig, cached);
  try {
    const report = await fillCaches(cached, stream(items), config.batchSize, { elsewhere });
    const [first] = cached;
    return { report, loaded: first?.loaded ?? 0, rows: (await first?.rows(items)) ?? new Float32Array() };
  } finally {
    for (const each of cached) await each.close();
  }
}

/** The file of rows in a folder. */
async function rowsFile(folder: string): Promise<Buffer> {
  const name = (await readdir(folder)).find((each) => each.endsWith(".rows"));
  return readFile(join(folder, name ?? ""));
}

describe("Caches filled by workers", function () {
  this.timeout(60_000);

  it("hold the vectors that this thread computes, bit for bit and in the same file", async () => {
    const items = texts(90);
    const ngrams = new NgramEncoder({ dimensions: 64 });
    await ngrams.fit(stream(items));
    for (const [encoder, own] of [
      [ngrams, { workers: 1 }],
      [new LetterEncoder(1.25), { workers: 2, modelModule }],
    ] as const) {
      await using here = await temporaryFolder();
      await using there = await temporaryFolder();
      const alone = await fill<string>(encoder, items, { saveDir: here.path });
      const shared = await fill<string>(encoder, items, { saveDir: there.path, ...own });
      expect(shared.report).to.deep.equal(alone.report);
      expect(shared.report.computed).to.equal(87);
      expect(shared.rows).to.deep.equal(alone.rows);
      expect((await rowsFile(there.path)).equals(await rowsFile(here.path))).to.equal(true);
    }
  });

  it("compute with tensors where this thread has them, also in a class that asks for no backend", async () => {
    await prepareBackend();
    const items = texts(20);
    const encoder = new TensorEncoder(1);
    const { rows } = await fill<string>(encoder, items, { workers: 1, modelModule });
    expect(rows).to.deep.equal((await fill<string>(encoder, items, {})).rows);
    for (const [place, backend] of (["wasm", "cpu"] as const).entries()) {
      const saved = { type: encoder.type, config: encoder.config };
      const encoders = [{ name: "items", saved, weights: encoder.weights }];
      const thread = new EmbeddingThread({ encoders, modelModule: modelModule.href, backend });
      await thread.greeting;
      expect([...(await thread.embed("items", packItems(["ab"], [0])))]).to.deep.equal([4, 194, 2 * place]);
      await thread.stop();
    }
  });

  it("fill with records and with vectors, also such as are parts of one buffer", async () => {
    const vectors = Float32Array.from({ length: 400 }, (_, i) => Math.fround(Math.sin(i)));
    const items = Array.from({ length: 100 }, (_, i) => ({ vector: vectors.subarray(4 * i, 4 * i + 4), id: i }));
    const encoder = field("vector", new VectorEncoder(4));
    const { rows } = await fill<(typeof items)[number]>(encoder, items, { workers: 1 });
    expect(rows).to.deep.equal(vectors);
  });

  it("hold the vectors of an encoder that runs natively", async function () {
    const encoder = await OnnxEncoder.load(sharedPath(this, "data/encoders/word2vec-sif-onnx"));
    const items = texts(70);
    const { rows } = await fill<string>(encoder, items, { workers: 1, batchSize: 32 });
    expect(rows).to.deep.equal((await fill<string>(encoder, items, { batchSize: 32 })).rows);
  });

  it("compute in other threads, several at a time, and here what is asked for later", async () => {
    const { rows } = await fill<string>(new ThreadEncoder(1), texts(100), { workers: 2, modelModule });
    const threads = new Set(Array.from({ length: 100 }, (_, i) => rows[3 * i]));
    expect(threads.size).to.equal(2);
    expect(threads.has(0)).to.equal(false);
  });

  it("stop at the same row as this thread when there is no room", async () => {
    const given = { maxBytes: 40 * (3 * 4 + 300) };
    const alone = await fill<string>(new LetterEncoder(1), texts(100), given);
    const shared = await fill<string>(new LetterEncoder(1), texts(100), { ...given, workers: 1, modelModule });
    expect(shared.report.full).to.deep.equal(["items"]);
    expect(shared.report).to.deep.equal(alone.report);
    expect(shared.rows).to.deep.equal(alone.rows);
  });

  it("start no thread when nothing is to be computed", async () => {
    await using folder = await temporaryFolder();
    await fill<string>(new LetterEncoder(1), texts(50), { saveDir: folder.path });
    // This module would not do.
    const again = await fill<string>(new LetterEncoder(1), texts(50), { saveDir: folder.path, workers: 2 });
    expect([again.report.computed, again.loaded]).to.deep.equal([0, 47]);
  });

  it("keep what came before the batch that failed, and go on from there", async () => {
    await using folder = await temporaryFolder();
    const items = texts(60);
    const wrong = [...items.slice(0, 29), "bad", ...items.slice(29)];
    const given = { saveDir: folder.path, workers: 2, modelModule };
    const error = await failure(fill<string>(new FailingEncoder(1), wrong, given));
    expect(error).to.be.instanceOf(WorkerError);
    expect(error.message).to.equal('encoder "items" failed in a worker: a bad text');
    expect((error.cause as Error).stack).to.match(/RangeError: a bad text[^]*own-encoders\.ts/u);
    const { report, loaded, rows } = await fill<string>(new FailingEncoder(1), items, { saveDir: folder.path });
    expect([report.computed, loaded]).to.deep.equal([57 - 24, 24]);
    expect(rows).to.deep.equal(await new LetterEncoder(1).embed(items));
  });

  for (const [item, reason] of [
    ["dead", /has stopped: it ended with code 3; vectors that were stored before are kept/u],
    ["lost", /has stopped: it met an error that nobody caught: a lost text/u],
  ] as const) {
    it(`say that a worker has ended (${item})`, async () => {
      const items = [...texts(30), item];
      const error = await failure(fill<string>(new FailingEncoder(1), items, { workers: 1, modelModule }));
      expect(error).to.be.instanceOf(WorkerError);
      expect(error.message).to.match(reason);
    });
  }

  it("refuse an encoder that is not the same when it is made again, before anything is computed", async () => {
    const error = await failure(fill<string>(new ForgetfulEncoder(1), texts(20), { workers: 1, modelModule }));
    expect(error).to.have.property("code", "CONFIG");
    expect(error.message).to.match(
      /encoder "items" \(ForgetfulEncoder\): made again .* another fingerprint; .* or use workers: 0/u,
    );
  });

  it("name the class that the module does not export, and a module that cannot be imported", async () => {
    const elsewhere = (module: URL | string): Promise<Error> =>
      failure(fill<string>(new LetterEncoder(1), texts(20), { workers: 1, modelModule: module }));
    const wrong = await elsewhere(new URL("../../support/folder.ts", import.meta.url));
    expect(wrong.message).to.match(
      /encoder "items" \(LetterEncoder\): class LetterEncoder is neither of this library nor exported by modelModule .*folder\.ts/u,
    );
    expect((await elsewhere("nowhere/classes.js")).message).to.match(
      /modelModule file:.*nowhere\/classes\.js cannot be imported: Cannot find module/u,
    );
  });

  it("name an item that does not travel", async () => {
    class Product {
      constructor(readonly vector: readonly number[]) {}
    }
    const items = [{ vector: [1, 2] }, new Product([3, 4])];
    const encoder = field("vector", new VectorEncoder(2));
    const error = await failure(fill<(typeof items)[number]>(encoder, items, { workers: 1 }));
    expect(error).to.be.instanceOf(DataError);
    expect(error.message).to.match(
      /^item 1 cannot be given to a worker: it holds an object of class Product.*or use workers: 0/u,
    );
  });
});
