import { expect } from "chai";
import { RandomTripletMiner } from "likewise/miners";
import { Cosine } from "../../../lib/distances/index.js";
import { ConfigError } from "../../../lib/errors.js";
import { Random } from "../../../lib/random.js";
import { randomRows } from "../../support/loss.js";
import { masksOf } from "../../support/plain-masks.js";
import { mine, type Choice } from "./running.js";

const groups = [0, 0, 1, 1, 2, 2, 0, 3, 0];
const rows = randomRows(new Random("drawn"), groups.length, 4);
const draw = (perAnchor: number, seed: number): Choice =>
  mine(new RandomTripletMiner({ perAnchor }), new Cosine(), { rows, groups }, seed);
const { positive, negative } = masksOf(groups);

describe("RandomTripletMiner", () => {
  it("lists so many valid triplets of every anchor that has one, and counts the pairs in them", () => {
    const { listed, positives, negatives } = draw(5, 1);
    groups.forEach((_, a) => {
      const has = groups.some((__, b) => positive(a, b));
      expect(listed!.counts[a]).to.deep.equal(new Array(5).fill(has ? 1 : 0));
      if (!has) return;
      expect(listed!.positives[a]!.every((p) => positive(a, p))).to.equal(true);
      expect(listed!.negatives[a]!.every((n) => negative(a, n))).to.equal(true);
      groups.forEach((__, b) => {
        expect(positives[a]![b]).to.equal(listed!.positives[a]!.filter((p) => p === b).length);
        expect(negatives[a]![b]).to.equal(listed!.negatives[a]!.filter((n) => n === b).length);
      });
    });
    expect(positives[7]).to.deep.equal(groups.map(() => 0));
  });

  it("draws anew from every seed, the same from one, and no positive twice while there are enough", () => {
    expect(draw(3, 1)).to.deep.equal(draw(3, 1));
    expect(draw(3, 1)).to.not.deep.equal(draw(3, 2));
    for (let seed = 0; seed < 30; seed += 1) {
      const { positives } = draw(3, seed);
      for (const anchor of [0, 1, 6, 8]) expect(Math.max(...positives[anchor]!)).to.equal(1);
    }
  });

  it("gives every triplet of an anchor the same chance", () => {
    const runs = 600;
    const seen = new Map<string, number>();
    for (let seed = 0; seed < runs; seed += 1) {
      const { listed } = draw(2, seed);
      for (const at of [0, 1]) {
        const triplet = `${listed!.positives[0]![at]} ${listed!.negatives[0]![at]}`;
        seen.set(triplet, (seen.get(triplet) ?? 0) + 1);
      }
    }
    expect(seen.size).to.equal(15);
    for (const [triplet, count] of seen) expect(count / (2 * runs), triplet).to.be.closeTo(1 / 15, 0.03);
  });

  it("refuses a number that is none", () => {
    expect(() => new RandomTripletMiner({ perAnchor: 0 })).to.throw(ConfigError, "perAnchor");
  });
});
