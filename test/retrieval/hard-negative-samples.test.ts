import { expect } from "chai";
import { ConfigError, ShapeError } from "likewise";
import { PairLoader, TupleLoader } from "likewise/data";
import { hardNegativeSamples } from "likewise/retrieval";

const mined = {
  queries: ["one?", "two?", "three?", "four?"],
  corpus: ["1", "2", "II", "3", "4"],
  relevant: [[0], [1, 2], [3], []],
  found: [[1, 3], [0], [], [2]],
};

describe("hardNegativeSamples", () => {
  it("makes triplets, tuples and pairs with scores of what was found", () => {
    expect(hardNegativeSamples(mined, "triplet")).to.deep.equal([
      { anchor: "one?", positives: ["1"], negatives: ["2"] },
      { anchor: "one?", positives: ["1"], negatives: ["3"] },
      { anchor: "two?", positives: ["2"], negatives: ["1"] },
      { anchor: "two?", positives: ["II"], negatives: ["1"] },
    ]);
    expect(hardNegativeSamples(mined, "tuple")).to.deep.equal([
      { anchor: "one?", positives: ["1"], negatives: ["2", "3"] },
      { anchor: "two?", positives: ["2"], negatives: ["1"] },
      { anchor: "two?", positives: ["II"], negatives: ["1"] },
    ]);
    expect(hardNegativeSamples(mined, "pair")).to.deep.equal([
      { a: "one?", b: "1", score: 1 },
      { a: "one?", b: "2", score: 0 },
      { a: "one?", b: "3", score: 0 },
      { a: "two?", b: "2", score: 1 },
      { a: "two?", b: "II", score: 1 },
      { a: "two?", b: "1", score: 0 },
    ]);
  });

  it("fits the loaders", () => {
    expect(new TupleLoader(hardNegativeSamples(mined, "tuple")).kind).to.equal("tuple");
    expect(new PairLoader(hardNegativeSamples(mined, "pair")).kind).to.equal("pair");
  });

  it("refuses other formats, and lists that are not one a query", () => {
    expect(() => hardNegativeSamples(mined, "list" as "pair")).to.throw(ConfigError, /format/u);
    expect(() => hardNegativeSamples({ ...mined, found: [[1]] }, "pair")).to.throw(ShapeError, /found/u);
  });
});
