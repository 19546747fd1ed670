import { expect } from "chai";
import {
  CacheConfig,
  FrozenEncoder,
  Loader,
  SimilarityLoss,
  TrainableModel,
  Trainer,
  type JsonObject,
  type Kind,
} from "likewise";
import * as data from "likewise/data";
import * as tf from "likewise/tf";
import { TinyHead } from "../support/tiny.js";
import { watch } from "../support/watch.js";

/** How often anything looked into an item, or asked a dataset for a sample. */
let reads = 0;

interface Text {
  readonly text: string;
}

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

class Letters extends FrozenEncoder<Text> {
  static readonly type = "Letters";
  readonly embeddingSize = 6;
  static from(): Letters {
    return new Letters();
  }
  get config(): JsonObject {
    return {};
  }
  embed(items: readonly Text[]): Promise<Float32Array> {
    return Promise.resolve(Float32Array.from(items.flatMap(({ text }) => [...text.padEnd(8)].slice(2).map(numberOf))));
  }
  fingerprint(): string {
    return "letters";
  }
}

const numberOf = (letter: string): number => letter.charCodeAt(0) / 50;

/** For every kind of samples; tells the order of its rows. */
class RowOrderLoss<K extends Kind> extends SimilarityLoss<K> {
  static readonly type = "RowOrderLoss";
  readonly separable = false;
  readonly distance = null;
  constructor(readonly kind: K) {
    super();
  }
  static from({ kind }: JsonObject): RowOrderLoss<Kind> {
    return new RowOrderLoss(kind as Kind);
  }
  get config(): JsonObject {
    return { kind: this.kind };
  }
  compute(_own: object, embeddings: tf.Tensor2D): tf.Scalar {
    const places = tf.range(1, embeddings.shape[0] + 1);
    return tf.mean(tf.mul(places, tf.sum(tf.square(embeddings), 1))) as tf.Scalar;
  }
}

class Cached<K extends Kind> extends TrainableModel<K, Text> {
  constructor(
    readonly kind: K,
    readonly caches: CacheConfig | null,
  ) {
    super();
  }
  override configureEncoders() {
    return new Letters();
  }
  override configureHead(inputSize: number) {
    return new TinyHead(inputSize, 4, 0.1);
  }
  override configureLoss() {
    return new RowOrderLoss(this.kind);
  }
  override configureCaches() {
    return this.caches;
  }
}

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
