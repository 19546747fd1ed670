import { expect } from "chai";
import { SurrogatePrecisionLoss } from "likewise/losses";
import { ConfigError } from "../../lib/errors.js";
import { Random } from "../../lib/random.js";
import { expectClose } from "../support/close.js";
import { judge, randomRows } from "../support/loss.js";
import { heldBy, itEqualsPlainLoops, meanOf } from "../support/plain-loops.js";
import { plainMatrix } from "../support/plain-distance.js";

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

describe("SurrogatePrecisionLoss", () => {
  for (const k of [1, 2, 6])
    describe(`at ${k}`, () => {
      itEqualsPlainLoops({
        make: (distance) =>
          new SurrogatePrecisionLoss({ k, temperature: 0.05, rankTemperature: 0.7, largest: 8, distance }),
        plain: ({ distances, positive, negative }) =>
          meanOf(
            distances.flatMap((row, a) => {
              const together = heldBy(row, positive, a);
              if (together.length === 0) return [];
              const all = [...together, ...heldBy(row, negative, a)];
              const found = together.map((p) => {
                const rank = sum(all.map((other) => sigmoid((p - other) / 0.05)));
                return sigmoid((k - rank) / 0.7);
              });
              return [1 - sum(found) / Math.min(k, together.length)];
            }),
          ),
        distances: k === 2 ? ["cosine", "euclidean"] : ["cosine"],
      });
    });

  it("comes to one minus precision at k, as its temperatures fall", () => {
    const embeddings = randomRows(new Random("precision"), 40, 6);
    const groups = embeddings.map((_, at) => at % 8);
    const distances = plainMatrix("cosine", embeddings, embeddings);
    const precision = meanOf(
      distances.map((row, a) => {
        const others = row.map((d, at) => ({ d, at })).filter(({ at }) => at !== a);
        const nearest = others.sort((left, right) => left.d - right.d).slice(0, 3);
        return nearest.filter(({ at }) => groups[at] === groups[a]).length / 3;
      }),
    );
    const options = { k: 3, temperature: 0.002, rankTemperature: 0.02 };
    const { value } = judge(new SurrogatePrecisionLoss(options), { embeddings, targets: { groups } });
    expectClose(value, 1 - precision, { absolute: 0.02 });
    expect(precision).to.be.greaterThan(0.05);
  });

  it("refuses no rows and no range", () => {
    expect(() => new SurrogatePrecisionLoss({ k: 0, largest: 0, temperature: 1e-4 }))
      .to.throw(ConfigError)
      .with.property("problems")
      .that.has.length(2);
  });
});
