import { expect } from "chai";
import { DataError, Trainer, TrainableModel } from "likewise";
import { GroupLoader } from "likewise/data";
import { VectorEncoder } from "likewise/encoders";
import { DenseHead } from "likewise/heads";
import { TripletLoss } from "likewise/losses";

class Model extends TrainableModel<"group", readonly number[]> {
  override configureEncoders = () => new VectorEncoder(2);
  override configureHead = (inputSize: number) => new DenseHead(inputSize, { outputSize: 2 });
  override configureLoss = () => new TripletLoss();
}

const samples = (bad: number) =>
  Array.from({ length: 12 }, (_, at) => ({ item: at === bad ? [NaN, 1] : [at, 1], group: at % 3 }));
const fit = (bad: number) =>
  new Trainer({ progress: false, maxEpochs: 1, sanityValidationBatches: 0 }).fit(new Model(), {
    train: new GroupLoader(samples(bad), { batchSize: 6, balance: false, shuffle: false }),
  });
const failure = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);

describe("An item that an encoder refuses", () => {
  it("is named by epoch and batch in training, with the encoder's own words as the cause", async () => {
    const error = (await failure(fit(8))) as DataError;
    expect(error).to.be.instanceOf(DataError);
    expect(error.message).to.match(/^epoch 0, batch 1: VectorEncoder: item 2, \[ NaN, 1 \]: number 0 is NaN/u);
    expect(error.cause).to.be.instanceOf(DataError);
  });

  it("is named by where its batch begins in encode, and the model goes on", async () => {
    await using model = await fit(-1);
    const items = samples(8).map(({ item }) => item);
    const error = (await failure(model.encode(items, { batchSize: 5 }))) as DataError;
    expect(error.message).to.match(
      /^SimilarityModel\.encode, counting from item 5: VectorEncoder: item 3, \[ NaN, 1 \]: /u,
    );
    const first = (await failure(model.encode([[NaN, 1]]))) as DataError;
    expect(first.message).to.match(/^VectorEncoder: item 0, \[ NaN, 1 \]: /u);
    expect((await model.encode([[1, 2]])).rows).to.equal(1);
  });
});
