import { expect } from "chai";
import * as tf from "likewise/tf";
import { NgramEmbedding, type NgramEmbeddingOptions } from "likewise/encoders";
import { ConfigError, DataError, UsageError } from "../../lib/errors.js";
import { Random } from "../../lib/random.js";
import type { HostTensor } from "../../lib/tensor/host.js";
import { expectClose } from "../support/close.js";
import { gradientsOf } from "./gradients.js";
import { failure } from "../support/failure.js";
import { each, runTrainable, savedAndLoaded } from "./running.js";

const texts = ["my card is lost", "lost lost luggage at the airport", "", "Where is my luggage?"];
const make = (options: NgramEmbeddingOptions = {}) => NgramEmbedding.fit(texts, { size: 5, buckets: 40, ...options });

/** The weight of each bucket for each text: what the table is multiplied with. */
function dense(encoder: NgramEmbedding, items: readonly string[], buckets: number): number[][] {
  const { ids, weights } = encoder.collate(items) as Readonly<Record<"ids" | "weights", HostTensor>>;
  const width = ids.shape[1] as number;
  return items.map((_, row) => {
    const sums = Array<number>(buckets).fill(0);
    for (let i = row * width; i < (row + 1) * width; i += 1) {
      const bucket = ids.data[i] as number;
      sums[bucket] = (sums[bucket] as number) + (weights.data[i] as number);
    }
    return sums;
  });
}

describe("NgramEmbedding", () => {
  it("is the table multiplied with the weights of the buckets, and so is its gradient", () => {
    const encoder = make();
    const init = encoder.initialize(new Random(1));
    const inputs = encoder.collate(texts);
    const rows = dense(encoder, texts, 40);
    const table = init.parameters["table"] as HostTensor;
    expect(table.shape).to.deep.equal([40, 5]);
    const expected = rows.flatMap((weights) =>
      Array.from({ length: 5 }, (_, column) =>
        weights.reduce((sum, weight, bucket) => sum + weight * (table.data[bucket * 5 + column] as number), 0),
      ),
    );
    expectClose(runTrainable(encoder, inputs, init, true).values, expected, { absolute: 1e-6 });

    const cotangent = new Random("cotangent").normals(texts.length * 5);
    const gradient = Array.from({ length: 40 * 5 }, (_, at) =>
      rows.reduce((sum, weights, row) => {
        return sum + (weights[Math.floor(at / 5)] as number) * (cotangent[row * 5 + (at % 5)] as number);
      }, 0),
    );
    expectClose(gradientsOf(encoder, inputs, init, cotangent)["table"], gradient, { absolute: 1e-5 });
  });

  it("scales the weights of a text to length 1, to sum 1, or not at all", () => {
    const lengthOf = (row: readonly number[]): number => Math.hypot(...row);
    const sumOf = (row: readonly number[]): number => row.reduce((sum, weight) => sum + weight, 0);
    const [unit, mean, sum] = (["unit", "mean", "sum"] as const).map((pooling) =>
      dense(make({ pooling, buckets: 5000 }), texts, 5000),
    ) as [number[][], number[][], number[][]];
    texts.forEach((text, row) => {
      const raw = sum[row] as number[];
      if (text === "") {
        expect([unit, mean, sum].flatMap((rows) => rows[row])).to.satisfy((all: number[]) => all.every((v) => v === 0));
        return;
      }
      expectClose(
        unit[row],
        raw.map((weight) => weight / lengthOf(raw)),
      );
      expectClose(
        mean[row],
        raw.map((weight) => weight / sumOf(raw)),
      );
      expect(Math.min(...raw.filter((weight) => weight !== 0))).to.be.at.least(1);
    });
  });

  it("starts as a projection that about keeps angles", () => {
    const encoder = make({ size: 512, buckets: 4096 });
    const { values } = runTrainable(encoder, encoder.collate(texts), encoder.initialize(new Random(4)), false);
    const rows = dense(encoder, texts, 4096);
    const dot = (x: ArrayLike<number>, y: ArrayLike<number>): number =>
      Array.from(x).reduce((sum, value, i) => sum + value * (y[i] as number), 0);
    const vector = (i: number): Float32Array => values.subarray(i * 512, (i + 1) * 512);
    for (const [a, b] of [
      [0, 1],
      [1, 3],
      [0, 0],
    ] as const) {
      expect(dot(vector(a), vector(b))).to.be.closeTo(dot(rows[a] as number[], rows[b] as number[]), 0.15);
    }
  });

  it("pads to few widths, none of them above maxNgrams", () => {
    const encoder = make({ maxNgrams: 100, idf: false });
    const widths = new Set<number>();
    for (let words = 0; words < 60; words += 1) {
      const text = Array.from({ length: words }, (_, i) => `w${i}`).join(" ");
      widths.add((encoder.collate([text])["ids"] as HostTensor).shape[1] as number);
    }
    expect([...widths]).to.deep.equal([...widths].sort((a, b) => a - b));
    for (const width of widths) expect([16, 24, 32, 48, 64, 96, 100]).to.include(width);
    expect((encoder.collate([])["ids"] as HostTensor).shape).to.deep.equal([0, 16]);
  });

  it("keeps the n-grams with the largest weights of a text that has too many", () => {
    const options = { words: [1, 1], characters: null, buckets: 100_000, pooling: "sum" } as const;
    const documents = ["the cat", "the dog", "the bird"];
    const text = "the the bird dog cat";
    const all = dense(NgramEmbedding.fit(documents, options), [text], 100_000)[0] as number[];
    const some = dense(NgramEmbedding.fit(documents, { ...options, maxNgrams: 2 }), [text], 100_000)[0] as number[];
    const kept = some.flatMap((weight, bucket) => (weight === 0 ? [] : [bucket]));
    expect(kept).to.have.length(2);
    const largest = [...all].sort((a, b) => b - a).slice(0, 2);
    expectClose(
      kept.map((bucket) => all[bucket] as number).sort((a, b) => b - a),
      largest,
    );
  });

  it("is fitted like NgramEncoder, and says so when it is not", async () => {
    const encoder = new NgramEmbedding({ size: 3, buckets: 20 });
    expect(encoder.fitted).to.equal(false);
    expect(() => encoder.collate(["x"])).to.throw(UsageError, "NgramEmbedding is not fitted");
    await encoder.fit(each(texts));
    expect(encoder.fitted).to.equal(true);
    const other = NgramEmbedding.fit(texts, { size: 3, buckets: 20 });
    expect(encoder.collate(texts)).to.deep.equal(other.collate(texts));
    expect(savedAndLoaded(encoder).collate(texts)).to.deep.equal(other.collate(texts));
    expect(() => encoder.collate(["x", 5 as unknown as string])).to.throw(DataError, "item 1: expected a text");
    expect(await failure(new NgramEmbedding().fit(each([])))).to.be.instanceOf(DataError);
  });

  it("lists every wrong option", () => {
    const wrong = { size: 1.5, buckets: 0, pooling: "max", maxNgrams: 0, idf: "yes" };
    expect(() => new NgramEmbedding(wrong as object))
      .to.throw(ConfigError)
      .with.property("problems")
      .with.length(5);
  });

  it("gives no rows for no items", () => {
    const encoder = make();
    const run = runTrainable(encoder, encoder.collate([]), encoder.initialize(new Random(1)), false);
    expect(run.shape).to.deep.equal([0, 5]);
    expect(tf.memory().numTensors).to.be.a("number");
  });
});
