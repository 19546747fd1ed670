import { expect } from "chai";
import * as fc from "fast-check";
import { NgramEncoder } from "likewise/encoders";
import { NgramFeatures } from "../../encoders/ngram-features.js";
import { isFittable } from "../../lib/contracts/encoder.js";
import { ConfigError, DataError, ShapeError, UsageError } from "../../lib/errors.js";
import { expectClose } from "../support/close.js";
import { failure } from "../support/failure.js";
import { each, savedAndLoaded } from "./running.js";

const corpus = [
  "reset my card pin",
  "my card did not arrive",
  "the transfer to my bank failed",
  "a transfer failed, failed and failed again",
  "how do I top up",
];

/** TF-IDF of hashed features with maps and logarithms. */
function naive(text: string, fitted: readonly string[] | null, dimensions: number, sublinear = true): number[] {
  const features = new NgramFeatures({ words: [1, 1], characters: [3, 3], lowercase: true });
  const bucketsOf = (of: string): [bucket: number, sign: number][] => {
    const count = features.read(of);
    const hashes = [...features.hashes.subarray(0, count)];
    return hashes.map((hash) => [Math.floor((hash / 2 ** 32) * dimensions), hash % 2 === 0 ? 1 : -1]);
  };
  const row = Array<number>(dimensions).fill(0);
  for (const [bucket, sign] of bucketsOf(text)) row[bucket] = (row[bucket] as number) + sign;
  const seen = (fitted ?? []).map((document) => new Set(bucketsOf(document).map(([bucket]) => bucket)));
  const weighed = row.map((sum, bucket) => {
    const damped = sum === 0 ? 0 : sublinear ? Math.sign(sum) * (1 + Math.log(Math.abs(sum))) : sum;
    if (fitted === null) return damped;
    const documents = seen.filter((buckets) => buckets.has(bucket)).length;
    return damped * (Math.log((1 + seen.length) / (1 + documents)) + 1);
  });
  const length = Math.hypot(...weighed);
  return length === 0 ? weighed : weighed.map((weight) => weight / length);
}

function cosine(rows: Float32Array, a: number, b: number, size: number): number {
  let sum = 0;
  for (let i = 0; i < size; i += 1) sum += (rows[a * size + i] as number) * (rows[b * size + i] as number);
  return sum;
}

describe("NgramEncoder", () => {
  it("equals TF-IDF computed with maps, fitted and unfitted, damped and not", async () => {
    const asked = [...corpus, "card card CARD card", "unseen words", "", "…", "x ".repeat(100)];
    for (const dimensions of [40, 1000]) {
      const fitted = await NgramEncoder.fit(corpus, { dimensions }).embed(asked);
      expectClose(fitted, asked.map((text) => naive(text, corpus, dimensions)).flat(), {
        relative: 1e-5,
        absolute: 1e-6,
      });
      const plain = await new NgramEncoder({ dimensions, idf: false }).embed(asked);
      expectClose(plain, asked.map((text) => naive(text, null, dimensions)).flat(), { relative: 1e-5, absolute: 1e-6 });
      const raw = await new NgramEncoder({ dimensions, idf: false, sublinear: false }).embed(asked);
      const expected = asked.map((text) => naive(text, null, dimensions, false)).flat();
      expectClose(raw, expected, { relative: 1e-5, absolute: 1e-6 });
    }
  });

  it("finds texts that share words or parts of words closer than others", async () => {
    const encoder = NgramEncoder.fit(corpus);
    const rows = await encoder.embed(["card PINs", ...corpus]);
    const [pin = 0, ...others] = corpus.map((_, i) => cosine(rows, 0, i + 1, encoder.embeddingSize));
    for (const other of others) expect(pin).to.be.greaterThan(other);
  });

  it("gives rows of length one, and zero rows for texts without features", () => {
    const encoder = NgramEncoder.fit(corpus, { dimensions: 128 });
    return fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: "grapheme", maxLength: 30 }), { maxLength: 5 }), async (texts) => {
        const rows = await encoder.embed(texts);
        texts.forEach((_, row) => {
          const length = Math.hypot(...rows.subarray(row * 128, row * 128 + 128));
          expect(length === 0 || Math.abs(length - 1) < 1e-5).to.equal(true);
        });
      }),
      { numRuns: 100, seed: 3 },
    );
  });

  it("is fitted by a stream of items as by an array, and needs no fitting without idf", async () => {
    const encoder = new NgramEncoder({ dimensions: 64 });
    expect(encoder.fitted).to.equal(false);
    expect(isFittable(encoder)).to.equal(true);
    expect(encoder.weights).to.deep.equal({});
    const before = encoder.fingerprint();
    await encoder.fit(each(corpus));
    expect(encoder.fitted).to.equal(true);
    const once = NgramEncoder.fit(corpus, { dimensions: 64 });
    expect(encoder.weights).to.deep.equal(once.weights);
    expect(encoder.fingerprint()).to.equal(once.fingerprint());
    expect(encoder.fingerprint()).not.to.equal(before);
    expect(new NgramEncoder({ idf: false }).fitted).to.equal(true);
  });

  it("refuses to embed before it is fitted, and says how to fit it", async () => {
    for (const encoder of [new NgramEncoder(), savedAndLoaded(new NgramEncoder())]) {
      const error = await failure(encoder.embed(["text"]));
      expect(error).to.be.instanceOf(UsageError);
      expect(error.message).to.match(/NgramEncoder is not fitted.*NgramEncoder\.fit\(texts\).*idf: false/u);
    }
  });

  it("refuses items that are not strings, naming their position", async () => {
    const encoder = new NgramEncoder({ idf: false });
    for (const [wrong, what] of [
      [undefined, "undefined"],
      [null, "null"],
      [7, "7"],
      [{ title: "x" }, "{ title: 'x' }"],
      [["x"], "[ 'x' ]"],
    ] as const) {
      const error = await failure(encoder.embed(["fine", "fine", wrong as unknown as string]));
      expect(error).to.be.instanceOf(DataError);
      expect(error.message).to.equal(`NgramEncoder: item 2: expected a text, got ${what}`);
    }
    const fitting = await failure(new NgramEncoder().fit(each(["fine", 3 as unknown as string])));
    expect(fitting.message).to.equal("NgramEncoder: item 1: expected a text, got 3");
    expect(await failure(new NgramEncoder().fit(each([])))).to.be.instanceOf(DataError);
    expect(() => NgramEncoder.fit([])).to.throw(DataError, "no texts to fit on");
  });

  it("keeps what it had learned when a later fit fails", async () => {
    const encoder = NgramEncoder.fit(corpus);
    const before = encoder.fingerprint();
    await failure(encoder.fit(each([4 as unknown as string])));
    expect(encoder.fingerprint()).to.equal(before);
  });

  it("refuses saved weights that do not belong to it", () => {
    const { config } = new NgramEncoder({ dimensions: 8 });
    const idf = { data: new Float32Array(9), shape: [9] };
    expect(() => NgramEncoder.from(config, { idf })).to.throw(ShapeError, "[8]");
    expect(() => NgramEncoder.from(config, { other: idf })).to.throw(ShapeError, "other");
    const without = new NgramEncoder({ dimensions: 9, idf: false }).config;
    expect(() => NgramEncoder.from(without, { idf })).to.throw(ShapeError, "idf is off");
  });

  it("lists every wrong option", () => {
    const wrong = { dimensions: 0, words: [2, 1], characters: "abc", lowercase: 1, idff: true };
    let problems: readonly string[] = [];
    try {
      new NgramEncoder(wrong as object);
    } catch (error) {
      problems = (error as ConfigError).problems;
    }
    expect(problems).to.have.length(5);
    expect(problems.join("\n")).to.match(/idff: unknown.*\n.*dimensions.*\n.*words.*\n.*characters.*\n.*lowercase/u);
    expect(() => new NgramEncoder({ words: null, characters: null })).to.throw(ConfigError, "both are null");
    expect(() => new NgramEncoder({ words: [1, 1000] })).to.throw(ConfigError, "words");
    // @ts-expect-error a misspelt option
    expect(() => new NgramEncoder({ dimension: 3 })).to.throw(ConfigError);
  });

  it("reads a text of a million characters", async () => {
    const rows = await new NgramEncoder({ idf: false, dimensions: 32 }).embed([
      "word ".repeat(200_000),
      "z".repeat(10),
    ]);
    expect(rows.every(Number.isFinite)).to.equal(true);
  });
});
