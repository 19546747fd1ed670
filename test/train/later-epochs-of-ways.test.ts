import { expect } from "chai";
import { CacheConfig, TrainableModel, Trainer } from "likewise";
import { GroupLoader, type Dataset } from "likewise/data";
import { field, NgramEncoder, SwitchEncoder, VectorEncoder } from "likewise/encoders";
import { DenseHead, SwitchHead } from "likewise/heads";
import { TripletLoss } from "likewise/losses";
import { DataError, type FrozenEncoder } from "likewise";
import { failure } from "../support/failure.js";
import { watch } from "../support/watch.js";

interface Thing {
  readonly kind: string;
  readonly text: string;
  readonly vector: readonly number[];
}

/** How often anything looked into an item, or asked for a sample. */
let reads = 0;

function thing(i: number): Thing {
  const kind = i % 3 === 0 ? "text" : "vector";
  const content: Thing = {
    kind,
    text: `a text of ${i % 4} and ${i}`,
    vector: Array.from({ length: 64 }, (_, at) => ((i + at) % 4) / 3 + i / 30),
  };
  return new Proxy(content, {
    get(of, name) {
      reads += 1;
      return Reflect.get(of, name) as unknown;
    },
  });
}

function dataset(length: number): Dataset<{ item: Thing; group: number }> {
  return { length, at: (i) => ((reads += 1), { item: thing(i), group: i % 4 }) };
}

const words = () => field("text", new NgramEncoder({ dimensions: 64, idf: false })) as FrozenEncoder<Thing>;
const vectors = () => field("vector", new VectorEncoder(64)) as FrozenEncoder<Thing>;

class Things extends TrainableModel<"group", Thing> {
  constructor(readonly caches: CacheConfig | null) {
    super();
  }
  override configureEncoders() {
    return new SwitchEncoder<Thing>("kind", { text: words(), vector: vectors() });
  }
  override configureHead(inputSize: number) {
    return new SwitchHead({
      text: new DenseHead(inputSize, { outputSize: 3 }),
      vector: new DenseHead(inputSize, { outputSize: 3 }),
    });
  }
  override configureLoss() {
    return new TripletLoss();
  }
  override configureCaches() {
    return this.caches;
  }
}

async function run(caches: CacheConfig | null, samples = dataset(24)) {
  const train = new GroupLoader(samples, { batchSize: 8 });
  const validation = new GroupLoader(dataset(12), { batchSize: 5 });
  let before = -1;
  const trainer = new Trainer({
    ...{ progress: false, maxEpochs: 3, sanityValidationBatches: 1 },
    callbacks: [{ onSanityCheckStart: () => void (before = reads) }],
  });
  const seen = watch(trainer);
  await trainer.fit(new Things(caches), { train, validation });
  return { losses: seen.losses(), reads: reads - before };
}

describe("Epochs with an encoder that sends items different ways", () => {
  it("read no item when it is cached, and give the same losses", async () => {
    const without = await run(null);
    const cached = await run(new CacheConfig());
    expect(without.reads).to.be.greaterThan(100);
    expect(without.losses.length).to.be.greaterThan(8);
    expect(cached.losses).to.deep.equal(without.losses);
    expect(cached.reads).to.equal(0);
  });

  it("read items again whose vectors are not there any more", async () => {
    const small = await run(new CacheConfig({ maxBytes: 6000 }));
    expect(small.losses).to.deep.equal((await run(null)).losses);
    expect(small.reads).to.be.greaterThan(20);
  });

  it("are not begun when an item has no way; the error names it", async () => {
    const samples = dataset(24);
    const wrong = {
      length: 24,
      at: (i: number) => (i === 17 ? { item: { ...thing(i), kind: "sound" }, group: 1 } : samples.at(i)),
    };
    const error = await failure(run(new CacheConfig({ batchSize: 5 }), wrong as typeof samples));
    expect(error).to.be.instanceOf(DataError);
    expect(error.message).to.match(
      /"default" \(SwitchEncoder\), given items 15 to 19, counted from 0: item 2, .*no encoder is called "sound"; known: text, vector/u,
    );
  });
});
