import { expect } from "chai";
import { Random } from "likewise";
import { plainDistance } from "../support/plain-distance.js";
import { plainMean } from "../support/plain-ranking.js";
import { matrix, tupleTargets } from "./batches.js";
import { examples } from "./examples.js";

describe("a retrieval metric of tuples", () => {
  it("looks for the positives of an anchor among the positives and negatives of all", async () => {
    const random = new Random("tuples");
    const batches = [
      { anchors: 3, positives: [0, 0, 2], negatives: [1, 2, 0, 1] },
      { anchors: 2, positives: [1, 1], negatives: [] },
    ].map((batch) => ({
      ...batch,
      rows: Array.from({ length: batch.anchors + batch.positives.length + batch.negatives.length }, () =>
        Array.from(random.normals(3)),
      ),
    }));
    const items = batches.flatMap(({ anchors, positives, negatives, rows }, batch) =>
      rows.slice(anchors).map((row, at) => ({
        row,
        owner: at < positives.length ? `${batch} ${positives[at]}` : "",
        size: negatives.length,
      })),
    );
    const candidates = batches.flatMap(({ anchors, rows }, batch) =>
      rows.slice(0, anchors).map((anchor, at) =>
        items.map(({ row, owner }) => ({
          distance: plainDistance.cosine(anchor, row),
          grade: owner === `${batch} ${at}` ? 1 : 0,
        })),
      ),
    );
    for (const [make, plain] of examples) {
      const metric = make({});
      for (const { positives, negatives, rows } of batches)
        metric.update(matrix(rows), tupleTargets(positives, negatives));
      expect(await metric.value(), metric.name).to.be.closeTo(plainMean(candidates, plain), 1e-9);
    }
  });
});
