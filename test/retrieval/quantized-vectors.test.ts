import { expect } from "chai";
import { ConfigError, Random, ShapeError } from "likewise";
import { QuantizedVectors } from "likewise/retrieval";
import { failure } from "../support/failure.js";

const random = new Random("quantized");
const size = 48;
/** Rows round fifty centers, so that neighbours mean something. */
const centers = Array.from({ length: 50 }, () => random.normals(size));
const near = (count: number): Float32Array[] =>
  Array.from({ length: count }, (_, at) => centers[at % 50]!.map((value) => value + 0.4 * random.normal()));
const corpus = near(6000);
const queries = near(40);

describe("QuantizedVectors", () => {
  it("int8 takes a quarter of the memory and keeps almost every neighbour", async () => {
    const quantized = new QuantizedVectors(corpus);
    const report = await quantized.compare(queries, corpus);
    expect(report.queries).to.equal(40);
    expect(report.bytes).to.be.below(0.26 * report.floatBytes);
    expect(report.recall).to.be.above(0.95);
  });

  it("binary takes a thirty-second and keeps more the more candidates it orders again", async () => {
    const quantized = new QuantizedVectors(corpus, { precision: "binary" });
    const few = await quantized.compare(queries, corpus, { oversample: 1 });
    const many = await quantized.compare(queries, corpus, { oversample: 20 });
    expect(few.bytes).to.equal((6000 * 64) / 8);
    expect(many.recall).to.be.above(few.recall);
    expect(few.recall).to.be.above(0.05);
  });

  it("int8 numbers are off by half a step at most", () => {
    const quantized = new QuantizedVectors(corpus.slice(0, 100));
    const unit = corpus.slice(0, 100).map((row) => row.map((value) => value / Math.hypot(...row)));
    const steps = Array.from({ length: size }, (_, at) => Math.max(...unit.map((row) => Math.abs(row[at]!))) / 127);
    unit.forEach((row, position) => {
      quantized.row(position).forEach((value, at) => {
        expect(Math.abs(value - row[at]!)).to.be.at.most(steps[at]! / 2 + 1e-7);
      });
    });
  });

  it("binary rows are signs, searched by their bits as plain loops do", async () => {
    const rows = Array.from({ length: 30 }, () => random.normals(37));
    const quantized = new QuantizedVectors(rows, { precision: "binary" });
    rows.forEach((row, at) =>
      expect([...quantized.row(at)]).to.deep.equal([...row].map((value) => (value > 0 ? 1 : -1))),
    );
    const query = random.normals(37);
    const { rows: found, distances, count } = await quantized.search([query], { k: 5, oversample: 6 });
    const length = Math.hypot(...query) * Math.sqrt(37);
    const plain = rows
      .map((row, at) => ({
        at,
        distance: 1 - row.reduce((sum, value, i) => sum + (value > 0 ? 1 : -1) * query[i]!, 0) / length,
      }))
      .sort((one, other) => one.distance - other.distance)
      .slice(0, 5);
    expect(count).to.equal(5);
    expect([...found]).to.deep.equal(plain.map(({ at }) => at));
    plain.forEach(({ distance }, at) => expect(distances[at]).to.be.closeTo(distance, 1e-5));
  });

  it("takes fewer vectors than are asked for, zero vectors, and refuses what does not fit", async () => {
    for (const precision of ["int8", "binary"] as const) {
      const two = new QuantizedVectors([new Float32Array(3), Float32Array.of(1, 0, 0)], { precision });
      const { count, rows } = await two.search([Float32Array.of(1, 0, 0)], { k: 10 });
      expect([count, rows[0]]).to.deep.equal([2, 1]);
      expect(await failure(two.search([Float32Array.of(1, 0)]))).to.be.instanceOf(ShapeError);
    }
    expect(() => new QuantizedVectors(corpus, { precision: "int4" as never })).to.throw(ConfigError, /precision/);
  });
});
