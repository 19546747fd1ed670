import { expect } from "chai";
import { CoSENTLoss, CosineSimilarityLoss } from "likewise/losses";
import { ConfigError } from "../../lib/errors.js";
import { Random } from "../../lib/random.js";
import { expectClose } from "../support/close.js";
import { centralDifferences, type Matrix } from "../support/gradient.js";
import { judge, randomRows } from "../support/loss.js";
import { dot, length } from "../support/plain-distance.js";

const SCORES = [0.9, 0.1, 0.5, 0.5, 0];
const targets = { labels: SCORES, subgroups: SCORES.concat(SCORES).map(() => 0) };
const cosines = (rows: Matrix): number[] =>
  SCORES.map((_, i) => {
    const [a, b] = [rows[i] as readonly number[], rows[SCORES.length + i] as readonly number[]];
    return dot(a, b) / (length(a) * length(b));
  });

function plainCoSENT(rows: Matrix, scale: number): number {
  const found = cosines(rows);
  let total = 1;
  SCORES.forEach((high, i) => {
    SCORES.forEach((low, j) => {
      if (high > low) total += Math.exp(scale * ((found[j] as number) - (found[i] as number)));
    });
  });
  return Math.log(total);
}

const plainCosine = (rows: Matrix): number =>
  cosines(rows).reduce((sum, cosine, i) => sum + (cosine - (SCORES[i] as number)) ** 2, 0) / SCORES.length;

describe("losses over scored pairs", () => {
  const rows = randomRows(new Random("scores"), 10, 4);
  const tolerance = { relative: 1e-3, absolute: 1e-4 };

  it("CoSENTLoss equals plain loops, value and gradient", () => {
    const found = judge(new CoSENTLoss({ scale: 5 }), { embeddings: rows, targets });
    expectClose(found.value, plainCoSENT(rows, 5));
    expectClose(
      found.gradient,
      centralDifferences((at) => plainCoSENT(at, 5), rows),
      tolerance,
    );
  });

  it("CosineSimilarityLoss equals plain loops, value and gradient", () => {
    const found = judge(new CosineSimilarityLoss(), { embeddings: rows, targets });
    expectClose(found.value, plainCosine(rows));
    expectClose(found.gradient, centralDifferences(plainCosine, rows), tolerance);
  });

  it("CoSENTLoss looks at the order of scores only", () => {
    const scaled = { ...targets, labels: SCORES.map((score) => 100 * score - 7) };
    const [as, other] = [targets, scaled].map((of) => judge(new CoSENTLoss(), { embeddings: rows, targets: of }).value);
    expect(other).to.equal(as);
  });

  it("CoSENTLoss has loss 0 and gradient 0 where all scores are equal", () => {
    const found = judge(new CoSENTLoss(), { embeddings: rows, targets: { ...targets, labels: SCORES.map(() => 0.5) } });
    expect(found.value).to.equal(0);
    expect(found.gradient.every((slope) => Math.abs(slope) === 0)).to.equal(true);
  });

  it("CoSENTLoss does not overflow at large scales", () => {
    const found = judge(new CoSENTLoss({ scale: 1000 }), { embeddings: rows, targets });
    expect(Number.isFinite(found.value)).to.equal(true);
    expect(found.gradient.every(Number.isFinite)).to.equal(true);
  });

  it("refuse impossible options", () => {
    expect(() => new CoSENTLoss({ scale: 0 })).to.throw(ConfigError, /scale/);
    expect(() => new CosineSimilarityLoss({ margin: 1 } as never)).to.throw(ConfigError, /margin/);
  });
});
