import { expect } from "chai";
import * as fc from "fast-check";
import { NgramFeatures, type NgramRanges } from "../../encoders/ngram-features.js";
import { hashText } from "../../lib/hash.js";

function hashesOf(text: string, ranges: Partial<NgramRanges>): number[] {
  const features = new NgramFeatures({ words: null, characters: null, lowercase: true, ...ranges });
  const count = features.read(text);
  return [...features.hashes.subarray(0, count)].sort((a, b) => a - b);
}

/** The same features by cutting strings; a space stands for a border. */
function naive(text: string, { words, characters, lowercase }: NgramRanges): number[] {
  const normal = text.normalize("NFKC");
  const found = (lowercase ? normal.toLowerCase() : normal).match(/[\p{L}\p{N}_][\p{L}\p{N}\p{M}_]*/gu) ?? [];
  const hashes: number[] = [];
  for (const word of characters === null ? [] : found) {
    const points = [..." ".concat(word, " ")];
    for (let size = characters?.[0] ?? 1; size <= (characters?.[1] ?? 0); size += 1) {
      for (let from = 0; from + size <= points.length; from += 1) {
        const [start, end] = [from === 0, from + size === points.length];
        const cut = points.slice(start ? 1 : from, end ? points.length - 1 : from + size).join("");
        hashes.push(hashText(cut, 4 + (start ? 1 : 0) + (end ? 2 : 0)));
      }
    }
  }
  found.forEach((_, first) => {
    let hash = 0;
    found.slice(first, first + (words?.[1] ?? 0)).forEach((word, i) => {
      hash = i === 0 ? hashText(word, 1) : (Math.imul(hash, 0x9e3779b1) ^ hashText(word, 1)) >>> 0;
      if (i + 1 >= (words?.[0] ?? 1)) hashes.push(hash);
    });
  });
  return hashes.sort((a, b) => a - b);
}

describe("n-gram features", () => {
  it("are those that cutting the text into strings gives", () => {
    const texts = [
      "The quick, brown fox -- jumps over 13 lazy dogs!",
      "Straße, naïve café; Ångström ﬁne ①",
      "snake_case and camelCase",
      "a",
      "  ab  ",
      "אבג دهخدا हिन्दी",
      "x".repeat(500),
      "w ".repeat(400),
    ];
    const ranges: NgramRanges[] = [
      { words: [1, 1], characters: [3, 3], lowercase: true },
      { words: [1, 3], characters: null, lowercase: true },
      { words: [2, 2], characters: [2, 5], lowercase: false },
      { words: null, characters: [4, 4], lowercase: true },
    ];
    for (const text of texts) {
      for (const range of ranges) expect(hashesOf(text, range), text).to.deep.equal(naive(text, range));
    }
  });

  it("are those for any letters, digits and separators", () => {
    const texts = fc
      .array(fc.constantFrom(..."aZé ß9_-.,\u0301\u00a0Ж\t\n"), { maxLength: 60 })
      .map((units) => units.join(""));
    fc.assert(
      fc.property(texts, fc.integer({ min: 2, max: 4 }), (text, size) => {
        const range: NgramRanges = { words: [1, 2], characters: [size, 5], lowercase: true };
        expect(hashesOf(text, range)).to.deep.equal(naive(text, range));
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  it("do not depend on capitals, compatibility forms or what separates words", () => {
    const ranges: NgramRanges = { words: [1, 2], characters: [3, 3], lowercase: true };
    const expected = hashesOf("fine office 12", ranges);
    for (const text of ["FINE Office 12", "ﬁne oﬃce １２", "fine\t\noffice -- (12)."]) {
      expect(hashesOf(text, ranges), text).to.deep.equal(expected);
    }
    expect(hashesOf("FINE", { words: [1, 1], lowercase: false })).not.to.deep.equal(
      hashesOf("fine", { words: [1, 1], lowercase: false }),
    );
  });

  it("tell a word's start, end and middle apart, and words from characters", () => {
    const of = (text: string): number[] => hashesOf(text, { characters: [3, 3] });
    expect(new Set(of("aaa")).size).to.equal(3); // border-aa, aaa, aa-border
    expect(of("aaaa")).to.have.length(4);
    expect(new Set(of("aaaa"))).to.deep.equal(new Set(of("aaa")));
    expect(new Set(of("a"))).not.to.deep.equal(new Set(of("aa")));
    expect(hashesOf("abc", { words: [1, 1] })).not.to.deep.equal(hashesOf("abc", { characters: [5, 5] }));
  });

  it("depend on the order of words only from two words on", () => {
    expect(hashesOf("red blue", { words: [1, 1] })).to.deep.equal(hashesOf("blue red", { words: [1, 1] }));
    expect(hashesOf("red blue", { words: [2, 2] })).not.to.deep.equal(hashesOf("blue red", { words: [2, 2] }));
  });

  it("take each ideograph, emoji and currency sign for a word", () => {
    const wordHash = (word: string): number => hashText(word, 1);
    expect(hashesOf("我要退款", { words: [1, 1] })).to.have.members(["我", "要", "退", "款"].map(wordHash));
    expect(hashesOf("I❤️you 🚲!", { words: [1, 1] })).to.have.members(["i", "❤", "you", "🚲"].map(wordHash));
    expect(hashesOf("€5", { words: [1, 1] })).to.have.members(["€", "5"].map(wordHash));
    expect(hashesOf("ラーメン", { words: [1, 1] }).length).to.be.greaterThan(1);
    expect(hashesOf("한국어 텍스트", { words: [1, 1] })).to.have.members(["한국어", "텍스트"].map(wordHash));
  });

  it("count code points, never halves of one", () => {
    expect(hashesOf("𝔞𝔟", { characters: [3, 3] })).to.deep.equal(hashesOf("ab", { characters: [3, 3] })); // NFKC
    const [bike] = hashesOf("🚲", { characters: [3, 3] }); // border, bike, border
    expect(bike).to.equal(hashText("🚲", 7));
    expect(hashesOf("🚲🛴🚗", { characters: [2, 2] })).to.have.members([
      hashText("🚲", 5),
      hashText("🚲🛴", 4),
      hashText("🛴🚗", 4),
      hashText("🚗", 6),
    ]);
  });

  it("are none for texts without letters, digits or symbols, also broken ones", () => {
    for (const text of ["", "   ", "!?.,-", "\ud83d", "\udeb2 \ud83d", "\u0301", "\u200d\ufe0f", "\0"]) {
      expect(hashesOf(text, { words: [1, 2], characters: [1, 4] }), JSON.stringify(text)).to.deep.equal([]);
    }
  });

  it("are read without error from any string", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 80 }), (text) => {
        const hashes = hashesOf(text, { words: [1, 2], characters: [1, 3] });
        expect(hashes.every((hash) => Number.isInteger(hash) && hash >= 0 && hash < 2 ** 32)).to.equal(true);
      }),
      { numRuns: 300, seed: 2 },
    );
  });
});
