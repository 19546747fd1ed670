import { expect } from "chai";
import {
  DistillKLLoss,
  EmbeddingDistillationLoss,
  GuidedMultipleNegativesRankingLoss,
  MarginMSELoss,
  MatryoshkaLoss,
  MultipleLosses,
  MultipleNegativesRankingLoss,
  type GuidedMultipleNegativesRankingOptions,
} from "likewise/losses";
import { ConfigError, ShapeError, UsageError } from "../../lib/errors.js";
import { Random } from "../../lib/random.js";
import { expectClose } from "../support/close.js";
import { centralDifferences, type Matrix } from "../support/gradient.js";
import { judge, randomRows } from "../support/loss.js";

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, x, i) => sum + x * (b[i] as number), 0);
const cosine = (a: readonly number[], b: readonly number[]): number => dot(a, b) / Math.hypot(...a) / Math.hypot(...b);
const at = (rows: Matrix, row: number): readonly number[] => rows[row] as readonly number[];

const rows = randomRows(new Random("student"), 10, 6);
const guide = randomRows(new Random("guide"), 10, 4);
const labels = [1, 1, 0, 0.5, 1];
const pairs = { embeddings: rows, guide, targets: { labels, subgroups: [] } };

/** The loss of sentence-transformers' GISTEmbedLoss with scores as weights, in loops. */
function ranked(options: GuidedMultipleNegativesRankingOptions): number {
  const { temperature = 0.01, margin = 0, marginStrategy = "absolute" } = options;
  const { contrastAnchors = true, contrastPositives = true } = options;
  const p = labels.length;
  let sum = 0;
  labels.forEach((label, i) => {
    const sure = cosine(at(guide, i), at(guide, p + i));
    const bound = marginStrategy === "absolute" ? sure - margin : sure * (1 - margin);
    const right = cosine(at(rows, i), at(rows, p + i)) / temperature;
    const logits = [right];
    const add = (from: number, to: number): void => {
      if (cosine(at(guide, from), at(guide, to)) > bound) return;
      logits.push(cosine(at(rows, from), at(rows, to)) / temperature);
    };
    for (let j = 0; j < p; j += 1) {
      if (j === i) continue;
      add(i, p + j);
      if (contrastAnchors) add(i, j);
      if (contrastPositives) add(p + i, p + j);
    }
    const largest = Math.max(...logits);
    sum += label * (largest + Math.log(logits.reduce((all, x) => all + Math.exp(x - largest), 0)) - right);
  });
  return sum / labels.reduce((all, label) => all + label);
}

describe("GuidedMultipleNegativesRankingLoss", () => {
  for (const options of [
    {},
    { temperature: 0.2, margin: 0.1 },
    { temperature: 0.2, margin: 0.3, marginStrategy: "relative" },
    { temperature: 0.2, contrastAnchors: false },
    { temperature: 0.2, contrastAnchors: false, contrastPositives: false, margin: -0.2 },
  ] as const) {
    it(`is what loops say, ${JSON.stringify(options)}`, () => {
      const found = judge(new GuidedMultipleNegativesRankingLoss(options), pairs);
      expectClose(found.value, ranked(options), { relative: 1e-4 });
      expect(found.weight).to.equal(3.5);
    });
  }

  it("is ranking with all negatives when the guide finds nothing similar, and nothing when it finds all alike", () => {
    const scale = 20;
    const plain = judge(new MultipleNegativesRankingLoss({ scale }), pairs);
    const options = { temperature: 1 / scale, contrastAnchors: false, contrastPositives: false };
    const none = judge(new GuidedMultipleNegativesRankingLoss({ ...options, margin: -3 }), pairs);
    expectClose(none.value, plain.value);
    expectClose(none.gradient, plain.gradient);
    const all = judge(new GuidedMultipleNegativesRankingLoss({ ...options, margin: 3 }), pairs);
    expect(all.value).to.equal(0);
    expect(all.gradient.every((slope) => slope === 0)).to.equal(true);
  });

  it("leaves out negatives of tuples that the guide finds too similar, and never asks for siblings", () => {
    const targets = { positiveOwners: [0, 0, 1], negativeOwners: [0, 1], scores: [1, 1, 1, 0, 0] };
    const embeddings = rows.slice(0, 7);
    const loss = new GuidedMultipleNegativesRankingLoss({
      kind: "tuple",
      temperature: 0.05,
      contrastAnchors: false,
      contrastPositives: false,
    });
    // To this guide the positives are cosine 0.5, the first negative is as its anchor, the second opposite.
    const axis = [1, 0];
    const half = [0.5, Math.sqrt(0.75)];
    const found = judge(loss, { embeddings, guide: [axis, axis, half, half, half, axis, [-1, 0]], targets });
    // All positives are equally similar: they stay; the first negative goes for every anchor.
    const without = judge(new MultipleNegativesRankingLoss({ kind: "tuple", scale: 20 }), {
      embeddings: embeddings.filter((_, row) => row !== 5),
      targets: { positiveOwners: [0, 0, 1], negativeOwners: [1], scores: [1, 1, 1, 0] },
    });
    expectClose(found.value, without.value);
  });

  it("needs a guide", () => {
    const { guide: _guide, ...without } = pairs;
    expect(() => judge(new GuidedMultipleNegativesRankingLoss(), without)).to.throw(UsageError, "configureGuide");
    expect(() => judge(new GuidedMultipleNegativesRankingLoss(), { ...pairs, guide: guide.slice(1) })).to.throw(
      ShapeError,
    );
    const wrong = { temperature: 0, marginStrategy: "other", contrastAnchors: 1 } as never;
    expect(() => new GuidedMultipleNegativesRankingLoss(wrong))
      .to.throw(ConfigError)
      .with.property("problems")
      .that.has.length(3);
  });
});

describe("EmbeddingDistillationLoss", () => {
  it("is the mean squared difference, and of a trained map of the embeddings when widths differ", () => {
    const wide = randomRows(new Random("wide"), 10, 6);
    const plain = new EmbeddingDistillationLoss({ kind: "pair", embeddingSize: 6, guideSize: 6 });
    const squares = rows.flatMap((row, i) => row.map((x, k) => (x - (at(wide, i)[k] as number)) ** 2));
    expectClose(judge(plain, { ...pairs, guide: wide }).value, squares.reduce((sum, x) => sum + x) / 60);
    const mapped = new EmbeddingDistillationLoss({ kind: "pair", embeddingSize: 6, guideSize: 4, project: true });
    const { parameters } = mapped.initialize(new Random("map"));
    const found = judge(mapped, { ...pairs, parameters });
    const kernel = (parameters["projection"] as { data: Float32Array }).data;
    const expected = rows.flatMap((row, i) =>
      at(guide, i).map((g, k) => (row.reduce((sum, x, j) => sum + x * (kernel[4 * j + k] as number), 0) - g) ** 2),
    );
    expectClose(found.value, expected.reduce((sum, x) => sum + x) / 40);
    expect(found.parameterGradients["projection"]?.some((slope) => slope !== 0)).to.equal(true);
  });

  it("compares by distance or by cosine instead, averaged over rows", () => {
    const wide = randomRows(new Random("wide"), 10, 6);
    const value = (compare: "euclidean" | "cosine"): number =>
      judge(new EmbeddingDistillationLoss({ kind: "pair", embeddingSize: 6, guideSize: 6, compare }), {
        ...pairs,
        guide: wide,
      }).value;
    const distances = rows.map((row, i) => Math.hypot(...row.map((x, k) => x - (at(wide, i)[k] as number))));
    const cosines = rows.map((row, i) => dot(row, at(wide, i)) / (Math.hypot(...row) * Math.hypot(...at(wide, i))));
    expectClose(value("euclidean"), distances.reduce((sum, x) => sum + x) / 10);
    expectClose(value("cosine"), 1 - cosines.reduce((sum, x) => sum + x) / 10);
  });

  it("refuses widths that differ without a map", () => {
    expect(() => new EmbeddingDistillationLoss({ embeddingSize: 6, guideSize: 4 })).to.throw(
      ConfigError,
      "project: true",
    );
    expect(() => new EmbeddingDistillationLoss({ embeddingSize: 6, guideSize: null })).to.throw(
      ConfigError,
      "no guide",
    );
    const loss = new EmbeddingDistillationLoss({ kind: "pair", embeddingSize: 6, guideSize: 6 });
    expect(() => judge(loss, pairs)).to.throw(ShapeError);
  });

  it("goes beside other losses, and into prefixes", () => {
    const distill = new EmbeddingDistillationLoss({ kind: "pair", embeddingSize: 6, guideSize: 4, project: true });
    const both = new MultipleLosses({ rank: new MultipleNegativesRankingLoss(), distill }, { weights: { distill: 2 } });
    expect(both.usesGuide).to.equal(true);
    const found = judge(both, pairs);
    expect(found.terms["distill"]).to.be.greaterThan(0);
    const prefixes = new MatryoshkaLoss(
      (size) => new EmbeddingDistillationLoss({ kind: "pair", embeddingSize: size, guideSize: 4, project: true }),
      { embeddingSize: 6, sizes: [6, 3] },
    );
    expect(prefixes.usesGuide).to.equal(true);
    expect(judge(prefixes, pairs).terms["size3"]).to.be.greaterThan(0);
  });
});

describe("MarginMSELoss", () => {
  it("compares margins with those of the guide, of pairs against the rest of the batch", () => {
    const found = judge(new MarginMSELoss({ kind: "pair" }), pairs);
    const errors: number[] = [];
    labels.forEach((label, i) => {
      for (let j = 0; j < 5; j += 1) {
        const margin = (of: Matrix): number => dot(at(of, i), at(of, 5 + i)) - dot(at(of, i), at(of, 5 + j));
        if (label > 0 && j !== i) errors.push((margin(rows) - margin(guide)) ** 2);
      }
    });
    expect(found.weight).to.equal(errors.length);
    expectClose(found.value, errors.reduce((sum, x) => sum + x) / errors.length);
  });

  it("compares margins of tuples with those of their scores, or of the guide", () => {
    const targets = { positiveOwners: [0, 1, 1], negativeOwners: [0, 0, 1], scores: [3, 2, 1, 0.5, -1, 0.25] };
    const embeddings = rows.slice(0, 8);
    for (const teacher of ["scores", "guide"] as const) {
      const found = judge(new MarginMSELoss({ teacher }), { embeddings, guide: guide.slice(0, 8), targets });
      const errors: number[] = [];
      targets.positiveOwners.forEach((owner, p) =>
        targets.negativeOwners.forEach((other, n) => {
          if (owner !== other) return;
          const margin = (of: Matrix): number => dot(at(of, owner), at(of, 2 + p)) - dot(at(of, owner), at(of, 5 + n));
          const taught = (targets.scores[p] as number) - (targets.scores[3 + n] as number);
          errors.push((margin(embeddings) - (teacher === "scores" ? taught : margin(guide))) ** 2);
        }),
      );
      expect(errors).to.have.length(4);
      expectClose(found.value, errors.reduce((sum, x) => sum + x) / 4);
    }
  });

  it("has no loss and no gradient without negatives", () => {
    const targets = { positiveOwners: [0, 1], negativeOwners: [], scores: [1, 1] };
    const found = judge(new MarginMSELoss(), { embeddings: rows.slice(0, 4), targets });
    expect([found.value, found.weight, ...found.gradient].every((x) => x === 0)).to.equal(true);
    expect(() => new MarginMSELoss({ kind: "pair", teacher: "scores" })).to.throw(ConfigError, "other pairs");
  });
});

describe("DistillKLLoss", () => {
  const softmax = (values: readonly number[]): number[] => {
    const powers = values.map((value) => Math.exp(value));
    const total = powers.reduce((sum, power) => sum + power, 0);
    return powers.map((power) => power / total);
  };
  const divergence = (learned: readonly number[], taught: readonly number[], temperature: number): number => {
    const [p, q] = [learned, taught].map((of) => softmax(of.map((value) => value / temperature))) as [
      number[],
      number[],
    ];
    return temperature ** 2 * q.reduce((sum, share, k) => sum + share * Math.log(share / (p[k] as number)), 0);
  };

  it("compares how all answers of the batch are trusted with how the guide does, value and gradient", () => {
    const value = (of: Matrix): number => {
      const anchors = labels.map((_, i) => {
        const similarities = (from: Matrix): number[] => labels.map((__, j) => dot(at(from, i), at(from, 5 + j)));
        return divergence(similarities(of), similarities(guide), 0.7);
      });
      return anchors.reduce((sum, x) => sum + x) / anchors.length;
    };
    const found = judge(new DistillKLLoss({ kind: "pair", temperature: 0.7 }), pairs);
    expectClose(found.value, value(rows));
    expect(found.weight).to.equal(5);
    expectClose(found.gradient, centralDifferences(value, rows), { relative: 1e-3, absolute: 1e-4 });
  });

  it("compares how the candidates of each tuple are trusted with their scores, or with the guide, value and gradient", () => {
    const owners = [0, 1, 1, 0, 0, 1];
    const targets = { positiveOwners: [0, 1, 1], negativeOwners: [0, 0, 1], scores: [3, 2, 1, 0.5, -1, 0.25] };
    const embeddings = rows.slice(0, 8);
    for (const teacher of ["scores", "guide"] as const) {
      const value = (of: Matrix): number => {
        const anchors = [0, 1].map((anchor) => {
          const own = owners.flatMap((owner, k) => (owner === anchor ? [k] : []));
          const similarities = (from: Matrix): number[] => own.map((k) => dot(at(from, anchor), at(from, 2 + k)));
          const taught = teacher === "guide" ? similarities(guide) : own.map((k) => targets.scores[k] as number);
          return divergence(similarities(of), taught, 2);
        });
        return anchors.reduce((sum, x) => sum + x) / anchors.length;
      };
      const loss = new DistillKLLoss({ teacher, temperature: 2 });
      const found = judge(loss, { embeddings, guide: guide.slice(0, 8), targets });
      expectClose(found.value, value(embeddings));
      expect(found.weight).to.equal(2);
      expectClose(found.gradient, centralDifferences(value, embeddings), { relative: 1e-3, absolute: 1e-4 });
    }
  });

  it("has no loss and no gradient where there is but one candidate, and refuses what it cannot know", () => {
    const targets = { positiveOwners: [0, 1], negativeOwners: [], scores: [1, 1] };
    const found = judge(new DistillKLLoss(), { embeddings: rows.slice(0, 4), targets });
    expectClose(found.value, 0);
    expectClose(
      found.gradient,
      found.gradient.map(() => 0),
    );
    expect(() => new DistillKLLoss({ kind: "pair", teacher: "scores", temperature: 0 }))
      .to.throw(ConfigError)
      .with.property("problems")
      .that.has.length(2);
  });
});
