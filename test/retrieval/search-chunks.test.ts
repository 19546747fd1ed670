import { expect } from "chai";
import { ConfigError, Random } from "likewise";
import { ExactIndex, findCommunities, findDuplicates } from "likewise/retrieval";
import { failure } from "../support/failure.js";

describe("the chunks of a search", () => {
  /** Rows of few digits, so that many distances are equal, some rows twice, and zeros. */
  const rowsOf = (seed: string, rows: number, digits: number): Float32Array[] => {
    const random = new Random(seed);
    const all = Array.from({ length: rows }, () => random.normals(5).map((value) => Number(value.toFixed(digits))));
    return [...all, ...all.slice(0, 9), new Float32Array(5), new Float32Array(5)];
  };

  for (const distance of ["cosine", "euclidean", "manhattan"] as const) {
    it(`do not change what is found, by ${distance} distance`, async () => {
      for (const digits of [0, 6]) {
        const index = new ExactIndex({ size: 5, distance });
        index.add(rowsOf("corpus", 90, digits));
        const queries = rowsOf("queries", 20, digits);
        const expected = await index.search(queries, 8);
        for (const chunks of [{ queryChunk: 1 }, { corpusChunk: 1 }, { queryChunk: 7, corpusChunk: 13 }]) {
          expect(await index.search(queries, 8, chunks), JSON.stringify(chunks)).to.deep.equal(expected);
        }
        const whole = { queryChunk: 1e6, corpusChunk: 1e6 };
        expect(await index.search(queries, 8, whole)).to.deep.equal(expected);
      }
    });
  }

  it("are checked", async () => {
    const index = new ExactIndex({ size: 1 });
    expect(await index.search([Float32Array.of(1)], 3, { queryChunk: 1, corpusChunk: 1 })).to.deep.equal([[]]);
    const error = await failure(
      index.search([Float32Array.of(1)], 3, { queryChunk: 0, corpusChunk: 1.5, chunk: 3 } as never),
    );
    expect(error).to.be.instanceOf(ConfigError);
    for (const name of ["queryChunk", "corpusChunk", "chunk"]) expect(error.message).to.contain(`${name}: `);
  });
});

describe("the chunks of findDuplicates and findCommunities", () => {
  it("do not change what is found", async () => {
    const chunked = new Random("chunks");
    const vectors = Array.from({ length: 70 }, () => chunked.normals(3).map((value) => Number(value.toFixed(1))));
    const all = [...vectors, ...vectors.slice(0, 5)];
    const duplicates = await findDuplicates(all, { neighbours: 4 });
    const communities = await findCommunities(all, { threshold: 0.05, neighbours: 4 });
    expect([duplicates.length > 75, communities.length > 5]).to.deep.equal([true, true]);
    for (const chunks of [{ queryChunk: 1 }, { corpusChunk: 1 }, { queryChunk: 11, corpusChunk: 7 }]) {
      expect(await findDuplicates(all, { neighbours: 4, ...chunks })).to.deep.equal(duplicates);
      expect(await findCommunities(all, { threshold: 0.05, neighbours: 4, ...chunks })).to.deep.equal(communities);
    }
  });

  it("are checked", async () => {
    const one = [Float32Array.of(1)];
    const wrong = { queryChunk: -1, corpusChunk: NaN };
    for (const error of [
      await failure(findDuplicates(one, wrong)),
      await failure(findCommunities(one, { threshold: 1, ...wrong })),
    ]) {
      expect(error).to.be.instanceOf(ConfigError);
      expect(error.message).to.match(/queryChunk: (.|\n)*corpusChunk: /u);
    }
  });
});
