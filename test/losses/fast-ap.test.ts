import { expect } from "chai";
import { FastAPLoss } from "likewise/losses";
import { ConfigError } from "../../lib/errors.js";
import { expectClose } from "../support/close.js";
import type { Matrix } from "../support/gradient.js";
import { judge } from "../support/loss.js";
import { expectPeerNumbers } from "../support/peer-losses.js";
import { heldBy, itEqualsPlainLoops, meanOf } from "../support/plain-loops.js";
import { readGolden } from "../support/shared.js";
import { SIX_ROW_GROUPS, SIX_ROWS } from "../support/six-rows.js";

const histogram = (distances: readonly number[], bins: number, largest: number): number[] =>
  Array.from({ length: bins + 1 }, (_, place) =>
    distances.reduce((sum, d) => {
      const at = (Math.min(largest, Math.max(0, d)) * bins) / largest;
      return sum + Math.max(0, 1 - Math.abs(at - place));
    }, 0),
  );

describe("FastAPLoss", () => {
  itEqualsPlainLoops({
    make: (distance) => new FastAPLoss({ bins: 7, largest: 3, distance }),
    plain: ({ distances, positive, negative }) =>
      meanOf(
        distances.flatMap((row, a) => {
          const together = heldBy(row, positive, a);
          if (together.length === 0) return [];
          const found = histogram(together, 7, 3);
          const all = histogram([...together, ...heldBy(row, negative, a)], 7, 3);
          let [foundUpTo, allUpTo, precision] = [0, 0, 0];
          found.forEach((count, place) => {
            foundUpTo += count;
            allUpTo += all[place] as number;
            if (allUpTo > 0) precision += (count * foundUpTo) / allUpTo;
          });
          return [1 - precision / together.length];
        }),
      ),
    distances: ["cosine", "euclidean"],
  });

  it("gives the known numbers of the six-row fixture", () => {
    const value = (bins: number): number =>
      judge(new FastAPLoss({ bins }), { embeddings: SIX_ROWS, targets: { groups: SIX_ROW_GROUPS } }).value;
    expectClose(value(5), 0.7529317);
    expectClose(value(10), 0.7095186);
  });

  it("equals pytorch-metric-learning, values and gradients", function () {
    expectPeerNumbers(this, "loss_FastAPLoss", {
      // There, a zero vector is half as far from others as a right angle is.
      make: ({ num_bins: bins = 10 }, { tag }) =>
        tag === "zero_vector" ? null : new FastAPLoss({ bins: bins as number }),
      // Equal rows lie on the edge of a bin, where there is no one gradient.
      gradients: ({ tag }) => tag !== "duplicates",
      atLeast: 9,
    });
  });

  it("equals Quaterion, values", function () {
    const cases = readGolden("quaterion/loss_FastAPLoss");
    if (cases === null) return this.skip();
    let compared = 0;
    for (const { tag, config, inputs, expected64 } of cases) {
      if (expected64 === undefined || !Number.isFinite(expected64["loss"]) || tag === "zero_vectors") continue;
      const embeddings = inputs["embeddings"] as Matrix;
      const groups = inputs["groups"] as number[];
      const found = judge(new FastAPLoss({ bins: config["num_bins"] as number }), { embeddings, targets: { groups } });
      const what = `${tag} ${JSON.stringify(config)}`;
      expectClose(found.value, expected64["loss"], { relative: 3e-5, absolute: 3e-6, what });
      compared += 1;
    }
    expect(compared).to.be.greaterThan(5);
  });

  it("refuses no bins and no range", () => {
    expect(() => new FastAPLoss({ bins: 0, largest: 0 }))
      .to.throw(ConfigError)
      .with.property("problems")
      .that.has.length(2);
  });
});
