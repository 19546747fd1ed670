import { expect } from "chai";
import { ConfigError, Cosine, DataError, Random, ShapeError, UnknownNameError, UsageError } from "likewise";
import { calibrate, evaluateRetrieval, ExactIndex } from "likewise/retrieval";
import { failure } from "../support/failure.js";

const vector = (...numbers: number[]): Float32Array => Float32Array.from(numbers);

describe("ExactIndex", () => {
  it("finds the nearest vectors with their payloads, nearest first", async () => {
    const index = new ExactIndex<string>({ size: 2, distance: "euclidean" });
    expect(index.add([vector(0, 0), vector(3, 4), vector(1, 0)], ["origin", "far", "near"])).to.deep.equal([0, 1, 2]);
    expect(await index.search([vector(0, 0), vector(3, 3)], 2)).to.deep.equal([
      [
        { rank: 1, position: 0, distance: 0, payload: "origin" },
        { rank: 2, position: 2, distance: 1, payload: "near" },
      ],
      [
        { rank: 1, position: 1, distance: 1, payload: "far" },
        { rank: 2, position: 2, distance: Math.fround(Math.sqrt(13)), payload: "near" },
      ],
    ]);
    expect((await index.search([vector(1, 1)], 50))[0]).to.have.lengthOf(3);
    expect(await index.search([], 1)).to.deep.equal([]);
  });

  it("takes matrices, measures by cosine unless told otherwise, and needs no payloads", async () => {
    const index = new ExactIndex({ size: 2 });
    expect(index.distance).to.be.instanceOf(Cosine);
    const [[first]] = await search(
      index,
      [
        [9, 9],
        [1, 0],
      ],
      [[2, 2]],
    );
    expect(first?.position).to.equal(0);
    expect(first?.payload).to.equal(undefined);
    expect(first?.distance).to.be.closeTo(0, 1e-6);
    // @ts-expect-error this index has payloads
    expect(new ExactIndex<string>({ size: 1 }).add([vector(1)])).to.deep.equal([0]);
  });

  it("finds nothing in an empty index", async () => {
    const index = new ExactIndex({ size: 3 });
    expect(index.rows).to.equal(0);
    expect(await index.search([vector(1, 2, 3)])).to.deep.equal([[]]);
  });

  it("copies what is added, and grows while it is searched", async () => {
    const index = new ExactIndex<number>({ size: 1, distance: "manhattan" });
    const given = vector(5);
    index.add([given], [1]);
    given.fill(0);
    const searching = index.search([vector(5)], 10);
    for (let more = 0; more < 100; more += 1) index.add([vector(5)], [2]);
    index.remove([0]);
    expect(await searching).to.deep.equal([[{ rank: 1, position: 0, distance: 0, payload: 1 }]]);
    expect(index.rows).to.equal(100);
  });

  it("takes rows one by one in time that grows with their number", async () => {
    const index = new ExactIndex<number>({ size: 1, distance: "manhattan" });
    const started = performance.now();
    for (let row = 0; row < 60_000; row += 1) index.add([vector(row)], [row]);
    // Copying what is there with every row took 30 s and more.
    expect(performance.now() - started).to.be.below(5000);
    expect((await index.search([vector(59_999)], 1))[0]?.[0]?.payload).to.equal(59_999);
  });

  it("gives the vectors it had, whatever is added and removed later", () => {
    const index = new ExactIndex({ size: 1 });
    index.add([vector(5), vector(6)]);
    const before = index.vectorsNow();
    index.add([vector(7)]);
    index.remove([0]);
    expect([before(0), before(1), index.vectorAt(2)]).to.deep.equal([vector(5), vector(6), vector(7)]);
    expect(() => before(2)).to.throw(UsageError, "no vector at position 2");
    expect(() => index.vectorAt(0)).to.throw(UsageError, "no vector at position 0");
  });

  it("keeps the positions of vectors when others are removed, and gives none twice", async () => {
    const index = new ExactIndex<string>({ size: 1, distance: "manhattan" });
    index.add([vector(0), vector(1), vector(2), vector(3)], ["a", "b", "c", "d"]);
    index.remove([3, 1, 1]);
    expect(index.add([vector(4)], ["e"])).to.deep.equal([4]);
    const [found] = await index.search([vector(0)], 9);
    expect(found?.map(({ position, payload }) => `${position}${payload}`)).to.deep.equal(["0a", "2c", "4e"]);
    expect(() => index.remove([0, 1])).to.throw(UsageError, "no vector at position 1");
    expect(index.rows, "nothing was removed").to.equal(3);
  });

  it("finds the same one query at a time and many at once, ties included, also after it has changed", async () => {
    const random = new Random("few");
    for (const distance of ["cosine", "dot-product", "euclidean", "manhattan"] as const) {
      const index = new ExactIndex({ size: 7, distance });
      // Few different numbers, so that many rows are equally far; by cosine only multiples, for others are so but for rounding.
      const bound = distance === "cosine" ? 500 : 1;
      const draw = (): Float32Array => Float32Array.from({ length: 7 }, () => random.integer(2 * bound + 1) - bound);
      const alike = async (): Promise<void> => {
        const queries = Array.from({ length: 8 }, draw);
        const together = await index.search(queries, 20);
        for (const [at, query] of queries.entries())
          expect(await index.search([query], 20), distance).to.deep.equal([together[at]]);
        const [two] = await index.search(queries.slice(0, 2), 20, { queryChunk: 1, corpusChunk: 11 });
        expect(two, distance).to.deep.equal(together[0]);
      };
      const rows = Array.from({ length: 300 }, draw);
      index.add(rows);
      await alike();
      index.add(rows.map((row) => row.map((value) => 3 * value)));
      await alike();
      index.remove(Array.from({ length: 250 }, (_, position) => 2 * position));
      await alike();
    }
  });

  it("says what it expects to callers without a compiler", async () => {
    const index = new ExactIndex({ size: 3 });
    const said = async (action: () => unknown, message: RegExp, kind: typeof UsageError | typeof ConfigError) => {
      const error = await failure(async () => action());
      expect(error).to.be.instanceOf(kind);
      expect(error.message).to.match(message);
    };
    const wrong = (vectors: unknown) => () => index.search(vectors as []);
    await said(wrong(vector(1, 0, 0)), /ExactIndex\.search: .* got a single one; wrap it in an array/u, UsageError);
    await said(wrong([1, 0, 0]), /a Float32Array as row 0, got 1; a single vector is wrapped in an array/u, UsageError);
    await said(wrong(undefined), /expected a list of Float32Array, or a matrix .* got undefined/u, UsageError);
    await said(wrong({ rows: 1 }), /got \{ rows: 1 \}/u, UsageError);
    await said(wrong([vector(1, 2, 3), null]), /expected a Float32Array as row 1, got null/u, UsageError);
    await said(() => index.remove(0 as never), /expected a list of positions, such as \[0\], got 0/u, UsageError);
    await said(() => ExactIndex.load(undefined as never), /directory: expected the path/u, ConfigError);
  });

  it("knows the direction of vectors whose squares float32 cannot say, as evaluateRetrieval and calibrate do", async () => {
    const rows = [vector(1e20, 1e20), vector(1, -1), vector(-3e38, 3e38)];
    const index = new ExactIndex({ size: 2 });
    index.add(rows);
    for (const queries of [[vector(1, 1)], Array.from({ length: 4 }, () => vector(1e25, 1e25))]) {
      const [found] = await index.search(queries);
      expect(found?.map(({ position }) => position)).to.deep.equal([0, 1, 2]);
      for (const [at, distance] of [0, 1, 1].entries()) expect(found?.[at]?.distance).to.be.closeTo(distance, 1e-6);
      const report = await evaluateRetrieval({ queries, corpus: rows, relevant: queries.map(() => [0]), k: [1] });
      expect(report["precision@1"]).to.equal(1);
    }
    const [left, right] = [
      [rows[0]!, rows[1]!],
      [vector(1, 1), vector(1e30, 1e30)],
    ];
    const { threshold } = await calibrate({ left, right, matches: [true, false] });
    expect(threshold).to.be.closeTo(0.5, 1e-6);
  });

  it("refuses what does not fit, and then adds nothing", async () => {
    const index = new ExactIndex<string>({ size: 2 });
    expect(() => index.add([vector(1, 2), vector(1)], ["a", "b"])).to.throw(ShapeError, "row 1");
    expect(() => index.add({ data: vector(1, 2, 3), rows: 1, size: 3 }, ["a"])).to.throw(ShapeError);
    expect(() => index.add([vector(1, 2)], [])).to.throw(UsageError, "1 vectors need as many payloads, got 0");
    expect(() => index.add([vector(1, 2), vector(1, NaN)], ["a", "b"])).to.throw(DataError, "row 1");
    expect(() => index.add([vector(Infinity, 2)], ["a"])).to.throw(DataError, "row 0");
    expect(index.rows).to.equal(0);
    expect(await failure(index.search([vector(1, NaN)]))).to.be.instanceOf(DataError);
    expect(await failure(index.search([vector(1)]))).to.be.instanceOf(ShapeError);
    expect(await failure(index.search([vector(1, 2)], 0))).to.be.instanceOf(ConfigError);
    expect(() => new ExactIndex({ size: 0 })).to.throw(ConfigError);
    expect(() => new ExactIndex({ size: 2, metric: "cosine" } as never)).to.throw(
      ConfigError,
      "metric: unknown option",
    );
    expect(() => new ExactIndex({ size: 2, distance: "hamming" } as never)).to.throw(UnknownNameError);
  });
});

async function search(index: ExactIndex, rows: number[][], queries: number[][]) {
  const size = rows[0]?.length ?? 0;
  index.add({ data: Float32Array.from(rows.flat()), rows: rows.length, size });
  return (await index.search({ data: Float32Array.from(queries.flat()), rows: queries.length, size }, 1)) as [
    Awaited<ReturnType<typeof index.search>>[number],
  ];
}
