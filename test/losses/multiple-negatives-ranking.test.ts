import { expect } from "chai";
import { MultipleNegativesRankingLoss } from "likewise/losses";
import type { SimilarityLoss } from "../../lib/contracts/index.js";
import { ConfigError } from "../../lib/errors.js";
import { Random } from "../../lib/random.js";
import { hostScalar } from "../../lib/tensor/host.js";
import type { DistanceName } from "../../lib/distances/index.js";
import { expectClose } from "../support/close.js";
import { centralDifferences, type Matrix } from "../support/gradient.js";
import { judge, randomRows } from "../support/loss.js";
import { plainDistance } from "../support/plain-distance.js";
import { surprise } from "../support/plain-softmax.js";
import { readGolden } from "../support/shared.js";
import { SIX_ROWS } from "../support/six-rows.js";

const similarity: Readonly<
  Record<"cosine" | "dot-product" | "euclidean", (x: readonly number[], y: readonly number[]) => number>
> = {
  cosine: (x, y) => 1 - plainDistance.cosine(x, y),
  "dot-product": (x, y) => -plainDistance["dot-product"](x, y),
  euclidean: (x, y) => 1 / (1 + plainDistance.euclidean(x, y)),
};

/** The pair loss in plain loops. */
function plainPairs(
  name: keyof typeof similarity,
  rows: Matrix,
  labels: readonly number[],
  scale: number,
  symmetric: boolean,
): number {
  const p = labels.length;
  const [a, b] = [rows.slice(0, p), rows.slice(p)];
  const one = (left: Matrix, right: Matrix, i: number): number =>
    surprise(
      right.map((row) => scale * similarity[name](left[i] as readonly number[], row)),
      i,
    );
  let sum = 0;
  let weights = 0;
  labels.forEach((label, i) => {
    sum += label * (symmetric ? (one(a, b, i) + one(b, a, i)) / 2 : one(a, b, i));
    weights += label;
  });
  return weights === 0 ? 0 : sum / weights;
}

/** The tuple loss in plain loops. */
function plainTuples(
  rows: Matrix,
  owners: readonly number[],
  negatives: number,
  scores: readonly number[],
  scale: number,
  symmetric: boolean,
): number {
  const anchorCount = rows.length - owners.length - negatives;
  const anchors = rows.slice(0, anchorCount);
  const candidates = rows.slice(anchorCount);
  let sum = 0;
  let weights = 0;
  owners.forEach((owner, p) => {
    const rivals = candidates.map((_, c) => c).filter((c) => c === p || c >= owners.length || owners[c] !== owner);
    const score = (x: readonly number[] | undefined, y: readonly number[] | undefined): number =>
      scale * similarity.cosine(x ?? [], y ?? []);
    const there = surprise(
      rivals.map((c) => score(anchors[owner], candidates[c])),
      rivals.indexOf(p),
    );
    const back = surprise(
      anchors.map((anchor) => score(candidates[p], anchor)),
      owner,
    );
    sum += (scores[p] as number) * (symmetric ? (there + back) / 2 : there);
    weights += scores[p] as number;
  });
  return weights === 0 ? 0 : sum / weights;
}

describe("MultipleNegativesRankingLoss", () => {
  const pairTargets = (count: number): { labels: number[]; subgroups: number[] } => ({
    labels: Array.from({ length: count }, () => 1),
    subgroups: Array.from({ length: 2 * count }, () => 0),
  });

  it("gives the known numbers of the three-pair fixture", () => {
    const value = (options: ConstructorParameters<typeof MultipleNegativesRankingLoss>[0]): number =>
      judge(new MultipleNegativesRankingLoss(options), { embeddings: SIX_ROWS, targets: pairTargets(3) }).value;
    // (1 + cos) / 2 times 20 is cos times 10 plus a constant, which a softmax does not see.
    expectClose(value({ scale: 10 }), 4.2990831);
    expectClose(value({ scale: 10, symmetric: true }), 4.5543503);
    expectClose(value({ scale: 1, distance: "dot-product" }), 1.9963793);
  });

  for (const distance of ["cosine", "dot-product", "euclidean"] as const) {
    for (const symmetric of [false, true]) {
      it(`equals plain loops on pairs, value and gradient: ${distance}${symmetric ? ", symmetric" : ""}`, () => {
        const rows = randomRows(new Random(`pairs ${distance}`), 10, 4);
        const labels = [1, 0, 0.5, 1, 1];
        const scale = distance === "cosine" ? 20 : 3;
        const loss = new MultipleNegativesRankingLoss({ scale, symmetric, distance });
        const found = judge(loss, { embeddings: rows, targets: { ...pairTargets(5), labels } });
        expectClose(found.value, plainPairs(distance, rows, labels, scale, symmetric), { relative: 2e-5 });
        expect(found.weight).to.equal(3.5);
        const slope = centralDifferences((at) => plainPairs(distance, at, labels, scale, symmetric), rows);
        expectClose(found.gradient, slope, { relative: 1e-3, absolute: 1e-4, what: "gradient" });
      });
    }
  }

  for (const symmetric of [false, true]) {
    it(`equals plain loops on tuples, value and gradient${symmetric ? ", symmetric" : ""}`, () => {
      const positiveOwners = [0, 0, 1, 2, 2, 2];
      const negativeOwners = [0, 1, 2, 2];
      const scores = [1, 0.5, 1, 1, 0, 1, 0, 0, 0, 0];
      const rows = randomRows(new Random("tuples"), 3 + 6 + 4, 4);
      const loss = new MultipleNegativesRankingLoss({ kind: "tuple", scale: 10, symmetric });
      const found = judge(loss, { embeddings: rows, targets: { positiveOwners, negativeOwners, scores } });
      const plain = (at: Matrix): number => plainTuples(at, positiveOwners, 4, scores, 10, symmetric);
      expectClose(found.value, plain(rows), { relative: 2e-5 });
      expect(found.weight).to.equal(4.5);
      expectClose(found.gradient, centralDifferences(plain, rows), {
        relative: 1e-3,
        absolute: 1e-4,
        what: "gradient",
      });
    });
  }

  it("takes tuples of one positive without negatives as pairs", () => {
    const rows = randomRows(new Random("same"), 8, 3);
    for (const symmetric of [false, true]) {
      const pairs = judge(new MultipleNegativesRankingLoss({ symmetric }), {
        embeddings: rows,
        targets: pairTargets(4),
      });
      const tuples = judge(new MultipleNegativesRankingLoss({ kind: "tuple", symmetric }), {
        embeddings: rows,
        targets: { positiveOwners: [0, 1, 2, 3], negativeOwners: [], scores: [1, 1, 1, 1] },
      });
      expectClose(tuples.value, pairs.value);
      expectClose(tuples.gradient, pairs.gradient, { relative: 1e-4 });
    }
  });

  it("a hard negative is pushed away by every anchor", () => {
    const embeddings = [
      [1, 0, 0],
      [0, 1, 0],
      [1, 0, 0],
      [0, 1, 0],
      [0.8, 0.6, 0.1],
    ]; // two anchors, their positives, one negative
    const loss = new MultipleNegativesRankingLoss({ kind: "tuple", scale: 5 });
    const { gradient } = judge(loss, {
      embeddings,
      targets: { positiveOwners: [0, 1], negativeOwners: [0], scores: [1, 1, 0] },
    });
    const negative = gradient.slice(12);
    expect(negative[2]).to.be.lessThan(0); // a descent step turns it out of the anchors' plane
  });

  it("a pair with score 0 is no positive, but its item stays a wrong answer", () => {
    const rows = randomRows(new Random("zero score"), 6, 4);
    const loss = new MultipleNegativesRankingLoss();
    const found = judge(loss, { embeddings: rows, targets: { ...pairTargets(3), labels: [1, 0, 1] } });
    expectClose(found.value, plainPairs("cosine", rows, [1, 0, 1], 20, false));
    expectClose(found.gradient.slice(4, 8), [0, 0, 0, 0], { absolute: 0 }); // its anchor asks nothing
    expect(Math.hypot(...found.gradient.slice(16, 20))).to.be.greaterThan(1e-6); // its b is pushed by the others
    const none = judge(loss, { embeddings: rows, targets: { ...pairTargets(3), labels: [0, 0, 0] } });
    expect(none.value).to.equal(0);
    expect(none.weight).to.equal(0);
    expectClose(
      none.gradient,
      rows.flat().map(() => 0),
      { absolute: 0 },
    );
  });

  it("equals Quaterion, values and gradients", function () {
    const cases = readGolden("quaterion/loss_MultipleNegativesRankingLoss");
    if (cases === null) return this.skip();
    const names: Readonly<Record<string, DistanceName>> = { dot_product: "dot-product" };
    let compared = 0;
    for (const { tag, config, inputs, expected64 } of cases) {
      const { embeddings, pairs, labels } = inputs as {
        embeddings: number[][];
        pairs: [number, number][];
        labels: number[];
      };
      if (expected64?.["loss"] === undefined || labels.some((label) => label !== 1)) continue; // refused there
      const name = config["distance_metric_name"] as string;
      const order = [...pairs.map(([a]) => a), ...pairs.map(([, b]) => b)];
      const loss = new MultipleNegativesRankingLoss({
        // There a cosine similarity matrix is (1 + cos) / 2.
        scale: (config["scale"] as number) / (name === "cosine" ? 2 : 1),
        symmetric: config["symmetric"] as boolean,
        distance: names[name] ?? (name as DistanceName),
      });
      const found = judge(loss, {
        embeddings: order.map((row) => embeddings[row] as number[]),
        targets: { ...pairTargets(pairs.length), labels },
      });
      const what = `${tag} ${JSON.stringify(config)}`;
      expectClose(found.value, expected64["loss"], { relative: 3e-5, absolute: 3e-6, what });
      compared += 1;
      if (tag.startsWith("random")) {
        const width = (embeddings[0] as number[]).length;
        const gradient = embeddings.map((row) => row.map(() => 0));
        order.forEach((row, at) => (gradient[row] = found.gradient.slice(at * width, (at + 1) * width)));
        const largest = Math.max(...(expected64["grad_embeddings"] as number[][]).flat().map(Math.abs));
        expectClose(gradient, expected64["grad_embeddings"], {
          relative: 2e-4,
          absolute: 2e-5 * Math.max(1, largest),
          what,
        });
      }
    }
    expect(compared).to.be.greaterThan(60);
  });

  describe("a trained scale", () => {
    const rows = randomRows(new Random("scale"), 8, 4);
    const batch = { embeddings: rows, targets: pairTargets(4) };

    it("starts at the given scale and gives the same loss", () => {
      const fixed = judge(new MultipleNegativesRankingLoss({ temperature: 0.125 }), batch);
      const trained = judge(new MultipleNegativesRankingLoss({ temperature: 0.125, learnScale: true }), batch);
      expectClose(trained.value, fixed.value);
      expectClose(trained.gradient, fixed.gradient, { relative: 1e-4 });
      expect(Object.keys(trained.parameterGradients)).to.deep.equal(["logScale"]);
      expect(Object.keys(fixed.parameterGradients)).to.deep.equal([]);
    });

    it("has the gradient of the plain formula by its logarithm", () => {
      const found = judge(new MultipleNegativesRankingLoss({ scale: 8, learnScale: true }), batch);
      const at = (logScale: number): number => plainPairs("cosine", rows, [1, 1, 1, 1], Math.exp(logScale), false);
      const slope = (at(Math.log(8) + 1e-5) - at(Math.log(8) - 1e-5)) / 2e-5;
      expectClose(found.parameterGradients["logScale"], [slope], { relative: 1e-4 });
    });

    it("stays at 100 or below, and can come back from there", () => {
      const loss = new MultipleNegativesRankingLoss({ learnScale: true });
      const beyond = judge(loss, { ...batch, parameters: { logScale: hostScalar(Math.log(150)) } });
      expectClose(beyond.value, plainPairs("cosine", rows, [1, 1, 1, 1], 100, false), { relative: 1e-4 });
      expect(beyond.parameterGradients["logScale"]?.[0]).to.be.greaterThan(0); // wrong answers: a smaller scale is better
      const solved = [...rows.slice(0, 4), ...rows.slice(0, 4)];
      const content = judge(loss, {
        embeddings: solved,
        targets: pairTargets(4),
        parameters: { logScale: hostScalar(Math.log(150)) },
      });
      expect(content.parameterGradients["logScale"]?.[0]).to.be.closeTo(0, 1e-12); // does not grow further
    });
  });

  it("is of the kind it is made for", () => {
    const pairs: SimilarityLoss<"pair"> = new MultipleNegativesRankingLoss({ scale: 1 });
    const tuples: SimilarityLoss<"tuple"> = new MultipleNegativesRankingLoss({ kind: "tuple" });
    // @ts-expect-error a loss of tuples in a place for pairs
    const wrong: SimilarityLoss<"pair"> = tuples;
    // @ts-expect-error without a kind it is a loss of pairs, whatever is expected of it
    const forgotten: SimilarityLoss<"tuple"> = new MultipleNegativesRankingLoss();
    // @ts-expect-error the same with other options
    const alsoForgotten: SimilarityLoss<"tuple"> = new MultipleNegativesRankingLoss({ scale: 1 });
    expect([pairs.kind, wrong.kind]).to.deep.equal(["pair", "tuple"]);
    expect([forgotten.kind, alsoForgotten.kind]).to.deep.equal(["pair", "pair"]);
  });

  it("takes a scale or a temperature, not both", () => {
    expect(new MultipleNegativesRankingLoss({ temperature: 0.05 }).config["scale"]).to.equal(20);
    expect(() => new MultipleNegativesRankingLoss({ temperature: 0.05, scale: 20 })).to.throw(ConfigError, /not both/);
    expect(() => new MultipleNegativesRankingLoss({ temperature: 0 })).to.throw(
      ConfigError,
      /temperature: expected a number above 0/,
    );
    expect(() => new MultipleNegativesRankingLoss({ scale: -1, kind: "group" as "pair" }))
      .to.throw(ConfigError)
      .with.property("problems")
      .that.has.length(2);
    expect(() => new MultipleNegativesRankingLoss({ temperature: 0.001, learnScale: true })).to.throw(
      ConfigError,
      /temperature: a scale that is trained starts at 100 or below, got 1000/,
    );
    expect(new MultipleNegativesRankingLoss({ scale: 100, learnScale: true }).config["scale"]).to.equal(100);
  });
});
