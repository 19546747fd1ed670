import { expect } from "chai";
import { ConfigError, DataError, MetricModel, SimilarityModel } from "likewise";
import { field, NgramEncoder } from "likewise/encoders";
import { IdentityHead } from "likewise/heads";
import { unpackVectors } from "likewise/retrieval";
import { failure } from "../support/failure.js";
import { modelOf } from "./untrained-model.js";

const texts = ["red apple", "green apple", "fast car", "x"];

describe("options of encode", () => {
  const model = modelOf({ text: new NgramEncoder({ dimensions: 32, idf: false }) }, (size) => new IdentityHead(size));
  after(() => model[Symbol.asyncDispose]());

  it("put a prompt before each text", async () => {
    const { data } = await model.encode(texts, { prompt: "query: ", batchSize: 3 });
    const expected = await model.encode(texts.map((text) => `query: ${text}`));
    expect(data).to.deep.equal(expected.data);
    expect(data).to.not.deep.equal((await model.encode(texts)).data);
    expect(await model.encodeOne("x", { prompt: "query: " })).to.deep.equal(data.slice(-32));
  });

  it("refuse a prompt for items that are no texts, naming the first", async () => {
    const records = modelOf(
      { title: field("title", new NgramEncoder({ dimensions: 8, idf: false })) },
      (size) => new IdentityHead(size),
    );
    const error = await failure(records.encode([{ title: "one" }], { prompt: "query: " }));
    expect(error).to.be.instanceOf(DataError);
    expect(error.message).to.match(/prompt is put before texts, and item 0 is of type object; for records/u);
    await records[Symbol.asyncDispose]();
  });

  it("pack vectors in bytes and bits, by the ranges of others where these are given", async () => {
    const whole = await model.encode(texts, { normalize: true, truncate: 10 });
    for (const precision of ["int8", "uint8"] as const) {
      const packed = await model.encode(texts, { normalize: true, truncate: 10, precision });
      expect([packed.rows, packed.size, packed.precision]).to.deep.equal([4, 10, precision]);
      unpackVectors(packed).data.forEach((value, at) => expect(value).to.be.closeTo(whole.data[at]!, 0.5 / 255 + 1e-6));
      const again = await model.encode(texts.slice(0, 1), {
        normalize: true,
        truncate: 10,
        precision,
        ranges: packed.ranges!,
      });
      expect(again.data).to.deep.equal(packed.data.slice(0, 10));
    }
    for (const precision of ["binary", "ubinary"] as const) {
      const packed = await model.encode(texts, { truncate: 10, precision });
      expect([packed.size, packed.dimensions]).to.deep.equal([2, 10]);
      unpackVectors(packed).data.forEach((value, at) => expect(value).to.equal(whole.data[at]! > 0 ? 1 : -1));
    }
    const data: Int8Array = (await model.encode(texts, { precision: "binary" })).data;
    expect(data).to.be.instanceOf(Int8Array);
    const floats: Float32Array = (await model.encode(texts, { precision: "float32" })).data;
    expect(floats).to.deep.equal((await model.encode(texts)).data);
  });

  it("refuse bytes of one vector alone, or of equal ones, without ranges that tell them from others", async () => {
    const { ranges } = await model.encode(texts, { precision: "int8" });
    for (const precision of ["int8", "uint8"] as const) {
      for (const some of [["red apple"], ["x", "x", "x"]]) {
        const error = await failure(model.encode(some, { precision }));
        expect(error).to.be.instanceOf(ConfigError);
        expect(error.message).to.match(/ranges: every column has one number alone .* give the ranges of the vectors/u);
      }
      const empty = { minima: new Float32Array(32), maxima: new Float32Array(32) };
      expect(await failure(model.encode(texts, { precision, ranges: empty }))).to.be.instanceOf(ConfigError);
      expect((await model.encode([], { precision })).rows).to.equal(0);
      const { data } = await model.encode(["red apple"], { precision, ranges: ranges! });
      expect(new Set(data).size).to.be.greaterThan(1);
    }
  });

  it("are refused by name", async () => {
    const wrong = { precision: "int4", prompt: 5, normalize: 1, chunk: 2 } as never;
    const error = await failure(model.encode(texts, wrong));
    expect(error).to.be.instanceOf(ConfigError);
    for (const name of ["precision", "prompt", "normalize", "chunk"]) expect(error.message).to.contain(`- ${name}:`);
    const ranges = { minima: new Float32Array(32), maxima: new Float32Array(32) };
    expect((await failure(model.encode(texts, { ranges }))).message).to.contain('only "int8" and "uint8" have ranges');
  });

  it("belong to a class of two names", () => expect(MetricModel).to.equal(SimilarityModel));
});
