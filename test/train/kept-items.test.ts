import { expect } from "chai";
import { CacheConfig, Trainer, XbmConfig, type Loader, type TrainerOptions } from "likewise";
import { GroupLoader, type Dataset } from "likewise/data";
import { OnlineContrastiveLoss } from "likewise/losses";
import { temporaryFolder } from "../support/folder.js";
import { TinyEncoder, TinyHead, TinyModel, tinySamples } from "../support/tiny.js";
import { watch } from "../support/watch.js";

type Item = readonly number[];

/** A dataset that counts reads and gives a new object each time. */
class Counting implements Dataset<{ item: Item; group: string }> {
  reads = 0;
  readonly #samples = tinySamples(6, 8);
  get length(): number {
    return this.#samples.length;
  }
  at(position: number): { item: Item; group: string } {
    this.reads += 1;
    const { item, group } = this.#samples[position]!;
    return { item: [...item], group: `group ${group}` };
  }
}

class Cached extends TinyModel {
  constructor(
    readonly caches: CacheConfig | null,
    readonly remembers: boolean,
  ) {
    super();
  }
  override configureCaches() {
    return this.caches;
  }
  override configureLoss() {
    return new OnlineContrastiveLoss();
  }
  override configureXbm() {
    return this.remembers ? new XbmConfig({ bufferSize: 30, startStep: 2 }) : null;
  }
}

interface Run {
  readonly caches?: CacheConfig | null;
  readonly remembers?: boolean;
  readonly options?: Partial<TrainerOptions>;
  readonly resume?: "last";
  readonly own?: boolean;
}

/** Losses, and reads from the dataset since training began. */
async function run({ caches = new CacheConfig(), remembers = false, options = {}, resume, own = false }: Run) {
  const dataset = new Counting();
  const loaderOf = own ? Own : GroupLoader<Item>;
  const train: Loader<"group", Item> = new loaderOf(dataset, {
    batchSize: 12,
    balance: { perGroup: 4 },
    groupAt: (position) => `group ${Math.floor(position / 8)}`,
  });
  const validation: Loader<"group", Item> = new GroupLoader(dataset, { batchSize: 16 });
  let before = 0;
  const trainer = new Trainer({
    progress: false,
    maxEpochs: 3,
    callbacks: [
      { onSanityCheckStart: () => void (before ||= dataset.reads), onFitStart: () => void (before ||= dataset.reads) },
    ],
    ...options,
  });
  const seen = watch(trainer);
  const parts = [TinyEncoder, TinyHead];
  await trainer.fit(new Cached(caches, remembers), { train, validation }, { parts, ...(resume && { resume }) });
  return { losses: seen.losses(), reads: dataset.reads - before, seen };
}

class Own extends GroupLoader<Item> {
  override epoch(request: Parameters<GroupLoader<Item>["epoch"]>[0]) {
    return super.epoch(request);
  }
}

describe("Items of which everything is cached", () => {
  for (const remembers of [false, true]) {
    it(`are not read in any epoch of training or validation${remembers ? ", nor for a cross-batch memory" : ""}`, async () => {
      const without = await run({ caches: null, remembers });
      const cached = await run({ remembers });
      expect(cached.losses).to.deep.equal(without.losses);
      expect(without.reads).to.be.greaterThan(200);
      expect(cached.reads).to.equal(0);
    });
  }

  it("are read when the cache has no room for their vectors, with the same losses", async () => {
    const small = await run({ caches: new CacheConfig({ maxBytes: 4000 }) });
    expect(small.losses).to.deep.equal((await run({ caches: null })).losses);
    expect(small.reads).to.be.greaterThan(100);
  });

  it("are not read by a resumed run either, which goes on to the same losses", async () => {
    const whole = await run({ remembers: true });
    await using folder = await temporaryFolder();
    const runDir = folder.path;
    const before = await run({ remembers: true, options: { maxSteps: 6, runDir } });
    const after = await run({ remembers: true, options: { runDir }, resume: "last" });
    expect([...before.losses, ...after.losses]).to.deep.equal(whole.losses);
    expect(after.reads).to.equal(0);
  });

  it("are read when a class makes its own batches", async () => {
    const own = await run({ own: true });
    expect(own.losses).to.deep.equal((await run({})).losses);
    expect(own.reads).to.be.greaterThan(100);
  });

  it("are counted beforehand, so that filling says how much is left", async () => {
    const { seen } = await run({});
    expect(seen.of("caching").map(({ total }) => total)).to.satisfy((all: number[]) => all.every((n) => n === 96));
  });
});
