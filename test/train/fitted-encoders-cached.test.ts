import { expect } from "chai";
import { CacheConfig, TrainableModel, Trainer } from "likewise";
import { PairLoader } from "likewise/data";
import { NgramEncoder } from "likewise/encoders";
import { DenseHead } from "likewise/heads";
import { MultipleNegativesRankingLoss } from "likewise/losses";
import { temporaryFolder } from "../support/folder.js";
import { watch } from "../support/watch.js";

class Texts extends TrainableModel<"pair", string> {
  constructor(
    readonly encoder: NgramEncoder,
    readonly saveDir: string,
  ) {
    super();
  }
  override configureEncoders() {
    return this.encoder;
  }
  override configureHead(inputSize: number) {
    return new DenseHead(inputSize, { outputSize: 4 });
  }
  override configureLoss() {
    return new MultipleNegativesRankingLoss();
  }
  override configureCaches() {
    return new CacheConfig({ saveDir: this.saveDir });
  }
}

const texts = Array.from({ length: 40 }, (_, i) => `text number ${i}, about ${i % 7}`);
const edited = texts.with(3, "another one");

describe("Stored vectors of an encoder that is fitted to the data", () => {
  for (const [what, make, computed] of [
    ["are all computed anew when one item was edited, for its fingerprint is another", () => new NgramEncoder(), 40],
    ["are kept without frequencies of documents", () => new NgramEncoder({ idf: false }), 1],
    ["are kept when it is fitted to texts of its own", () => NgramEncoder.fit(texts), 1],
  ] as const) {
    it(what, async () => {
      await using folder = await temporaryFolder();
      const counts: number[] = [];
      for (const given of [texts, edited]) {
        const samples = given.slice(0, 20).map((a, i) => ({ a, b: given[20 + i] as string }));
        const trainer = new Trainer({ progress: false, maxSteps: 1 });
        const seen = watch(trainer);
        await trainer.fit(new Texts(make(), folder.path), { train: new PairLoader(samples, { batchSize: 20 }) });
        counts.push(seen.of("caching").at(-1)?.computed ?? NaN);
      }
      expect(counts).to.deep.equal([40, computed]);
    });
  }
});
