import { expect } from "chai";
import fc from "fast-check";
import { HDCMiner } from "likewise/miners";
import { Cosine, Euclidean, Manhattan } from "../../../lib/distances/index.js";
import { ConfigError } from "../../../lib/errors.js";
import type { Matrix } from "../../support/gradient.js";
import { masksOf, tiedBatches } from "../../support/plain-masks.js";
import { OfUnitRows } from "../../support/peer-losses.js";
import { readGolden } from "../../support/shared.js";
import { counted, mine } from "./running.js";

/** Distances of what was taken and of what was left, in order. */
function split(distances: Matrix, taken: Matrix, mask: (a: number, b: number) => boolean): [number[], number[]] {
  const found: [number[], number[]] = [[], []];
  distances.forEach((row, a) =>
    row.forEach((distance, b) => {
      if (mask(a, b)) found[taken[a]![b] === 1 ? 0 : 1].push(distance);
    }),
  );
  return found;
}

describe("HDCMiner", () => {
  it("takes the farthest positives and nearest negatives of the whole batch, so many as asked, also of ties", () => {
    fc.assert(
      fc.property(tiedBatches, fc.constantFrom(0.05, 0.2, 0.5, 0.9, 1), ({ groups, rows }, share) => {
        const { positive, negative } = masksOf(groups);
        const found = mine(new HDCMiner({ share }), new Manhattan(), { rows, groups });
        for (const [taken, mask, sign] of [
          [found.positives, positive, 1],
          [found.negatives, negative, -1],
        ] as const) {
          const [inside, outside] = split(found.distances, taken, mask);
          expect(inside.length).to.equal(Math.ceil(share * (inside.length + outside.length) - 1e-9));
          const least = Math.min(...inside.map((d) => sign * d));
          for (const d of outside) expect(sign * d).to.be.at.most(least + 1e-5);
        }
      }),
      { numRuns: 60, seed: 3 },
    );
  });

  it("equals pytorch-metric-learning where no distances are equal, and in number where some are", function () {
    const cases = readGolden("pml/miner_HDCMiner");
    if (cases === null) return this.skip();
    let compared = 0;
    for (const { tag, config, inputs, expected } of cases) {
      if ("error" in expected) continue;
      const cosine = JSON.stringify(config["distance"] ?? "").includes("Cosine");
      const others =
        inputs["ref_emb"] === undefined
          ? {}
          : { others: { rows: inputs["ref_emb"] as Matrix, groups: inputs["ref_labels"] as number[] } };
      const rows = inputs["embeddings"] as Matrix;
      const groups = inputs["labels"] as number[];
      const miner = new HDCMiner({ share: config["filter_percentage"] as number });
      const found = mine(miner, cosine ? new Cosine() : new OfUnitRows(new Euclidean()), { rows, groups, ...others });
      const indices = expected["indices"] as number[][];
      const m = (others.others?.groups ?? groups).length;
      for (const [side, a, b] of [
        ["positives", 0, 1],
        ["negatives", 2, 3],
      ] as const) {
        const wanted = counted(indices[a] ?? [], indices[b] ?? [], groups.length, m);
        const distances = (taken: Matrix): number[] =>
          found.distances.flatMap((row, i) => row.filter((_, j) => taken[i]![j] === 1)).sort((x, y) => x - y);
        const [ours, theirs] = [distances(found[side]), distances(wanted)];
        expect(ours.length, `${tag} ${side}`).to.equal(theirs.length);
        // Of the two directions of one pair they take either.
        ours.forEach((distance, at) => expect(distance, `${tag} ${side}`).to.be.closeTo(theirs[at]!, 2e-6));
      }
      compared += 1;
    }
    expect(compared).to.be.greaterThan(15);
  });

  it("refuses a share that is none", () => {
    for (const share of [0, -1, 1.5, NaN])
      expect(() => new HDCMiner({ share }), String(share)).to.throw(ConfigError, "share");
  });
});
