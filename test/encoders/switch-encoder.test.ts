import { expect } from "chai";
import { SimilarityModel, TrainableModel, Trainer, type Encoder } from "likewise";
import { GroupLoader } from "likewise/data";
import {
  field,
  freeze,
  LayersEncoder,
  NgramEmbedding,
  NgramEncoder,
  SwitchEncoder,
  TrainableSwitchEncoder,
  VectorEncoder,
} from "likewise/encoders";
import { DenseHead, SwitchHead } from "likewise/heads";
import { TripletLoss } from "likewise/losses";
import * as tf from "likewise/tf";
import { isFittable, isRouting, type Fittable, type Routing } from "../../lib/contracts/encoder.js";
import { ConfigError, DataError } from "../../lib/errors.js";
import { Random } from "../../lib/random.js";
import { flatten, under, unflatten } from "../../lib/tensor/tree.js";
import type { HostTensor } from "../../lib/tensor/host.js";
import { expectClose } from "../support/close.js";
import { failure } from "../support/failure.js";
import { temporaryFolder } from "../support/folder.js";
import { each, runTrainable, savedAndLoaded, vectorsOf } from "./running.js";

interface Thing {
  readonly kind: "text" | "vector" | "pixels";
  readonly text?: string;
  readonly vector?: readonly number[];
}

type Numbers = { readonly vector?: readonly number[] };

const dense = () =>
  field(
    "vector",
    new LayersEncoder(() =>
      tf.layers.sequential({
        layers: [
          tf.layers.layers.dense({ units: 4, inputShape: [3], useBias: false }),
          tf.layers.layers.batchNormalization(),
        ],
      }),
    ),
  ) as unknown as Encoder<Thing>;
const words = () =>
  field("text", new NgramEmbedding({ size: 4, buckets: 40, idf: false })) as unknown as Encoder<Thing>;
const plain = () => field("pixels", new VectorEncoder(4)) as unknown as Encoder<Thing>;
const make = () => new TrainableSwitchEncoder<Thing>("kind", { text: words(), vector: dense(), pixels: plain() });

const random = new Random("things");
const things: readonly Thing[] = Array.from({ length: 9 }, (_, i): Thing => {
  if (i % 3 === 0) return { kind: "text", text: `a text of ${"abc"[i / 3] ?? ""}` };
  if (i % 3 === 1) return { kind: "vector", vector: [...random.normals(3)] };
  return { kind: "pixels", pixels: [...random.normals(4)] } as Thing;
});

describe("TrainableSwitchEncoder", () => {
  it("gives each item the row of its own encoder, whatever else is in the batch", async () => {
    const encoder = make();
    const init = encoder.initialize(new Random(3));
    const rows = await vectorsOf(encoder, things, init);
    const one = async (name: "text" | "vector", option: Encoder<Thing>): Promise<Float32Array> => {
      const own = things.filter(({ kind }) => kind === name);
      const part = (tree: typeof init.parameters | undefined) =>
        unflatten<HostTensor>(under(flatten<HostTensor>(tree ?? {}), name));
      return vectorsOf(option, own, { parameters: part(init.parameters), state: part(init.state) });
    };
    const found = (name: string): number[] =>
      things.flatMap(({ kind }, i) => (kind === name ? [...rows.subarray(i * 4, (i + 1) * 4)] : []));
    expectClose(found("text"), [...(await one("text", words()))], { relative: 1e-6 });
    expectClose(found("vector"), [...(await one("vector", dense()))], { relative: 1e-5, absolute: 1e-6 });
    expectClose(
      found("pixels"),
      things.flatMap((thing) => (thing as { pixels?: number[] }).pixels ?? []),
      { relative: 1e-6 },
    );
  });

  it("has one shape of inputs for every batch of a length in which the same ways are used", async () => {
    const encoder = make();
    const shapes = async (items: readonly Thing[]) =>
      Object.entries(await encoder.collate(items))
        .filter(([name]) => !name.startsWith("text/"))
        .map(([name, { shape }]) => [name, shape]);
    const first = await shapes(things.slice(0, 6));
    expect(await shapes([...things.slice(0, 5), things[1] as Thing])).to.deep.equal(first);
    expect((await encoder.collate(things.slice(0, 1)))["vector/items"]).to.equal(undefined);
  });

  it("hands the state of its encoders back, of those alone that ran", async () => {
    const encoder = make();
    const init = encoder.initialize(new Random(3));
    const all = runTrainable(encoder, await encoder.collate(things), init, true);
    expect(Object.keys(all.state)).to.deep.equal([
      "vector/batch_normalization_1/moving_mean",
      "vector/batch_normalization_1/moving_variance",
    ]);
    const texts = runTrainable(encoder, await encoder.collate(things.slice(0, 1)), init, true);
    expect(texts.state).to.deep.equal({});
    expect(texts.shape).to.deep.equal([1, 4]);
    expect(runTrainable(encoder, await encoder.collate([]), init, false).shape).to.deep.equal([0, 4]);
  });

  it("refuses encoders of different sizes and names that cannot be used; SwitchEncoder refuses trainable ones", () => {
    const narrow = field("vector", new VectorEncoder(3)) as unknown as Encoder<Thing>;
    expect(() => new TrainableSwitchEncoder<Thing>("kind", { text: words(), vector: narrow })).to.throw(
      ConfigError,
      "vector 3",
    );
    expect(() => new TrainableSwitchEncoder<Thing>("kind", { routes: words() })).to.throw(ConfigError, '"routes"');
    expect(() => new TrainableSwitchEncoder<Thing>("", {})).to.throw(ConfigError, /field.*at least one/su);
    expect(() => new SwitchEncoder<Thing>("kind", { text: words() })).to.throw(
      ConfigError,
      "use TrainableSwitchEncoder",
    );
  });

  it("says which item goes no known way, and what it holds", async () => {
    const wrong = [things[0], { kind: "sound", length: 3 }] as unknown as readonly Thing[];
    for (const encoder of [make(), new SwitchEncoder<Thing>("kind", { pixels: plain() })]) {
      const error = await failure(Promise.resolve().then(() => encoder.routesOf(wrong.slice(1))));
      expect(error).to.be.instanceOf(DataError);
      expect(error.message).to.match(
        /item 0, \{ kind: 'sound', length: 3 \}: no encoder is called "sound"; known: pixels/u,
      );
    }
    expect((await failure(Promise.resolve(make().collate(wrong)))).message).to.contain("item 1");
  });

  it("keeps its ways inside field and freeze", async () => {
    const inner = freeze(make(), { seed: 3 }) as Encoder<Thing>;
    expect(isRouting(inner)).to.equal(true);
    const outer = field("thing", inner as never) as unknown as Encoder<{ thing: Thing }> & Routing<{ thing: Thing }>;
    expect(outer.routes).to.deep.equal(["pixels", "text", "vector"]);
    expect([...outer.routesOf(things.slice(0, 3).map((thing) => ({ thing })))]).to.deep.equal([1, 2, 0]);
    expect(isRouting(field("vector", new VectorEncoder(3)))).to.equal(false);
  });
});

describe("Encoders that items are switched between", () => {
  const grams = (dimensions = 64) => new NgramEncoder({ dimensions });
  const texts = ["red bell", "blue bell", "a book", "two books", "red book"];
  const items = texts.map((text, i) => ({ kind: i < 2 ? "bells" : "books", text }));
  type Item = (typeof items)[number];

  it("are fitted each to the items sent its way, frozen or trainable", async () => {
    const [bells, books] = [grams(), grams()];
    const frozen = new SwitchEncoder<Item>("kind", { bells: field("text", bells), books: field("text", books) });
    expect(isFittable(frozen) && frozen.fitted).to.equal(false);
    await (frozen as SwitchEncoder<Item> & Fittable<Item>).fit(each(items));
    expect(isFittable(frozen) && frozen.fitted).to.equal(true);
    expect(bells.weights).to.deep.equal(NgramEncoder.fit(texts.slice(0, 2), { dimensions: 64 }).weights);
    expect(books.weights).to.deep.equal(NgramEncoder.fit(texts.slice(2), { dimensions: 64 }).weights);
    expect([...(await savedAndLoaded(frozen).embed(items))]).to.deep.equal([...(await frozen.embed(items))]);

    const embedding = new NgramEmbedding({ size: 64, buckets: 50 });
    const mixed = new TrainableSwitchEncoder<Item>("kind", {
      bells: field("text", embedding),
      books: field("text", grams()),
    });
    await (mixed as TrainableSwitchEncoder<Item> & Fittable<Item>).fit(each(items));
    expect(isFittable(mixed) && mixed.fitted && embedding.fitted).to.equal(true);
    const vectors = field("vector", new VectorEncoder(2));
    expect(isFittable(new SwitchEncoder<Numbers & { vector: number[] }>("kind", { a: vectors }))).to.equal(false);
  });

  it("pass on what goes wrong: an unknown way, an item that cannot be read, an encoder that fails", async () => {
    const make = () =>
      new SwitchEncoder<Item>("kind", { bells: field("text", grams()), books: field("text", grams()) });
    const fit = (given: readonly Item[]) => failure((make() as SwitchEncoder<Item> & Fittable<Item>).fit(each(given)));
    expect((await fit([...items, { kind: "cups", text: "x" }])).message).to.contain("item 5");
    const broken = async function* source(): AsyncGenerator<Item> {
      yield* items;
      await Promise.reject(new DataError("the file ends early"));
    };
    const error = await failure((make() as SwitchEncoder<Item> & Fittable<Item>).fit(broken()));
    expect(error.message).to.equal("the file ends early");
    const wrong = await fit([items[0] as Item, { kind: "books", text: 3 as never }, ...items]);
    expect(wrong.message).to.contain("3");
  });
});

describe("Training with a TrainableSwitchEncoder", () => {
  class Switched extends TrainableModel<"group", Thing> {
    override configureEncoders = () => make();
    override configureHead = (size: number) => {
      const head = () => new DenseHead(size, { outputSize: 3 });
      return new SwitchHead({ text: head(), vector: head(), pixels: head() });
    };
    override configureLoss = () => new TripletLoss({ mining: "all" });
  }
  const samples = Array.from({ length: 27 }, (_, i) => ({ item: things[i % 9] as Thing, group: i % 4 }));
  const train = new GroupLoader(samples, { batchSize: 9 });
  const trained = (engine: "compiled" | "eager") =>
    new Trainer({ progress: false, engine, maxEpochs: 3, seed: 4 }).fit(new Switched(), { train });

  it("gives the same on every engine, saved and loaded, and as an ONNX file", async () => {
    await using compiled = await trained("compiled");
    await using eager = await trained("eager");
    const vectors = (await compiled.encode(things)).data;
    expectClose((await eager.encode(things)).data, vectors, { relative: 1e-3, absolute: 1e-4 });
    await using folder = await temporaryFolder();
    await compiled.save(`${folder.path}/model`);
    await using loaded = await SimilarityModel.load<Thing>(`${folder.path}/model`);
    expectClose((await loaded.encode(things)).data, vectors, { relative: 1e-6, absolute: 1e-7 });
    // Alone, and so without the inputs of the other ways.
    for (const [i, thing] of things.entries()) {
      expectClose(await loaded.encodeOne(thing), [...vectors.subarray(i * 3, (i + 1) * 3)], {
        relative: 1e-4,
        absolute: 1e-5,
      });
    }
    const { inputs } = await loaded.exportOnnx(`${folder.path}/model.onnx`);
    expect(inputs).to.include.members(["routes", "vector/items", "pixels/vectors"]);
  });
});
