import { expect } from "chai";
import { ConfigError, Random, ShapeError, UsageError } from "likewise";
import { mineHardNegatives } from "likewise/retrieval";
import { failure } from "../support/failure.js";

const on = (...numbers: readonly number[]): Float32Array[] => numbers.map((number) => Float32Array.of(number));
const corpus = on(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
const task = { queries: on(0.1, 5.1), corpus, relevant: [[0, 2], [5]], distance: "euclidean" } as const;

describe("mineHardNegatives", () => {
  it("gives the nearest rows that are not right, nearest first", async () => {
    expect(await mineHardNegatives(task)).to.deep.equal([
      [1, 3, 4],
      [6, 4, 7],
    ]);
    expect(await mineHardNegatives(task, { negatives: 100 })).to.deep.equal([
      [1, 3, 4, 5, 6, 7, 8, 9],
      [6, 4, 7, 3, 8, 2, 9, 1, 0],
    ]);
  });

  it("leaves out the nearest, what is not far enough, and what is too far", async () => {
    expect(await mineHardNegatives(task, { skip: 1, negatives: 2 })).to.deep.equal([
      [3, 4],
      [4, 7],
    ]);
    expect(await mineHardNegatives(task, { margin: 1.9, negatives: 2 })).to.deep.equal([
      [3, 4],
      [3, 8],
    ]);
    expect(await mineHardNegatives(task, { least: 1.5, most: 3 })).to.deep.equal([[3], [7, 3, 8]]);
    // The nearest right row of the second query is 0.1 away: 12 times that is 1.2.
    expect((await mineHardNegatives(task, { relativeMargin: 11, negatives: 1 }))[1]).to.deep.equal([7]);
    expect(await mineHardNegatives(task, { depth: 2, negatives: 5 })).to.deep.equal([
      [1, 3],
      [6, 4],
    ]);
  });

  it("draws among those, repeatably", async () => {
    const options = { choice: "random", negatives: 3, depth: 6, seed: 5 } as const;
    const drawn = await mineHardNegatives(task, options);
    expect(drawn).to.deep.equal(await mineHardNegatives(task, options));
    for (const found of drawn) expect(found).to.have.length(3);
    expect(drawn[1]!.every((row) => [6, 4, 7, 3, 8, 2].includes(row))).to.equal(true);
    expect(drawn).not.to.deep.equal(await mineHardNegatives(task, { ...options, seed: 6 }));
  });

  it("never gives a right row, whatever the vectors", async () => {
    const random = new Random("mined");
    const rows = Array.from({ length: 60 }, () => random.normals(4));
    const relevant = rows.map((_, at) => [at, (at + 1) % 60, (at + 2) % 60]);
    const found = await mineHardNegatives({ queries: rows, corpus: rows, relevant }, { negatives: 10 });
    found.forEach((negatives, query) => {
      expect(negatives).to.have.length(10);
      expect(negatives.some((row) => relevant[query]!.includes(row))).to.equal(false);
    });
  });

  it("takes queries without right rows, and refuses what does not fit", async () => {
    expect(await mineHardNegatives({ ...task, relevant: [[], []] }, { negatives: 1, margin: 5 })).to.deep.equal([
      [0],
      [5],
    ]);
    expect(await failure(mineHardNegatives({ ...task, relevant: [[0]] }))).to.be.instanceOf(ShapeError);
    for (const row of [10, -1, 0.5, NaN]) {
      const error = await failure(mineHardNegatives({ ...task, relevant: [[0], [5, row]] }));
      expect(error).to.be.instanceOf(UsageError);
      expect(error.message).to.contain(`query 1 should find row ${row} with grade 1, but the corpus has rows 0 to 9`);
    }
    expect(await failure(mineHardNegatives(task, { negatives: 0, choice: "hardest" } as never))).to.be.instanceOf(
      ConfigError,
    );
  });

  it("takes rows that are the same as a right one for right", async () => {
    const keys = ["a", "b", "c", "a", "d", "e", "e", "f", "g", "h"];
    // Row 3 is what row 0 is, row 6 what row 5 is.
    expect(await mineHardNegatives({ ...task, keys }, { negatives: 2 })).to.deep.equal([
      [1, 4],
      [4, 7],
    ]);
    expect(await failure(mineHardNegatives({ ...task, keys: ["a"] }))).to.be.instanceOf(ShapeError);
  });
});
