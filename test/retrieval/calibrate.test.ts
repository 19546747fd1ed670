import { expect } from "chai";
import { ConfigError, DataError, Random, ShapeError } from "likewise";
import { applyThreshold, calibrate, NearestClassifier } from "likewise/retrieval";
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

  it("of the thresholds that reach a recall it takes the most precise, of those that reach a precision the nearest with most recall", async () => {
    const angles = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7];
    const matches = [false, true, false, true, true, true, false];
    // Half the matches are found at 0.4, where half is right, and all at 0.6, where two thirds are.
    const found = await calibrate({ ...pairs(angles), matches, target: { recall: 0.5 } });
    expect(found).to.deep.include({ precision: 4 / 6, recall: 1 });
    // 4 of 7 would reach it too, and find nothing more.
    const precise = await calibrate({ ...pairs(angles), matches, target: { precision: 0.5 } });
    expect(precise).to.deep.include({ precision: 4 / 6, recall: 1 });
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

describe("calibrate for several targets", () => {
  const drawn = new Random("targets");
  const angles = Array.from({ length: 150 }, () => Number(Math.abs(drawn.normal()).toFixed(2)));
  const matches = angles.map((radians) => radians + 0.4 * drawn.normal() < 0.6);
  const given = { ...pairs(angles), matches };
  const targets = { strict: { precision: 0.9 }, loose: { recall: 0.95 }, even: "mcc" } as const;

  it("gives each what it gets alone, and survives JSON", async () => {
    const found = await calibrate({ ...given, targets });
    expect(found.optimal).to.deep.equal(await calibrate(given));
    for (const name of ["strict", "loose", "even"] as const) {
      expect(found.cutpoints[name], name).to.deep.equal(await calibrate({ ...given, target: targets[name] }));
    }
    expect(JSON.parse(JSON.stringify(found))).to.deep.equal(found);
    const accurate = await calibrate({ ...given, target: "accuracy", targets: { best: "f1" } });
    expect(accurate.optimal).to.deep.equal(await calibrate({ ...given, target: "accuracy" }));
    expect(accurate.cutpoints.best).to.deep.equal(found.optimal);
    const report = await applyThreshold(found.cutpoints.strict, given);
    expect(report.precision).to.be.closeTo(found.cutpoints.strict.precision, 1e-12);
    expect(report.recall).to.be.closeTo(found.cutpoints.strict.recall, 1e-12);
  });

  it("tells what every threshold would do, as plain loops do", async () => {
    const { thresholds } = await calibrate({ ...given, targets });
    const different = [...new Set(angles)].toSorted((one, other) => one - other);
    expect(thresholds).to.have.length(different.length);
    thresholds.forEach(({ threshold, precision, recall, f1 }, row) => {
      const taken = angles.map((radians) => radians <= different[row]!);
      const hits = taken.filter((is, at) => is && matches[at]).length;
      const all = matches.filter(Boolean).length;
      expect(precision).to.be.closeTo(hits / taken.filter(Boolean).length, 1e-12);
      expect(recall).to.be.closeTo(hits / all, 1e-12);
      expect(f1).to.be.closeTo((2 * hits) / (taken.filter(Boolean).length + all), 1e-12);
      expect(threshold).to.be.at.least(1 - Math.cos(different[row]!) - 1e-6);
      expect(threshold).to.be.at.most(1 - Math.cos(different[row + 1] ?? Math.PI) + 1e-6);
    });
  });

  it("holds no more thresholds than asked for, the first and the last among them", async () => {
    const { thresholds: all } = await calibrate({ ...given, targets });
    for (const mostThresholds of [2, 7, all.length, 5000]) {
      const { thresholds } = await calibrate({ ...given, targets, mostThresholds });
      expect(thresholds).to.have.length(Math.min(mostThresholds, all.length));
      expect([thresholds[0], thresholds.at(-1)]).to.deep.equal([all[0], all.at(-1)]);
      const places = thresholds.map((row) => all.findIndex(({ threshold }) => threshold === row.threshold));
      expect(places).to.deep.equal([...new Set(places)].toSorted((one, other) => one - other));
    }
  });

  it("has one threshold for pairs that are equally far, and one that takes none where that is best", async () => {
    const alike = { ...pairs([0, 0, 0]), matches: [true, false, false] };
    const found = await calibrate({ ...alike, targets: { accurate: "accuracy", f: "f1" } });
    expect(found.thresholds).to.deep.equal([{ threshold: 0, precision: 1 / 3, recall: 1, f1: 0.5 }]);
    expect(Object.is(found.cutpoints.f.threshold, 0)).to.equal(true);
    expect(found.cutpoints.accurate).to.deep.include({ precision: 1, recall: 0, f1: 0 });
    expect(JSON.parse(JSON.stringify(found))).to.deep.equal(found);
    const { decisions, accuracy } = await applyThreshold(found.cutpoints.accurate, alike);
    expect([decisions, accuracy]).to.deep.equal([[false, false, false], 2 / 3]);
  });

  it("gives a classifier its thresholds: what is farther is unknown", async () => {
    const { cutpoints } = await calibrate({
      ...pairs([0.1, 0.2, 0.5, 1, 1.5]),
      matches: [true, true, false, true, false],
      targets: { strict: { precision: 1 }, loose: { recall: 1 } },
    });
    const labelsBy = async (threshold: typeof cutpoints.strict): Promise<(string | null)[]> => {
      const classifier = new NearestClassifier([angle(0)], ["east"], { threshold });
      return (await classifier.classify([angle(0.3), angle(0.9), angle(2)])).map(({ label }) => label);
    };
    expect(await labelsBy(cutpoints.strict)).to.deep.equal(["east", null, null]);
    expect(await labelsBy(cutpoints.loose)).to.deep.equal(["east", "east", null]);
    const other = { threshold: cutpoints.strict, distance: "euclidean" } as const;
    expect(() => new NearestClassifier([angle(0)], ["east"], other)).to.throw(
      ConfigError,
      /calibrated by the distance "cosine", and vectors are compared by "euclidean"/,
    );
    for (const threshold of ["near", NaN, {}, { threshold: Infinity, distance: "cosine" }]) {
      const wrong = { threshold: threshold as never };
      expect(() => new NearestClassifier([angle(0)], ["east"], wrong)).to.throw(ConfigError, /threshold: expected/);
    }
  });

  it("names the target that is wrong, or that nothing reaches", async () => {
    for (const wrong of [null, [], {}, 3, { strict: { precision: 0 } }, { strict: "best" }, { strict: null }]) {
      const error = await failure(calibrate({ ...given, targets: wrong as never }));
      expect(error, JSON.stringify(wrong)).to.be.instanceOf(ConfigError);
      expect(error.message).to.contain("targets");
    }
    expect((await failure(calibrate({ ...given, mostThresholds: 9 } as never))).message).to.contain("mostThresholds");
    expect(await failure(calibrate({ ...given, targets, mostThresholds: 1 }))).to.be.instanceOf(ConfigError);
    const unreachable = await failure(
      calibrate({ ...pairs([0.1, 1]), matches: [false, true], targets: { strict: { precision: 0.9 } } }),
    );
    expect(unreachable).to.be.instanceOf(DataError);
    expect(unreachable.message).to.contain('{"precision":0.9} of "strict"');
  });
});
