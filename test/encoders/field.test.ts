import { expect } from "chai";
import {
  field,
  freeze,
  FrozenField,
  NgramEmbedding,
  NgramEncoder,
  TrainableField,
  VectorEncoder,
} from "likewise/encoders";
import { isFittable, type Encoder } from "../../lib/contracts/encoder.js";
import { ConfigError, DataError } from "../../lib/errors.js";
import { failure } from "../support/failure.js";
import { each, parts, savedAndLoaded } from "./running.js";

interface Product {
  readonly title: string;
  readonly price: number;
  readonly vector: readonly number[];
}

const products: readonly Product[] = [
  { title: "red bell", price: 3, vector: [1, 2] },
  { title: "blue bicycle", price: 100, vector: [3, 4] },
];

/** Stands for `configureEncoders` of a model of products. */
function accepts(encoders: Readonly<Record<string, Encoder<Product>>>): number {
  return Object.keys(encoders).length;
}

describe("field", () => {
  it("encodes one field of each record", async () => {
    const encoder = NgramEncoder.fit(["red bell", "blue bicycle"], { dimensions: 32 });
    const rows = await field("title", encoder).embed(products);
    expect([...rows]).to.deep.equal([...(await encoder.embed(["red bell", "blue bicycle"]))]);
    expect([...(await field("vector", new VectorEncoder(2)).embed(products))]).to.deep.equal([1, 2, 3, 4]);
  });

  it("is frozen or trainable as the encoder is", async () => {
    const trainable = NgramEmbedding.fit(["red", "blue"], { size: 3, buckets: 10 });
    const frozen = field("title", freeze(trainable));
    expect(frozen).to.be.instanceOf(FrozenField);
    expect(frozen.trainable).to.equal(false);
    const trained = field("title", trainable);
    expect(trained).to.be.instanceOf(TrainableField);
    expect(trained.trainable).to.equal(true);
    expect(await trained.collate(products)).to.deep.equal(trainable.collate(["red bell", "blue bicycle"]));
    const either = trainable as Encoder<string>;
    expect(field("title", either).trainable).to.equal(true);
  });

  it("can be fitted when, and only when, the encoder can", async () => {
    for (const encoder of [
      field("title", new NgramEncoder({ dimensions: 16 })),
      field("title", new NgramEmbedding({ size: 2, buckets: 16 })),
      field("title", freeze(new NgramEmbedding({ size: 2, buckets: 16 }))),
    ] as Encoder<Product>[]) {
      if (!isFittable(encoder)) return expect.fail("cannot be fitted");
      expect(encoder.fitted).to.equal(false);
      await encoder.fit(each(products));
      expect(encoder.fitted).to.equal(true);
      const idf = Object.entries(encoder.weights).find(([name]) => name.endsWith("idf"));
      expect(idf?.[1].data).to.deep.equal(
        NgramEncoder.fit(
          products.map(({ title }) => title),
          { dimensions: 16 },
        ).weights["idf"]?.data,
      );
    }
    const vector: Encoder<Product> = field("vector", new VectorEncoder(2));
    expect(isFittable(vector)).to.equal(false);
    expect("fit" in vector).to.equal(false);
    return undefined;
  });

  it("says which field of which item is wrong", async () => {
    const encoder = field("title", new NgramEncoder({ idf: false }));
    const wrong = [products[0], { title: 5 }] as unknown as Product[];
    const error = await failure(encoder.embed(wrong));
    expect(error).to.be.instanceOf(DataError);
    expect(error.message).to.equal('field "title": NgramEncoder: item 1: expected a text, got 5');
    const missing = await failure(encoder.embed([{ titel: "x" }] as unknown as Product[]));
    expect(missing.message).to.match(/field "title": .*item 0: expected a text, got undefined/u);
    for (const none of [null, undefined, "text"]) {
      const absent = await failure(encoder.embed([none] as unknown as Product[]));
      expect(absent.message).to.match(/item 0: expected a record with the field "title"/u);
    }
    const trainable = field("title", new NgramEmbedding({ idf: false, size: 2, buckets: 4 }));
    expect((await failure(trainable.collate(wrong))).message).to.match(/field "title".*item 1/u);
    const fitting = await failure(field("title", new NgramEncoder()).fit?.(each(wrong)) ?? Promise.resolve());
    expect(fitting.message).to.match(/item 1: expected a text/u);
  });

  it("nests: a field of a field", async () => {
    const nested = field("inner", field("title", NgramEncoder.fit(["red"], { dimensions: 8 })));
    const rows = await nested.embed([{ inner: { title: "red" } }]);
    expect(Math.hypot(...rows)).to.be.closeTo(1, 1e-6);
    expect([...(await savedAndLoaded(nested).embed([{ inner: { title: "red" } }]))]).to.deep.equal([...rows]);
  });

  it("refuses saved parts of the wrong sort", () => {
    const inner = new NgramEmbedding({ size: 2, buckets: 4 });
    const config = { name: "title", encoder: { type: inner.type, config: inner.config } };
    expect(() => FrozenField.from(config, {}, parts)).to.throw(ConfigError, "not a frozen encoder");
    const frozen = { name: "title", encoder: { type: "VectorEncoder", config: { size: 2 } } };
    expect(() => TrainableField.from(frozen, {}, parts)).to.throw(ConfigError, "not a trainable encoder");
    expect(() => field("", new NgramEncoder())).to.throw(ConfigError, "name");
  });

  it("does not compile for a field that the items do not have, or of another type", () => {
    expect(
      accepts({ title: field("title", new NgramEncoder()), vector: field("vector", new VectorEncoder(2)) }),
    ).to.equal(2);
    // @ts-expect-error the field is misspelt
    accepts({ title: field("titel", new NgramEncoder()) });
    // @ts-expect-error a number is not a text
    accepts({ title: field("price", new NgramEncoder()) });
    // @ts-expect-error a text is not a vector
    accepts({ title: field("title", new VectorEncoder(2)) });
    // @ts-expect-error the same for trainable encoders
    accepts({ title: field("price", new NgramEmbedding()) });
    // @ts-expect-error an encoder of texts does not take records
    accepts({ title: new NgramEncoder() });
  });
});
