import { expect } from "chai";
import { attach, ConfigError, Random } from "likewise";
import { ComponentShare } from "likewise/metrics";
import { matrix } from "./batches.js";

describe("ComponentShare", () => {
  it("is 1 at the whole variance of axes used alike, and half of them at half", async () => {
    const axes = Array.from({ length: 8 }, (_, at) =>
      Array.from({ length: 8 }, (__, column) => (column === at ? 1 : 0)),
    );
    const rows = [...axes, ...axes.map((axis) => axis.map((value) => -value))];
    for (const [variance, expected] of [
      [1, 1],
      [0.5, 0.5],
      [0.51, 5 / 8],
      [0.01, 1 / 8],
    ] as const) {
      const metric = new ComponentShare({ variance });
      metric.update(matrix(rows));
      expect(await metric.value(), String(variance)).to.equal(expected);
    }
  });

  it("is one over the width for embeddings on a line, in several batches, and forgets them on reset", async () => {
    const random = new Random("line");
    const metric = new ComponentShare();
    const line = (count: number): number[][] =>
      Array.from({ length: count }, () => {
        const t = random.normal();
        return [t, 2 * t, 1 - t, 3];
      });
    metric.update(matrix(line(20)));
    metric.update(matrix(line(30)));
    expect(await metric.value()).to.equal(1 / 4);
    metric.reset();
    expect(await metric.value()).to.be.NaN;
    metric.update(matrix(Array.from({ length: 500 }, () => Array.from(random.normals(3)))));
    expect(await metric.value()).to.equal(2 / 3);
  });

  it("is NaN for one row, rows that are equal and numbers that are not finite", async () => {
    for (const rows of [
      [[1, 2]],
      [
        [1, 2],
        [1, 2],
      ],
      [
        [1, 2],
        [NaN, 1],
      ],
      [
        [1, 2],
        [Infinity, 1],
      ],
    ]) {
      const metric = new ComponentShare();
      metric.update(matrix(rows));
      expect(await metric.value()).to.be.NaN;
    }
  });

  it("is attached to models of any kind and refuses wrong options", () => {
    expect(attach<"group">(new ComponentShare()).name).to.equal("component-share@0.5");
    expect(attach<"label">(new ComponentShare({ variance: 1 })).name).to.equal("component-share@1");
    expect(() => new ComponentShare({ variance: 0, share: 1 } as never)).to.throw(ConfigError, /variance(.|\n)*share/);
    expect(() => new ComponentShare({ variance: 1.1 })).to.throw(ConfigError, /up to 1/);
  });
});
