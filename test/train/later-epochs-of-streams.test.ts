import { appendFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { CacheConfig, Trainer, type Callback, type Kind, type Loader, type TrainerOptions } from "likewise";
import {
  GroupLoader,
  LabelLoader,
  MixedLoader,
  PairLoader,
  readCsv,
  readJsonLines,
  TupleLoader,
  type Records,
} from "likewise/data";
import { temporaryFolder } from "../support/folder.js";
import { TinyHead } from "../support/tiny.js";
import { watch } from "../support/watch.js";
import { Cached, Letters, type Text } from "./any-kind.js";

/** Rows that anything has read. */
let reads = 0;

interface Row {
  readonly i: number;
  readonly text: string;
}

const ROWS = 25;
const lines = (from = 0): string =>
  Array.from({ length: ROWS }, (_, i) => `${JSON.stringify({ i, text: `text ${(from + i * i) % 97}` })}\n`).join("");

const text = (row: Row, more = ""): Text => ({ text: row.text + more });
/** Small, so that a stream does not fit. */
const few = { batchSize: 5, shuffleBuffer: 8 };
const counted = (path: string): Records<Row> => readJsonLines<Row>(path).map((row) => ((reads += 1), row));

const pairs = (path: string): Records<{ a: Text; b: Text; score: number; subgroup: number }> =>
  counted(path).map((row) => ({ a: text(row), b: text(row, "?"), score: row.i / ROWS, subgroup: row.i % 3 }));
const groups = (path: string): Records<{ item: Text; group: string }> =>
  counted(path).map((row) => ({ item: text(row), group: `group ${row.i % 4}` }));
const labels = (path: string): Records<{ item: Text; label: number }> =>
  counted(path).map((row) => ({ item: text(row), label: row.i / 7 }));

/** One of each loader over a file. */
const examples: Readonly<Record<string, (path: string) => Loader<Kind, Text>>> = {
  "GroupLoader, balanced": (path) => new GroupLoader(groups(path), { batchSize: 8, shuffleBuffer: 12 }),
  "GroupLoader, plain": (path) => new GroupLoader(groups(path), { ...few, balance: false, dropLast: true }),
  LabelLoader: (path) => new LabelLoader(labels(path), few),
  PairLoader: (path) => new PairLoader(pairs(path), few),
  "PairLoader with duplicates": (path) => new PairLoader(pairs(path), { ...few, duplicates: true, shuffle: false }),
  TupleLoader: (path) =>
    new TupleLoader(
      counted(path).map((row) => ({
        anchor: text(row),
        positives: [text(row, "!")],
        negatives: Array.from({ length: row.i % 3 }, (_, at) => text(row, `${at}`)),
        ...(row.i % 2 === 0 ? { scores: Array.from({ length: 1 + (row.i % 3) }, (_, at) => at / 2) } : {}),
      })),
      few,
    ),
  MixedLoader: (path) =>
    new MixedLoader(
      {
        some: new PairLoader(pairs(path), few),
        more: new PairLoader([{ a: { text: "a b c d" }, b: { text: "d e f" } }]),
      },
      { order: "round-robin" },
    ),
};

interface Given {
  readonly caches?: CacheConfig | null;
  readonly options?: TrainerOptions & { readonly callbacks?: readonly Callback[] };
  readonly resume?: "last";
  readonly validates?: boolean;
}

/** Losses of each step, warnings, and rows read since the caches were filled. */
async function run(
  make: () => Loader<Kind, Text>,
  { caches = new CacheConfig({ batchSize: 7 }), options = {}, resume, validates = true }: Given = {},
) {
  const train = make();
  let filled = -1;
  const { callbacks = [], ...rest } = options;
  const trainer = new Trainer({
    ...{ progress: false, maxEpochs: 3, logs: [], ...rest },
    callbacks: [{ setup: () => void (filled = reads), onSanityCheckStart: () => void (filled = reads) }, ...callbacks],
  });
  const seen = watch(trainer);
  trainer.events$.subscribe((event) => {
    if (event.type === "caching" && event.finished) filled = reads;
  });
  const loaders = validates ? { train, validation: make() } : { train };
  await trainer.fit(new Cached(train.kind, caches), loaders, {
    parts: [Letters, TinyHead],
    ...(resume && { resume }),
  });
  const warnings = seen.of("warning").filter(({ code }) => code !== "FEW_POSITIVES");
  const bytes = seen.of("caching").at(-1)?.memoryBytes ?? 0;
  return { losses: seen.losses(), reads: reads - filled, warnings: warnings.map(({ message }) => message), bytes };
}

async function withFile(body: (path: string, folder: string) => Promise<void>): Promise<void> {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "rows.jsonl");
  await writeFile(path, lines());
  await body(path, folder.path);
}

describe("Epochs over a file, when every encoder is cached,", () => {
  for (const [name, make] of Object.entries(examples)) {
    it(`read nothing for a ${name}, and give the same losses`, async () => {
      await withFile(async (path) => {
        const without = await run(() => make(path), { caches: null });
        const cached = await run(() => make(path));
        expect(cached.losses).to.deep.equal(without.losses);
        expect(without.losses.length).to.be.greaterThan(5);
        expect(without.reads).to.be.greaterThan(100);
        expect(cached).to.include({ reads: 0 }).and.to.have.property("warnings").that.is.empty;
      });
    });
  }

  it("read nothing of a CSV file either, zipped or not", async () => {
    await withFile(async (_path, folder) => {
      const csv = join(folder, "rows.csv");
      await writeFile(csv, `i,text\n${Array.from({ length: ROWS }, (_, i) => `${i},text ${i * i}\n`).join("")}`);
      const make = () =>
        new LabelLoader(
          readCsv(csv).map((row) => ((reads += 1), { item: { text: row["text"]! }, label: Number(row["i"]) })),
          few,
        );
      const cached = await run(make);
      expect(cached.losses).to.deep.equal((await run(make, { caches: null })).losses);
      expect(cached.reads).to.equal(0);
    });
  });

  it("read the file again in every epoch with repeats: false", async () => {
    await withFile(async (path) => {
      const { reads: again, warnings } = await run(() => new LabelLoader(labels(path), { ...few, repeats: false }));
      expect(again).to.be.greaterThan(3 * ROWS);
      expect(warnings).to.deep.equal([]);
    });
  });

  it("read a file that is changed between epochs, never its old samples", async () => {
    await withFile(async (path) => {
      const changing = async (caches: CacheConfig | null) => {
        await writeFile(path, lines());
        const onTrainEpochEnd: Callback["onTrainEpochEnd"] = ({ epoch }) => writeFile(path, lines(40 + epoch));
        return run(() => new LabelLoader(labels(path), few), {
          ...{ caches, validates: false },
          options: { maxEpochs: 4, callbacks: [{ onTrainEpochEnd }] },
        });
      };
      const [without, cached] = [await changing(null), await changing(new CacheConfig())];
      expect(cached.losses).to.deep.equal(without.losses);
      expect(cached.reads, "the first epoch alone is not read").to.equal(without.reads - ROWS);
      expect(cached.warnings).to.have.length(1);
      expect(cached.warnings[0]).to.match(/train loader are read in every epoch, .*rows\.jsonl was changed/u);
    });
  });

  it("read a file whose samples are something else in each reading", async () => {
    await withFile(async (path) => {
      let readings = 0;
      const make = () =>
        new LabelLoader(
          counted(path).map((row) => {
            if (row.i === 0) readings += 1;
            return { item: text(row, row.i === 20 ? ` ${readings}` : ""), label: row.i };
          }),
          few,
        );
      const { reads: again, warnings } = await run(make, { validates: false });
      expect(again).to.equal(3 * ROWS);
      expect(warnings).to.have.length(1);
      expect(warnings[0]).to.match(/a second reading gave other samples than the first/u);
    });
  });

  it("read items that are too many to be remembered", async () => {
    await withFile(async (path) => {
      const make = () => new PairLoader(pairs(path), few);
      const enough = await run(make, { caches: new CacheConfig({ maxStreamItems: 2 * ROWS }) });
      const tooMany = await run(make, { caches: new CacheConfig({ maxStreamItems: 2 * ROWS - 1 }) });
      expect(enough.reads).to.equal(0);
      expect(tooMany.losses).to.deep.equal(enough.losses);
      expect(tooMany.reads).to.be.greaterThan(5 * ROWS);
      expect(tooMany.warnings).to.have.length(2);
      expect(tooMany.warnings[0]).to.match(/more than 49 items, which is what maxStreamItems of CacheConfig allows/u);
    });
  });

  it("read items whose vectors find no room, with the same losses", async () => {
    await withFile(async (path) => {
      const make = () => new LabelLoader(labels(path), few);
      const without = await run(make, { caches: null });
      const { bytes } = await run(make);
      for (const share of [0.1, 0.5, 0.9]) {
        const caches = new CacheConfig({ maxBytes: Math.floor(share * bytes), batchSize: 3 });
        const { losses, reads: again } = await run(make, { caches });
        expect(losses).to.deep.equal(without.losses);
        expect(again, `${share}`).to.be.within(3 * ROWS, 9 * ROWS);
      }
    });
  });

  it("read nothing in a run that is resumed within an epoch, and go on to the same losses", async () => {
    await withFile(async (path, folder) => {
      const make = () => new PairLoader(pairs(path), few);
      const whole = await run(make);
      for (const saveDir of [null, join(folder, "cache")]) {
        const caches = new CacheConfig({ saveDir });
        const runDir = join(folder, saveDir === null ? "memory" : "disk");
        const before = await run(make, { caches, options: { maxSteps: 8, runDir } });
        const after = await run(make, { caches, options: { runDir }, resume: "last" });
        expect([...before.losses, ...after.losses]).to.deep.equal(whole.losses);
        expect(after.reads).to.equal(0);
      }
    });
  });
});

describe("Epochs over a stream of one's own, when every encoder is cached,", () => {
  const samples = () =>
    Array.from({ length: ROWS }, (_, i) => ({ a: { text: `text ${i * i}` }, b: { text: `b ${i}` } }));
  const own = async function* () {
    for (const sample of samples()) {
      reads += 1;
      yield await Promise.resolve(sample);
    }
  };

  it("read it, unless it says that it repeats: then nothing is read, not even twice", async () => {
    const without = await run(() => new PairLoader(own, few), { caches: null });
    const cached = await run(() => new PairLoader(own, few));
    expect(cached.losses).to.deep.equal(without.losses);
    expect(cached.reads).to.be.greaterThan(3 * ROWS);
    expect(cached.warnings).to.deep.equal([]);
    const start = reads;
    const repeating = await run(() => new PairLoader(own, { ...few, repeats: true }));
    expect(repeating).to.deep.include({ losses: without.losses, reads: 0, warnings: [] });
    expect(reads - start).to.equal(2 * ROWS);
  });

  it("never train on old items where those of every epoch are new", async () => {
    let epoch = 0;
    const seen = new Set<string>();
    const changing = async function* () {
      epoch += 1;
      for (let i = 0; i < 6; i += 1) yield await Promise.resolve({ item: { text: `epoch ${epoch} ${i}` }, label: i });
    };
    class Watching extends Letters {
      override embed(items: readonly Text[]): Promise<Float32Array> {
        for (const item of items) seen.add(item.text);
        return super.embed(items);
      }
    }
    class Model extends Cached<"label"> {
      override configureEncoders() {
        return new Watching();
      }
    }
    const trainer = new Trainer({ progress: false, maxEpochs: 3 });
    await trainer.fit(new Model("label", new CacheConfig()), { train: new LabelLoader(changing, { batchSize: 3 }) });
    expect(seen.size).to.equal(6 * 4);
  });
});

describe("Items of a file without readable content", () => {
  class Hidden implements Text {
    readonly #text: string;
    constructor(given: string) {
      this.#text = given;
    }
    get text(): string {
      return this.#text;
    }
  }

  it("are read in every epoch, for two readings cannot be compared, unless the loader says that they repeat", async () => {
    await withFile(async (path) => {
      const hidden = () => counted(path).map((row) => ({ item: new Hidden(row.text), label: row.i }));
      const caches = new CacheConfig<Text>({ keyExtractors: (item) => item.text });
      const read = await run(() => new LabelLoader(hidden(), few), { caches, validates: false });
      expect(read.reads).to.equal(3 * ROWS);
      expect(read.warnings[0]).to.match(/an item holds an object of class Hidden.*say repeats: true/u);
      const said = await run(() => new LabelLoader(hidden(), { ...few, repeats: true }), { caches, validates: false });
      expect(said).to.deep.include({ losses: read.losses, reads: 0, warnings: [] });
      await appendFile(path, "\n");
    });
  });
});
