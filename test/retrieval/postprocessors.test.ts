import { expect } from "chai";
import * as fc from "fast-check";
import { ConfigError, UsageError } from "likewise";
import { VectorEncoder } from "likewise/encoders";
import { IdentityHead } from "likewise/heads";
import {
  AdaptiveThreshold,
  ConstantThreshold,
  ExactIndex,
  modelDistances,
  PairwiseReranker,
  type Ranked,
} from "likewise/retrieval";
import { matrix } from "../metrics/batches.js";
import { modelOf } from "../model/untrained-model.js";
import { failure } from "../support/failure.js";

const listOf = (distances: readonly number[]): Ranked[] =>
  distances.map((distance, at) => ({ rank: at + 1, distance }));
const kept = async (cut: AdaptiveThreshold | ConstantThreshold, distances: readonly number[]): Promise<number> =>
  (await cut.apply([0], [listOf(distances)]))[0]!.length;

describe("ConstantThreshold", () => {
  it("keeps what is no farther, of every list", async () => {
    const cut = new ConstantThreshold({ distance: 0.3 });
    const lists = await cut.apply(["a", "b", "c"], [listOf([0.1, 0.3, 0.31]), listOf([0.4]), []]);
    expect(lists.map((list) => list.map(({ distance }) => distance))).to.deep.equal([[0.1, 0.3], [], []]);
    expect(() => new ConstantThreshold({ distance: NaN, most: 1 } as never)).to.throw(
      ConfigError,
      /distance(.|\n)*most/,
    );
  });

  it("takes what an index finds", async () => {
    const index = new ExactIndex<string>({ size: 1, distance: "euclidean" });
    index.add(matrix([[0], [1], [5]]), ["zero", "one", "five"]);
    const found = await index.search(matrix([[0.2]]));
    const [list] = await new ConstantThreshold({ distance: 1 }).apply(["?"], found);
    expect(list!.map(({ payload }) => payload)).to.deep.equal(["zero", "one"]);
  });
});

describe("AdaptiveThreshold", () => {
  it("cuts at a gap that stands out, and nowhere else", async () => {
    const cut = new AdaptiveThreshold();
    expect(await kept(cut, [0.1, 0.12, 0.13, 0.7, 0.71, 0.72, 0.74])).to.equal(3);
    expect(await kept(cut, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7])).to.equal(7);
    expect(await kept(cut, [0.1, 0.9]), "one gap cannot stand out").to.equal(2);
    expect(await kept(cut, [0.1])).to.equal(1);
    expect(await kept(cut, [])).to.equal(0);
    expect(await kept(new AdaptiveThreshold({ least: 3 }), [0.1, 0.9, 0.91, 0.92, 0.93, 0.94, 0.95])).to.equal(7);
    expect(await kept(new AdaptiveThreshold({ deviations: 0 }), [0, 1, 3, 4])).to.equal(2);
  });

  it("is what plain loops say", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(20), { minLength: 3, maxLength: 15 }), fc.nat(2), async (gaps, deviations) => {
        let distance = 0;
        const distances = [0, ...gaps.map((gap) => (distance += gap))];
        const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
        const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) * (gap - mean), 0) / gaps.length);
        const widest = Math.max(...gaps);
        const limit = mean + deviations * deviation;
        if (Math.abs(widest - limit) < 1e-9) return;
        const expected = deviation > 0 && widest > limit ? gaps.indexOf(widest) + 1 : distances.length;
        expect(await kept(new AdaptiveThreshold({ deviations }), distances)).to.equal(expected);
      }),
    );
  });

  it("refuses wrong options", () =>
    expect(() => new AdaptiveThreshold({ deviations: -1, least: 0, most: 2 } as never)).to.throw(
      ConfigError,
      /deviations(.|\n)*least(.|\n)*most/,
    ));
});

describe("PairwiseReranker", () => {
  interface Found extends Ranked {
    readonly payload: number;
  }
  const results = (values: readonly number[]): Found[] =>
    values.map((payload, at) => ({ rank: at + 1, distance: at / 10, payload }));

  it("orders the nearest anew, and keeps the rest behind them in order", async () => {
    let most = 0;
    const reranker = new PairwiseReranker<number, Found>({
      topN: 3,
      batchSize: 2,
      distances: (pairs) => {
        most = Math.max(most, pairs.length);
        return Promise.resolve(pairs.map(({ query, result }) => Math.abs(query - result.payload)));
      },
    });
    const [first, second] = await reranker.apply([10, 0], [results([1, 9, 5, 10, 11]), results([4])]);
    expect(first!.map(({ payload, rank }) => [payload, rank])).to.deep.equal([
      [9, 1],
      [5, 2],
      [1, 3],
      [10, 4],
      [11, 5],
    ]);
    const distances = first!.map(({ distance }) => distance);
    expect(distances.slice(0, 3)).to.deep.equal([1, 5, 9]);
    expect(distances[3]).to.be.closeTo(9, 1e-12);
    expect(distances[4]! - distances[3]!).to.be.closeTo(0.1, 1e-12);
    expect(second!.map(({ payload, distance }) => [payload, distance])).to.deep.equal([[4, 4]]);
    expect(most).to.equal(2);
  });

  it("leaves a list in its order when all are equally far, and distances of the rest when they are larger", async () => {
    const reranker = new PairwiseReranker<number, Found>({ topN: 2, distances: (pairs) => pairs.map(() => -1) });
    const [list] = await reranker.apply([0], [results([1, 2, 3])]);
    expect(list!.map(({ payload, distance }) => [payload, distance])).to.deep.equal([
      [1, -1],
      [2, -1],
      [3, 0.2],
    ]);
    expect(await reranker.apply([0], [[]])).to.deep.equal([[]]);
  });

  it("asks a model of similarity about pairs of items", async () => {
    const model = modelOf({ point: new VectorEncoder(2) }, (size) => new IdentityHead(size));
    const points = [
      [1, 0],
      [0, 1],
      [1, 1],
    ];
    const distances = modelDistances(model, {
      query: (query: number[]) => query as readonly number[],
      result: ({ payload }: Found) => points[payload]!,
    });
    const [list] = await new PairwiseReranker<number[], Found>({ distances }).apply([[0, 2]], [results([0, 1, 2])]);
    expect(list!.map(({ payload }) => payload)).to.deep.equal([1, 2, 0]);
    expect(list!.map(({ distance }) => distance)[1]).to.be.closeTo(1 - Math.SQRT1_2, 1e-6);
    await model[Symbol.asyncDispose]();
  });

  it("refuses answers and options that do not fit", async () => {
    const few = new PairwiseReranker<number, Found>({ distances: () => [1] });
    const error = await failure(few.apply([1], [results([1, 2])]));
    expect(error).to.be.instanceOf(UsageError);
    expect(error.message).to.contain("one number for each of 2 pairs, got 1");
    const wrong = new PairwiseReranker<number, Found>({ distances: (pairs) => pairs.map(() => NaN) });
    expect((await failure(wrong.apply([1], [results([1])]))).message).to.contain("not all of them numbers");
    expect((await failure(few.apply([1, 2], [results([1])]))).message).to.contain(
      "one list of results for each of 2 queries",
    );
    expect(() => new PairwiseReranker({ distances: 1, topN: 0, n: 1 } as never)).to.throw(
      ConfigError,
      /distances(.|\n)*topN(.|\n)*n: unknown/,
    );
  });
});
