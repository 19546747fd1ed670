import { expect } from "chai";
import { SimilarityModel, TrainableModel, Trainer } from "likewise";
import { GroupLoader } from "likewise/data";
import { field, SwitchEncoder, VectorEncoder } from "likewise/encoders";
import { DenseHead, SequentialHead, SkipConnectionHead, GatedHead, IdentityHead, SwitchHead } from "likewise/heads";
import { TripletLoss } from "likewise/losses";
import { ConfigError, DataError } from "../../lib/errors.js";
import { Random } from "../../lib/random.js";
import { expectClose } from "../support/close.js";
import { failure } from "../support/failure.js";
import { temporaryFolder } from "../support/folder.js";

interface Thing {
  readonly kind: "left" | "right";
  readonly vector: readonly number[];
}

const random = new Random("things");
const samples = Array.from({ length: 24 }, (_, i) => ({
  item: { kind: i % 3 === 0 ? "left" : "right", vector: [...random.normals(4)] } satisfies Thing as Thing,
  group: i % 4,
}));
const items = samples.slice(0, 7).map(({ item }) => item);

class Switched extends TrainableModel<"group", Thing> {
  override configureEncoders(): ReturnType<TrainableModel<"group", Thing>["configureEncoders"]> {
    const vector = field("vector", new VectorEncoder(4));
    return new SwitchEncoder<Thing>("kind", { right: vector, left: vector });
  }
  override configureHead(inputSize: number) {
    const left = new SequentialHead([new SkipConnectionHead(inputSize), new DenseHead(inputSize, { outputSize: 3 })]);
    return new SwitchHead({ right: new DenseHead(inputSize, { outputSize: 3 }), left });
  }
  override configureLoss() {
    return new TripletLoss({ mining: "all" });
  }
}

async function trained(engine: "compiled" | "eager") {
  const trainer = new Trainer({ progress: false, engine, maxEpochs: 3, seed: 4 });
  return trainer.fit(new Switched(), { train: new GroupLoader(samples, { batchSize: 8 }) });
}

describe("SwitchHead", () => {
  it("follows the ways of its encoder in training on every engine, and after the model was saved", async () => {
    await using compiled = await trained("compiled");
    await using eager = await trained("eager");
    const vectors = (await compiled.encode(items)).data;
    expectClose(vectors, (await eager.encode(items)).data, { relative: 1e-4, absolute: 1e-5 });
    // The same vector, sent the other way, is another embedding.
    const moved = items.map((item) => ({ ...item, kind: item.kind === "left" ? "right" : "left" }) as Thing);
    expect([...(await compiled.encode(moved)).data]).not.to.deep.equal([...vectors]);
    await using folder = await temporaryFolder();
    await compiled.save(`${folder.path}/model`);
    await using loaded = await SimilarityModel.load<Thing>(`${folder.path}/model`);
    expectClose((await loaded.encode(items)).data, vectors, { relative: 1e-6, absolute: 1e-7 });
    expect(await failure(loaded.encode([{ kind: "up" as never, vector: [1, 2, 3, 4] }]))).to.be.instanceOf(DataError);
  });

  it("takes the way of each row, not of each encoder: several encoders, any number of items, one too", async () => {
    class Beside extends Switched {
      override configureEncoders() {
        const vector = field("vector", new VectorEncoder(4));
        const switched = new SwitchEncoder<Thing>("kind", { right: vector, left: vector });
        return { plain: vector, switched, third: vector };
      }
    }
    const train = new GroupLoader(samples, { batchSize: 8 });
    await using model = await new Trainer({ progress: false, maxEpochs: 1 }).fit(new Beside(), { train });
    const { data, size } = await model.encode(items);
    for (const [at, item] of items.entries()) {
      const alone = (await model.encode([item])).data;
      expectClose([...data.subarray(at * size, (at + 1) * size)], [...alone], { relative: 1e-5, absolute: 1e-6 });
      const kind = item.kind === "left" ? "right" : "left";
      expect([...(await model.encode([{ ...item, kind }])).data], `item ${at}`).not.to.deep.equal([...alone]);
    }
  });

  it("refuses heads of different sizes, and none at all", () => {
    expect(() => new SwitchHead({ a: new GatedHead(3), b: new IdentityHead(4) })).to.throw(ConfigError, "b 4");
    expect(() => new SwitchHead({})).to.throw(ConfigError, "at least one");
  });
});
