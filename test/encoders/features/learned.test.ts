import { expect } from "chai";
import fc from "fast-check";
import { Moments } from "../../../encoders/features/moments.js";
import { countBelow, QuantileSample, rankAmong } from "../../../encoders/features/quantiles.js";
import { Vocabulary } from "../../../encoders/features/vocabulary.js";
import { FileFormatError } from "../../../lib/errors.js";
import { hostTensor } from "../../../lib/tensor/host.js";
import { Random } from "../../../lib/random.js";
import { expectClose } from "../../support/close.js";

describe("Moments", () => {
  it("are the mean and the standard deviation", () => {
    const numbers = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 2, maxLength: 30 });
    fc.assert(
      fc.property(numbers, (values) => {
        const moments = new Moments();
        for (const value of values) moments.add(value);
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
        const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
        expectClose([moments.mean], [mean], { absolute: 1e-6 });
        if (Math.sqrt(variance) > 1e-6) expectClose([moments.deviation], [Math.sqrt(variance)], { absolute: 1e-6 });
      }),
    );
  });

  it("divide by 1 where all numbers are the same, and where there are none", () => {
    const same = new Moments();
    for (let i = 0; i < 1000; i += 1) same.add(0.1);
    expect(same.deviation).to.equal(1);
    expect([new Moments().mean, new Moments().deviation]).to.deep.equal([0, 1]);
  });
});

describe("Quantiles", () => {
  it("divide few numbers exactly", () => {
    const sample = new QuantileSample();
    for (const value of [5, 1, 4, 2, 3]) sample.add(value);
    expect(sample.divide(4)).to.deep.equal([1, 2, 3, 4, 5]);
    expect(sample.divide(2)).to.deep.equal([1, 3, 5]);
    expect(new QuantileSample().divide(2)).to.deep.equal([0, 0, 0]);
  });

  it("are off by less than two percent of many numbers, the same in every run", () => {
    const [one, two] = [new QuantileSample(), new QuantileSample()];
    const random = new Random(3);
    for (let i = 0; i < 50_000; i += 1) {
      const value = random.uniform();
      one.add(value);
      two.add(value);
    }
    const found = one.divide(10);
    expect(found).to.deep.equal(two.divide(10));
    found.forEach((value, i) => expect(value).to.be.closeTo(i / 10, 0.02));
  });

  it("rank a number as counting does", () => {
    const values = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(values, fc.integer({ min: -5, max: 25 }), (given, value) => {
        const sorted = given.sort((a, b) => a - b);
        expect(countBelow(sorted, value, false)).to.equal(sorted.filter((one) => one < value).length);
        expect(countBelow(sorted, value, true)).to.equal(sorted.filter((one) => one <= value).length);
        expect(rankAmong(sorted, value)).to.be.within(0, 1);
      }),
    );
    expect([-1, 0, 5, 10, 15, 20, 99].map((value) => rankAmong([0, 10, 20], value))).to.deep.equal([
      0, 0, 0.25, 0.5, 0.75, 1, 1,
    ]);
    expect(rankAmong([0, 0, 0, 0, 8], 0)).to.equal(0.375);
    expect(rankAmong([3, 3, 3], 3)).to.equal(0.5);
  });
});

describe("Vocabulary", () => {
  const learned = (texts: readonly string[], { values = 3, minCount = 1, hashBuckets = 2 } = {}) => {
    const vocabulary = new Vocabulary({ values, minCount, hashBuckets });
    const counter = vocabulary.learn();
    for (const text of texts) counter.add(text);
    counter.finish();
    return vocabulary;
  };

  it("gives the most frequent values rows of their own, whatever the order they come in", () => {
    const texts = ["a", "b", "c", "d", "b", "a", "a", "c"];
    const vocabulary = learned(texts);
    expect(vocabulary.size).to.equal(6);
    expect(["a", "b", "c"].map((text) => vocabulary.rowOf(text))).to.deep.equal([3, 4, 5]);
    for (const other of ["d", "e", "", "A"]) expect(vocabulary.rowOf(other)).to.be.within(1, 2);
    const turned = learned([...texts].reverse());
    expect(["a", "b", "c", "d"].map((text) => turned.rowOf(text))).to.deep.equal(
      ["a", "b", "c", "d"].map((text) => vocabulary.rowOf(text)),
    );
    expect(learned(texts, { minCount: 3 }).rowOf("b")).to.be.below(3);
  });

  it("spreads the others over the shared rows, without being fitted when it has no own rows", () => {
    const vocabulary = new Vocabulary({ values: 0, minCount: 1, hashBuckets: 50 });
    expect([vocabulary.fitted, vocabulary.size]).to.deep.equal([true, 51]);
    const rows = new Set(Array.from({ length: 1000 }, (_, i) => vocabulary.rowOf(`value ${i}`)));
    expect([...rows].every((row) => row >= 1 && row <= 50)).to.equal(true);
    expect(rows.size).to.equal(50);
  });

  it("comes back from its weights, and refuses others", () => {
    const vocabulary = learned(["ß", "ß", "\u{1F6B2}", "__proto__", '"'], { values: 4 });
    const again = new Vocabulary({ values: 4, minCount: 1, hashBuckets: 2 });
    again.restore(vocabulary.weights);
    for (const text of ["ß", "\u{1F6B2}", "__proto__", '"', "toString"])
      expect(again.rowOf(text)).to.equal(vocabulary.rowOf(text));
    expect(() => again.restore({})).to.throw(FileFormatError);
    expect(() => again.restore({ values: hostTensor(Int32Array.of(2, 0x7878), [2]) })).to.throw(FileFormatError);
    expect(() => new Vocabulary({ values: 3, minCount: 1, hashBuckets: 2 }).restore(vocabulary.weights)).to.throw(
      FileFormatError,
      "at most 3",
    );
  });

  it("finds the frequent values among half a million others, in bounded memory", () => {
    const vocabulary = new Vocabulary({ values: 4, minCount: 2, hashBuckets: 1 });
    const counter = vocabulary.learn();
    for (let i = 0; i < 300_000; i += 1) {
      counter.add(`once ${i}`);
      if (i % 50 === 0) counter.add(`often ${i % 4}`);
    }
    counter.finish();
    const rows = [0, 2].map((i) => vocabulary.rowOf(`often ${i}`));
    expect(rows.every((row) => row > 1)).to.equal(true);
  });
});
