import { expect } from "chai";
import { AnglELoss, VICRegLoss } from "likewise/losses";
import { ConfigError, ShapeError } from "../../lib/errors.js";
import { Random } from "../../lib/random.js";
import { expectClose } from "../support/close.js";
import { centralDifferences, type Matrix } from "../support/gradient.js";
import { judge, randomRows } from "../support/loss.js";
import { length } from "../support/plain-distance.js";
import { readGolden } from "../support/shared.js";

const SCORES = [0.9, 0.1, 0.5, 0];
const pairTargets = (pairs: number): Record<string, number[]> => ({
  labels: Array.from({ length: pairs }, (_, i) => SCORES[i % SCORES.length] as number),
  subgroups: Array.from({ length: 2 * pairs }, () => 0),
});
const tolerance = { relative: 1e-3, absolute: 1e-4 };

/** Complex division and the sum of both parts, as sentence-transformers writes it. */
function plainAngle(rows: Matrix, scale: number): number {
  const half = (rows[0] as readonly number[]).length / 2;
  const similarities = SCORES.map((_, i) => {
    const [a, b] = [rows[i] as readonly number[], rows[SCORES.length + i] as readonly number[]];
    const ratio = length(a) / length(b);
    const z = length(b) ** 2;
    let sum = 0;
    for (let k = 0; k < half; k += 1) {
      const [x, y, u, v] = [a[k], a[half + k], b[k], b[half + k]] as [number, number, number, number];
      sum += (x * u + y * v) / z / ratio + (y * u - x * v) / z / ratio;
    }
    return Math.abs(sum);
  });
  let total = 1;
  SCORES.forEach((high, i) => {
    SCORES.forEach((low, j) => {
      if (high > low) total += Math.exp(scale * ((similarities[j] as number) - (similarities[i] as number)));
    });
  });
  return Math.log(total);
}

describe("AnglELoss", () => {
  it("equals plain loops, value and gradient", () => {
    const rows = randomRows(new Random("angle"), 8, 6);
    const found = judge(new AnglELoss({ scale: 5 }), { embeddings: rows, targets: pairTargets(4) });
    expectClose(found.value, plainAngle(rows, 5));
    const slopes = centralDifferences((at) => plainAngle(at, 5), rows);
    expectClose(found.gradient, slopes, tolerance);
  });

  it("refuses rows of odd width and impossible options", () => {
    const rows = randomRows(new Random("odd"), 8, 5);
    expect(() => judge(new AnglELoss(), { embeddings: rows, targets: pairTargets(4) })).to.throw(ShapeError, /even/);
    expect(() => new AnglELoss({ scale: 0 })).to.throw(ConfigError, /scale/);
  });
});

describe("VICRegLoss", () => {
  it("equals pytorch-metric-learning", function () {
    const cases = readGolden("pml/loss_VICRegLoss");
    if (cases === null) return this.skip();
    for (const { tag, config, inputs, expected64 } of cases) {
      const [a, b] = [inputs["embeddings"] as Matrix, inputs["ref_emb"] as Matrix];
      const loss = new VICRegLoss({
        invariance: (config["invariance_lambda"] as number | undefined) ?? 25,
        variance: (config["variance_mu"] as number | undefined) ?? 25,
        covariance: (config["covariance_v"] as number | undefined) ?? 1,
      });
      const found = judge(loss, { embeddings: [...a, ...b], targets: pairTargets(a.length) });
      expectClose(found.value, expected64?.["loss"], { relative: 2e-5, absolute: 2e-5, what: tag });
      const slopes = [...(expected64?.["grad_embeddings"] as Matrix), ...(expected64?.["grad_ref"] as Matrix)].flat();
      expectClose(found.gradient, slopes, { relative: 5e-4, absolute: 2e-4, what: tag });
    }
    expect(cases.length).to.be.at.least(4);
  });

  it("has a finite value and gradient for one pair, where nothing varies", () => {
    const found = judge(new VICRegLoss(), { embeddings: randomRows(new Random("one"), 2, 4), targets: pairTargets(1) });
    expect([found.value, ...found.gradient].every(Number.isFinite)).to.equal(true);
  });

  it("refuses negative weights, all at once", () => {
    expect(() => new VICRegLoss({ invariance: -1, covariance: -1 })).to.throw(
      ConfigError,
      /invariance.*\n.*covariance/,
    );
  });
});
