import { expect } from "chai";
import { AngularLoss } from "likewise/losses";
import { ConfigError } from "../../lib/errors.js";
import { Random } from "../../lib/random.js";
import { expectClose } from "../support/close.js";
import { centralDifferences, type Matrix } from "../support/gradient.js";
import { judge, randomRows } from "../support/loss.js";
import { dot, length } from "../support/plain-distance.js";
import { meanOf, plainLogSum } from "../support/plain-loops.js";
import { masksOf, masksOfMemory, type PlainMasks } from "../support/plain-masks.js";
import { readGolden } from "../support/shared.js";

const cosine = (x: readonly number[], y: readonly number[]): number => dot(x, y) / (length(x) * length(y));

/** `factor`: what a negative is multiplied by after it was divided by its length. */
function plain(
  rows: Matrix,
  others: Matrix,
  { positive, negative }: PlainMasks,
  angle: number,
  factor: (row: readonly number[]) => number = () => 1,
): number {
  const steep = Math.tan(angle) ** 2;
  const losses: number[] = [];
  rows.forEach((anchor, a) => {
    const apart = others.filter((_, at) => negative(a, at));
    if (apart.length === 0) return;
    others.forEach((other, p) => {
      if (!positive(a, p)) return;
      const terms = apart.map(
        (row) =>
          4 * steep * factor(row) * (cosine(anchor, row) + cosine(other, row)) -
          2 * (1 + steep) * cosine(anchor, other),
      );
      losses.push(plainLogSum([0, ...terms]));
    });
  });
  return meanOf(losses);
}

describe("AngularLoss", () => {
  const random = new Random("angular");
  const groups = [0, 0, 0, 1, 1, 2, 3, 3];
  const rows = randomRows(random, groups.length, 4);
  const slopes = { relative: 1e-3, absolute: 1e-4 };

  for (const angle of [0.2, 0.7, 1.2]) {
    it(`equals plain loops over triplets, value and gradient: ${angle}`, () => {
      const found = judge(new AngularLoss({ angle }), { embeddings: rows, targets: { groups } });
      const value = (at: Matrix): number => plain(at, at, masksOf(groups), angle);
      expectClose(found.value, value(rows));
      expectClose(found.gradient, centralDifferences(value, rows, 1e-6), slopes);
    });
  }

  it("equals plain loops against a memory", () => {
    const memory = { embeddings: randomRows(random, 6, 4), groups: [0, 1, 1, 2, 5, 3], valid: [1, 1, 1, 1, 1, 0] };
    const found = judge(new AngularLoss(), { embeddings: rows, targets: { groups }, memory });
    const value = (at: Matrix): number =>
      plain(at, memory.embeddings, masksOfMemory(groups, memory), (2 * Math.PI) / 9);
    expectClose(found.value, value(rows));
    expectClose(found.gradient, centralDifferences(value, rows, 1e-6), slopes);
  });

  it("does not change with the length of a row, where the peer takes negatives as long as they are", function () {
    const longer = rows.map((row, at) => row.map((v) => v * (at + 1)));
    const value = (at: Matrix): number => judge(new AngularLoss(), { embeddings: at, targets: { groups } }).value;
    expectClose(value(longer), value(rows));
    const cases = readGolden("pml/loss_AngularLoss");
    if (cases === null) return this.skip();
    let compared = 0;
    for (const { tag, config, inputs, expected64 } of cases) {
      if (inputs["ref_emb"] !== undefined || tag === "zero_vector") continue;
      const { alpha = 40 } = config as { alpha?: number };
      const [given, labels] = [inputs["embeddings"] as Matrix, inputs["labels"] as number[]];
      const angle = (alpha * Math.PI) / 180;
      const peer = plain(given, given, masksOf(labels), angle, length);
      expectClose(peer, expected64?.["loss"], { what: `the peer: ${tag} ${JSON.stringify(config)}` });
      const unit = given.map((row) => row.map((v) => v / length(row)));
      const found = judge(new AngularLoss({ angle }), { embeddings: unit, targets: { groups: labels } });
      expectClose(found.value, plain(unit, unit, masksOf(labels), angle, length));
      compared += 1;
    }
    expect(compared).to.be.at.least(8);
  });

  it("does not overflow at its largest angle", () => {
    const same = rows.map(() => [1, 2, 3, 4]);
    const { value, gradient } = judge(new AngularLoss({ angle: 1.22 }), { embeddings: same, targets: { groups } });
    expect(value).to.satisfy(Number.isFinite);
    expect(gradient.every(Number.isFinite)).to.equal(true);
  });

  it("refuses degrees", () => {
    expect(() => new AngularLoss({ angle: 40 })).to.throw(ConfigError, "radians");
  });
});
