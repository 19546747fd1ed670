import { join } from "node:path";
import { expect } from "chai";
import { SimilarityModel, UsageError } from "likewise";
import { NgramEncoder } from "likewise/encoders";
import { IdentityHead, DenseHead } from "likewise/heads";
import { ExactIndex, ItemIndex } from "likewise/retrieval";
import { mapEntries } from "../../lib/tensor/tree.js";
import { modelOf } from "../model/untrained-model.js";
import { failure } from "../support/failure.js";
import { temporaryFolder } from "../support/folder.js";

const model = modelOf({ text: new NgramEncoder({ dimensions: 64, idf: false }) }, (size) => new IdentityHead(size));
const texts = ["red apple", "green apple", "fast car", "slow car"];
const labels = texts.map((text) => ({ label: text.split(" ")[1]! }));

describe("ItemIndex", () => {
  after(() => model[Symbol.asyncDispose]());

  it("finds items by items, each with its rank, distance, payload and vector", async () => {
    const index = new ItemIndex<string, { label: string }>(model);
    expect(await index.add(texts, labels)).to.deep.equal([0, 1, 2, 3]);
    const [found] = await index.lookup(["green apple"], { k: 2, vectors: true });
    expect(found!.map(({ rank, position, payload }) => [rank, position, payload.label])).to.deep.equal([
      [1, 1, "apple"],
      [2, 0, "apple"],
    ]);
    expect(found![0]!.distance).to.be.closeTo(0, 1e-6);
    expect(found![1]!.distance).to.be.closeTo(1 - (await model.similarity("green apple", "red apple")), 1e-5);
    expect(found![1]!.vector).to.deep.equal(await model.encodeOne("red apple"));
    expect((await index.lookupOne("car")).map(({ vector }) => vector)).to.deep.equal([null, null, null, null]);
    index.index.remove([0]);
    const [again] = await index.lookup(["red apple"], { k: 3, vectors: true });
    for (const { position, vector } of again!) expect(vector).to.deep.equal(await model.encodeOne(texts[position]!));
    expect(() => index.index.vectorAt(0)).to.throw(UsageError, /no vector at position 0/);
  });

  it("gives the vectors it searched when some are removed meanwhile", async () => {
    const index = new ItemIndex<string, { label: string }>(model);
    await index.add(texts, labels);
    const search = index.index.search.bind(index.index);
    index.index.search = (...given) => {
      const searching = search(...given);
      index.index.remove([1]);
      return searching;
    };
    const [found] = await index.lookupOne("green apple", { k: 1, vectors: true });
    expect(found!.position).to.equal(1);
    expect(found!.vector).to.deep.equal(await model.encodeOne("green apple"));
  });

  it("tells whether two items match", async () => {
    const index = new ItemIndex(model);
    const apart = 1 - (await model.similarity("red apple", "green apple"));
    expect(await index.isMatch("red apple", "green apple", apart + 0.01)).to.equal(true);
    expect(await index.isMatch("red apple", "green apple", apart - 0.01)).to.equal(false);
    expect((await failure(index.isMatch("a", "b", NaN))).message).to.contain("threshold");
  });

  it("is saved and loaded for the same model, and takes prompts", async () => {
    await using folder = await temporaryFolder();
    const index = new ItemIndex<string, { label: string }>(model, { prompts: { query: "find ", item: "thing " } });
    await index.add(texts, labels);
    await index.save(folder.path);
    const loaded = await ItemIndex.load<string, { label: string }>(folder.path, model, { prompts: { query: "find " } });
    const found = await loaded.lookupOne("fast car", { vectors: true });
    expect(found).to.deep.equal(await index.lookupOne("fast car", { vectors: true }));
    expect(found[0]!.vector).to.deep.equal(await model.encodeOne(`thing ${texts[found[0]!.position]}`));
  });

  it("is refused by another model of the same kind, and read by a model that was saved and loaded", async () => {
    await using folder = await temporaryFolder();
    const [models, path] = [join(folder.path, "model"), join(folder.path, "index")];
    const make = (lowercase: boolean) =>
      modelOf(
        { text: new NgramEncoder({ dimensions: 64, idf: false, lowercase }) },
        (size) => new DenseHead(size, { outputSize: size }),
      );
    await using first = make(true);
    const index = new ItemIndex<string, { label: string }>(first);
    await index.add(texts, labels);
    await index.save(path);
    await first.save(models);
    await using again = await SimilarityModel.load<string>(models);
    const loaded = await ItemIndex.load<string, { label: string }>(path, again);
    expect((await loaded.lookupOne("fast car"))[0]!.payload).to.deep.equal({ label: "car" });

    const { content } = first;
    const carried = mapEntries(content.carried, ({ data, shape }) => ({
      data: data.map((value) => value + 1e-3),
      shape,
    }));
    await using trained = new SimilarityModel<string>({ ...content, carried });
    for (const other of [trained, make(false)]) {
      const error = await failure(ItemIndex.load(path, other));
      expect(error).to.be.instanceOf(UsageError);
      expect(error.message).to.match(/made by another model.* load the model that made it, or make the index again/u);
      expect(() => new ItemIndex(other, {}, index.index)).to.throw(UsageError, "made by another model");
    }
    // Vectors of which nobody says who made them are believed.
    const unnamed = new ExactIndex({ size: 64 });
    expect(new ItemIndex(trained, {}, unnamed).index).to.equal(unnamed);
  });

  it("refuses what does not fit", async () => {
    const other = new ExactIndex({ size: 3 });
    expect(() => new ItemIndex(model, {}, other)).to.throw(
      UsageError,
      /holds 3 numbers a vector by "cosine", and the model gives 64/,
    );
    const index = new ItemIndex<string, number>(model);
    expect((await failure(index.add(["a"], []))).message).to.contain("1 items need as many payloads, got 0");
    expect((await failure(index.lookup(["a"], { k: 0, vector: true } as never))).message).to.match(
      /k: expected(.|\n)*vector: unknown/u,
    );
    expect(() => new ItemIndex(model, { prompts: { queries: "" } } as never)).to.throw(/queries: unknown option/);
  });
});
