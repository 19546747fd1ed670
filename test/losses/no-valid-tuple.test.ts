import { expect } from "chai";
import { Random } from "../../lib/random.js";
import { judge, randomRows, type PlainTargets } from "../support/loss.js";
import { EXAMPLES, SIZE, type Example } from "./contract-examples.js";

/** Losses that say something of every single row or pair; so do all that know a vector of each group. */
const OF_ONE = [
  "EmbeddingDistillationLoss",
  "ContrastiveLoss",
  "CosineSimilarityLoss",
  "RegularizedLoss",
  "SimSiamLoss",
  "VICRegLoss",
];

/** One row, one pair, one anchor with its positive: nothing that could be compared with something else. */
const ALONE: Readonly<Record<string, PlainTargets>> = {
  group: { groups: [1] },
  pair: { labels: [1], subgroups: [0, 0] },
  tuple: { positiveOwners: [0], negativeOwners: [], scores: [1] },
};

const GROUPS: Readonly<Record<string, readonly number[]>> = {
  "rows that all differ": [0, 1, 2, 3],
  "rows of one group": [1, 1, 1, 1],
};

function judged({ loss, guide }: Example, targets: PlainTargets, rows: number): ReturnType<typeof judge> {
  const embeddings = randomRows(new Random("alone"), rows, SIZE);
  return judge(loss, { embeddings, targets, ...(guide === undefined ? {} : { guide: guide.slice(0, rows) }) });
}

function expectNothing(found: ReturnType<typeof judge>, what: string): void {
  const { value, terms, gradient, parameterGradients } = found;
  const numbers = [value, ...Object.values(terms), ...gradient, ...Object.values(parameterGradients).flat()];
  expect(
    numbers.filter((number) => number !== 0),
    what,
  ).to.deep.equal([]);
}

describe("A batch without a valid pair or triplet has loss 0 and gradient 0 by every number, with", () => {
  for (const [name, make] of Object.entries(EXAMPLES)) {
    for (const [title, example] of Object.entries(make())) {
      const { kind, closedVocabulary } = example.loss;
      if (closedVocabulary || OF_ONE.includes(name)) continue;
      it(`${name} (${title})`, () => {
        expectNothing(judged(example, ALONE[kind]!, kind === "group" ? 1 : 2), "alone");
        if (kind !== "group") return;
        for (const [what, groups] of Object.entries(GROUPS)) {
          const found = judged(example, { groups }, groups.length);
          expect([found.value, ...found.gradient].every(Number.isFinite), what).to.equal(true);
          // Some losses compare positives or negatives alone: then there is something to average.
          if (found.weight === 0) expectNothing(found, what);
        }
      });
    }
  }

  it("none left out that has nothing to say of one row or pair", () => {
    for (const name of OF_ONE)
      for (const example of Object.values(EXAMPLES[name]?.() ?? {})) {
        const { kind } = example.loss;
        expect(judged(example, ALONE[kind]!, kind === "group" ? 1 : 2).value, name).to.be.greaterThan(0);
      }
  });
});
