import { expect } from "chai";
import { ConfigError, Random } from "likewise";
import { findCommunities, findDuplicates } from "likewise/retrieval";
import { failure } from "../support/failure.js";

const random = new Random("near");
const on = (...numbers: readonly number[]): Float32Array[] => numbers.map((number) => Float32Array.of(number));

describe("findDuplicates", () => {
  it("gives the nearest pairs, each once, as all comparisons would", async () => {
    const vectors = Array.from({ length: 40 }, () => random.normals(2));
    const found = await findDuplicates(vectors, { distance: "euclidean", neighbours: 39, threshold: 0.5 });
    const expected: string[] = [];
    vectors.forEach((one, left) => {
      vectors.slice(left + 1).forEach((other, at) => {
        if (Math.hypot(one[0]! - other[0]!, one[1]! - other[1]!) <= 0.5) expected.push(`${left} ${left + 1 + at}`);
      });
    });
    expect(found.map(({ left, right }) => `${left} ${right}`).sort()).to.deep.equal(expected.sort());
    expect(found.map(({ distance }) => distance)).to.deep.equal(
      found.map(({ distance }) => distance).sort((a, b) => a - b),
    );
  });

  it("gives no more than asked for", async () => {
    const found = await findDuplicates(on(0, 1, 1.1, 5, 5.4), { distance: "euclidean", most: 2 });
    expect(found.map(({ left, right }) => [left, right])).to.deep.equal([
      [1, 2],
      [3, 4],
    ]);
  });

  it("finds nothing among one, and refuses wrong options", async () => {
    expect(await findDuplicates(on(1))).to.deep.equal([]);
    expect(await failure(findDuplicates(on(1), { neighbours: 0 }))).to.be.instanceOf(ConfigError);
  });
});

describe("findCommunities", () => {
  it("gives groups round their centers, largest first, and no vector twice", async () => {
    const vectors = on(0, 0.1, -0.1, 10, 10.1, 50, 0.05);
    const found = await findCommunities(vectors, { threshold: 0.15, distance: "euclidean" });
    expect(found.map(({ members }) => [...members].sort((a, b) => a - b))).to.deep.equal([
      [0, 1, 2, 6],
      [3, 4],
    ]);
    expect(found[0]!.members[0]).to.equal(found[0]!.center);
    const all = found.flatMap(({ members }) => members);
    expect(new Set(all).size).to.equal(all.length);
  });

  it("leaves out what is too small", async () => {
    expect(await findCommunities(on(0, 5, 9), { threshold: 1, distance: "euclidean" })).to.deep.equal([]);
    const single = await findCommunities(on(0, 5), { threshold: 1, distance: "euclidean", least: 1 });
    expect(single.map(({ members }) => members)).to.deep.equal([[0], [1]]);
  });
});
