import { expect } from "chai";
import { CacheConfig, Loader, Trainer, type Kind } from "likewise";
import * as data from "likewise/data";
import { watch } from "../support/watch.js";
import { Cached, type Text } from "./any-kind.js";

/** How often anything looked into an item, or asked a dataset for a sample. */
let reads = 0;

class CountedText implements Text {
  constructor(text: string) {
    Object.defineProperty(this, "text", { enumerable: true, get: () => ((reads += 1), text) });
  }
  declare readonly text: string;
}

const texts = Array.from({ length: 24 }, (_, i) => new CountedText(`text ${i * i}`));

function dataset<T>(form: (text: Text, i: number) => T): data.Dataset<T> {
  return { length: texts.length, at: (i) => ((reads += 1), form(texts[i]!, i)) };
}

const after = (i: number): Text => texts[(i + 1) % texts.length]!;
const samples = texts.map((item, i) => ({ item, group: i % 4 }));
const grouped = () => dataset((item, i) => ({ item, group: i % 4 }));

/** One of each exported loader. */
const examples: Readonly<Record<string, () => Loader<Kind, Text>>> = {
  GroupLoader: () => new data.GroupLoader(grouped(), { batchSize: 8 }),
  LabelLoader: () =>
    new data.LabelLoader(
      dataset((item, i) => ({ item, label: i / 24 })),
      { batchSize: 5 },
    ),
  PairLoader: () =>
    new data.PairLoader(
      dataset((a, i) => ({ a, b: after(i) })),
      { batchSize: 5 },
    ),
  TupleLoader: () =>
    new data.TupleLoader(
      dataset((anchor, i) => ({ anchor, positives: [after(i)], negatives: [after(i + 3)] })),
      { batchSize: 5 },
    ),
  GroupPairLoader: () => new data.GroupPairLoader(samples, { batchSize: 5 }),
  GroupTupleLoader: () => new data.GroupTupleLoader(samples, { batchSize: 5 }),
  MixedLoader: () =>
    new data.MixedLoader({
      some: new data.GroupPairLoader(samples, { batchSize: 5 }),
      more: new data.PairLoader(
        dataset((a, i) => ({ a, b: after(i) })),
        { batchSize: 4 },
      ),
    }),
};

const exported = Object.entries(data as Readonly<Record<string, unknown>>).flatMap(([name, part]) =>
  typeof part === "function" && part.prototype instanceof Loader ? [name] : [],
);

/** Losses of each step, and reads since the first. */
async function run(make: () => Loader<Kind, Text>, caches: CacheConfig | null) {
  const [train, validation] = [make(), make()];
  let [before, met] = [0, false];
  const trainer = new Trainer({ progress: false, maxEpochs: 3, sanityValidationBatches: 0 });
  const seen = watch(trainer);
  trainer.events$.subscribe(({ type }) => {
    if (!met && type === "epochEnd") [before, met] = [reads, true];
  });
  await trainer.fit(new Cached(train.kind, caches), { train, validation });
  return { losses: seen.losses(), reads: reads - before };
}

describe("Later epochs, when every encoder is cached,", () => {
  it("are tried with every exported loader", () => {
    expect(Object.keys(examples).sort()).to.deep.equal(exported.sort());
  });

  for (const [name, make] of Object.entries(examples)) {
    it(`read no item of a ${name}, and give the same losses`, async () => {
      const without = await run(make, null);
      const cached = await run(make, new CacheConfig({ batchSize: 7 }));
      expect(without.reads, "without a cache").to.be.greaterThan(40);
      expect(without.losses.length).to.be.greaterThan(8);
      expect(cached.losses).to.deep.equal(without.losses);
      expect(cached.reads).to.equal(0);
    });
  }
});
