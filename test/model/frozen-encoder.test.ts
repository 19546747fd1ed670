import { join } from "node:path";
import { expect } from "chai";
import {
  CacheConfig,
  SimilarityModel,
  TrainableModel,
  Trainer,
  UnknownNameError,
  type Encoder,
  type Head,
} from "likewise";
import { GroupLoader } from "likewise/data";
import { field, LayersEncoder } from "likewise/encoders";
import { DenseHead, IdentityHead } from "likewise/heads";
import { TripletLoss } from "likewise/losses";
import { adam } from "likewise/optim";
import * as tf from "likewise/tf";
import { expectClose } from "../support/close.js";
import { failure } from "../support/failure.js";
import { temporaryFolder } from "../support/folder.js";

interface Row {
  readonly numbers: readonly number[];
}

const network = () => {
  const { batchNormalization, dense } = tf.layers.layers;
  return tf.layers.sequential({ layers: [dense({ units: 3, inputShape: [2] }), batchNormalization()] });
};

class Learning extends TrainableModel<"group", Row> {
  override configureEncoders(): Encoder<Row> | Record<string, Encoder<Row>> {
    return field("numbers", new LayersEncoder(network));
  }
  override configureHead(inputSize: number): Head {
    return new IdentityHead(inputSize);
  }
  override configureLoss() {
    return new TripletLoss({ mining: "all" });
  }
  override configureOptimizer() {
    return adam({ learningRate: 0.1 });
  }
}

class Using extends Learning {
  constructor(readonly encoder: Encoder<Row>) {
    super();
  }
  override configureEncoders() {
    return { learned: this.encoder };
  }
  override configureHead(inputSize: number): Head {
    return new DenseHead(inputSize, { outputSize: 2 });
  }
  override configureCaches() {
    return new CacheConfig();
  }
}

const rows: readonly Row[] = Array.from({ length: 12 }, (_, at) => ({ numbers: [Math.sin(at), (at % 3) - 1] }));
const train = new GroupLoader(rows.map((item, at) => ({ item, group: at % 3 })));
const fit = (model: Learning) => new Trainer({ progress: false, maxEpochs: 2 }).fit(model, { train });

describe("SimilarityModel.frozenEncoder", () => {
  it("gives the trained encoder with its numbers and averages, which another model uses, caches and saves", async () => {
    await using first = await fit(new Learning());
    const learned = await first.frozenEncoder();
    const expected = (await first.encode(rows)).data;
    expectClose(await learned.embed(rows), expected, { absolute: 1e-5 });
    await using second = await fit(new Using(learned));
    expectClose(await learned.embed(rows), expected, { absolute: 1e-5 });
    expect(await second.frozenEncoder("learned")).to.equal(learned);
    await using folder = await temporaryFolder();
    const path = join(folder.path, "model");
    await second.save(path);
    await using loaded = await SimilarityModel.load<Row>(path);
    expectClose((await loaded.encode(rows)).data, (await second.encode(rows)).data, { absolute: 1e-5 });
    expect((await loaded.frozenEncoder("learned")).fingerprint()).to.equal(learned.fingerprint());
  });

  it("keeps its own copy of the numbers, by which it is known", async () => {
    await using model = await fit(new Learning());
    const before = await model.frozenEncoder();
    const print = before.fingerprint();
    for (const { data } of Object.values(model.content.carried)) data[0] = (data[0] as number) + 1;
    expect(before.fingerprint()).to.equal(print);
    expect((await model.frozenEncoder()).fingerprint()).to.not.equal(print);
  });

  it("names the encoders there are", async () => {
    await using model = await fit(new Learning());
    const error = await failure(model.frozenEncoder("numbers"));
    expect(error).to.be.instanceOf(UnknownNameError);
    expect(error.message).to.equal('encoder "numbers" is not known; known: default');
  });
});
