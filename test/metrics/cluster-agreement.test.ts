import { expect } from "chai";
import { Random } from "likewise";
import { ClusterAgreement } from "likewise/metrics";
import { kMeans } from "../../lib/tensor/k-means.js";
import { groupTargets, matrix } from "./batches.js";

const random = new Random("clusters");
const groups = Array.from({ length: 60 }, (_, at) => at % 5);
const around = (spread: number): number[][] =>
  groups.map((group) => Array.from({ length: 5 }, (_, axis) => (axis === group ? 1 : 0) + spread * random.normal()));

describe("ClusterAgreement", () => {
  for (const measure of ["ami", "nmi"] as const) {
    it(`${measure} is 1 when groups lie apart, and repeats with its seed`, async () => {
      const metric = new ClusterAgreement({ measure });
      expect(metric.name).to.equal(measure);
      metric.update(matrix(around(0.02)), groupTargets(groups));
      expect(await metric.value()).to.be.closeTo(1, 1e-9);
      metric.reset();
      metric.update(matrix(around(0.5)), groupTargets(groups));
      const value = await metric.value();
      expect(value).to.be.within(0, 0.95);
      expect(await metric.value()).to.equal(value);
    });
  }

  it("is about 0 for rows that know nothing of their groups", async () => {
    const metric = new ClusterAgreement();
    metric.update(matrix(groups.map(() => Array.from(random.normals(5)))), groupTargets(groups));
    expect(await metric.value()).to.be.closeTo(0, 0.15);
  });

  it("is NaN for one group and for numbers that are not finite", async () => {
    const metric = new ClusterAgreement();
    metric.update(
      matrix([
        [1, 0],
        [0, 1],
      ]),
      groupTargets([3, 3]),
    );
    expect(await metric.value()).to.be.NaN;
    metric.update(matrix([[NaN, 0]]), groupTargets([4]));
    expect(await metric.value()).to.be.NaN;
  });
});

describe("k-means", () => {
  it("ends where no row is nearer to another center, and each center is the mean of its rows", async () => {
    const rows = matrix(around(0.4));
    const { clusters, centers, inertia } = await kMeans(rows, 4, new Random(3));
    const squared = (row: number, center: number): number =>
      Array.from({ length: 5 }, (_, at) => (rows.data[row * 5 + at]! - centers.data[center * 5 + at]!) ** 2).reduce(
        (sum, value) => sum + value,
      );
    let sum = 0;
    clusters.forEach((cluster, row) => {
      sum += squared(row, cluster);
      for (let other = 0; other < 4; other += 1)
        expect(squared(row, cluster)).to.be.at.most(squared(row, other) + 1e-5);
    });
    expect(inertia).to.be.closeTo(sum, 1e-6);
    for (let cluster = 0; cluster < 4; cluster += 1) {
      const own = [...clusters.keys()].filter((row) => clusters[row] === cluster);
      expect(own.length).to.be.above(0);
      for (let at = 0; at < 5; at += 1) {
        const mean = own.reduce((total, row) => total + rows.data[row * 5 + at]!, 0) / own.length;
        expect(centers.data[cluster * 5 + at]).to.be.closeTo(mean, 1e-5);
      }
    }
  });

  it("takes identical rows, and more clusters than rows", async () => {
    const same = await kMeans(
      matrix([
        [1, 1],
        [1, 1],
        [1, 1],
      ]),
      2,
      new Random(0),
    );
    expect(same.inertia).to.equal(0);
    const few = await kMeans(
      matrix([
        [0, 1],
        [1, 0],
      ]),
      5,
      new Random(0),
    );
    expect(new Set(few.clusters).size).to.equal(2);
  });
});
