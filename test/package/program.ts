import { CacheConfig, TrainableModel, Trainer } from "likewise";
import { NgramEncoder } from "likewise/encoders";
import { DenseHead } from "likewise/heads";
import { MultipleNegativesRankingLoss } from "likewise/losses";
import { PairLoader } from "likewise/data";

class Words extends TrainableModel<"pair", string> {
  override configureEncoders() {
    return new NgramEncoder({ dimensions: 64 });
  }
  override configureHead(inputSize: number) {
    return new DenseHead(inputSize, { outputSize: 16 });
  }
  override configureLoss() {
    return new MultipleNegativesRankingLoss();
  }
  override configureCaches() {
    return new CacheConfig({ workers: 1 });
  }
}

const pairs = ["red apple", "green pear", "blue plum", "dark cherry"].map((text) => ({ a: text, b: text.slice(2) }));
const trainer = new Trainer({ maxEpochs: 2, progress: false });
await using model = await trainer.fit(new Words(), { train: new PairLoader(pairs, { batchSize: 4 }) });
const { data, rows, size } = await model.encode(["red apple", "green pear"]);
if (rows !== 2 || size !== 16 || !data.every(Number.isFinite)) throw new Error("wrong vectors");
console.log(`trained and encoded in the installed package: ${rows} x ${size}`);
