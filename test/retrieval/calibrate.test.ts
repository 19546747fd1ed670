import { expect } from "chai";
import { ConfigError, DataError, Random, ShapeError } from "likewise";
import { applyThreshold, calibrate } from "likewise/retrieval";
import { failure } from "../support/failure.js";

const random = new Random("calibrate");
const angle = (radians: number): Float32Array => Float32Array.of(Math.cos(radians), Math.sin(radians));
/** Pairs that lie so far apart, as angles. */
const pairs = (angles: readonly number[]) => ({
  left: angles.map(() => angle(0)),
  right: angles.map((radians) => angle(radians)),
});

describe("calibrate", () => {
  it("finds the threshold between matches and others", async () => {
    const found = await calibrate({ ...pairs([0.1, 0.2, 1, 1.5]), matches: [true, true, false, false] });
    const [near, far] = [1 - Math.cos(0.2), 1 - Math.cos(1)];
    expect(found.threshold).to.be.closeTo((near + far) / 2, 1e-6);
    expect(found).to.deep.include({ precision: 1, recall: 1, f1: 1, auc: 1, pairs: 4, distance: "cosine" });
  });

  it("a pair at the threshold or nearer is a match: what it says is what it does", async () => {
    const angles = Array.from({ length: 200 }, () => Math.abs(random.normal()));
    const matches = angles.map((radians) => radians + 0.4 * random.normal() < 0.6);
    for (const target of ["f1", "accuracy", "mcc", { precision: 0.9 }, { recall: 0.95 }] as const) {
      const found = await calibrate({ ...pairs(angles), matches, target });
      const taken = angles.map((radians) => 1 - Math.cos(radians) <= found.threshold + 1e-7);
      const hits = taken.filter((is, at) => is && matches[at]).length;
      expect(found.precision).to.be.closeTo(hits / taken.filter(Boolean).length, 1e-9);
      expect(found.recall).to.be.closeTo(hits / matches.filter(Boolean).length, 1e-9);
      if (typeof target === "object" && "precision" in target) expect(found.precision).to.be.at.least(0.9);
      if (typeof target === "object" && "recall" in target) expect(found.recall).to.be.at.least(0.95);
    }
  });

  it("a threshold found is applied to other pairs", async () => {
    const threshold = await calibrate({ ...pairs([0.1, 0.2, 1, 1.5]), matches: [true, true, false, false] });
    const report = await applyThreshold(threshold, {
      ...pairs([0.1, 0.3, 0.4, 2]),
      matches: [true, false, true, true],
    });
    expect(report.decisions).to.deep.equal([true, true, true, false]);
    expect(report).to.deep.include({ precision: 2 / 3, recall: 2 / 3, f1: 2 / 3, accuracy: 1 / 2 });
    expect(await failure(applyThreshold({ threshold: NaN }, { ...pairs([1]), matches: [true] }))).to.be.instanceOf(
      ConfigError,
    );
  });

  it("refuses what it cannot be asked", async () => {
    const two = pairs([0.1, 1]);
    expect(await failure(calibrate({ ...two, matches: [true, true] }))).to.be.instanceOf(DataError);
    expect(await failure(calibrate({ ...two, matches: [true] }))).to.be.instanceOf(ShapeError);
    const matches = [false, true];
    const unreachable = await failure(calibrate({ ...pairs([0.1, 1]), matches, target: { precision: 0.9 } }));
    expect(unreachable).to.be.instanceOf(DataError);
    expect(unreachable.message).to.include('{"precision":0.9}');
    for (const target of ["best", { precision: 2 }, {}, { precision: 0.5, recall: 0.5 }]) {
      expect(await failure(calibrate({ ...two, matches, target: target as never }))).to.be.instanceOf(ConfigError);
    }
  });
});
