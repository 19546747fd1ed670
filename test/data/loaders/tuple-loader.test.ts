import { expect } from "chai";
import { TupleLoader } from "likewise/data";
import type { TupleSample } from "../../../lib/contracts/samples.js";
import { failure } from "../../support/failure.js";
import { epochOf, listOf } from "../epoch.js";

const samples: TupleSample<string>[] = [
  { anchor: "a0", positives: ["p0", "p1"], negatives: ["n0"], scores: [3, 2, 0.5] },
  { anchor: "a1", positives: ["p2"] },
  { anchor: "a2", positives: ["p3"], negatives: ["n0", "n1"] },
];

describe("TupleLoader", () => {
  it("puts anchors, all positives, then all negatives, each with its owner and score", async () => {
    const loader = new TupleLoader(samples);
    expect(await epochOf(loader, { training: false })).to.deep.equal([
      {
        kind: "tuple",
        items: ["a0", "a1", "a2", "p0", "p1", "p2", "p3", "n0", "n0", "n1"],
        targets: {
          positiveOwners: Int32Array.of(0, 0, 1, 2),
          negativeOwners: Int32Array.of(0, 2, 2),
          scores: Float32Array.of(3, 2, 1, 1, 0.5, 0, 0),
        },
        size: 3,
        position: 0,
      },
    ]);
    expect(await listOf(loader.items())).to.deep.equal(["a0", "p0", "p1", "n0", "a1", "p2", "a2", "p3", "n0", "n1"]);
    expect(await loader.groups()).to.deep.equal([]);
  });

  it("keeps equal anchors and positives apart, while negatives may be shared", async () => {
    const shared = Array.from({ length: 6 }, (_, i) => ({
      anchor: `a${i}`,
      positives: [`p${i % 3}`],
      negatives: ["n"],
    }));
    const batches = await epochOf(new TupleLoader(shared, { batchSize: 3 }));
    expect(batches.map(({ size }) => size)).to.deep.equal([3, 3]);
    for (const { items } of batches) expect(new Set(items.slice(0, 6)).size).to.equal(6);
    expect((await epochOf(new TupleLoader(shared, { batchSize: 6, duplicates: true }))).length).to.equal(1);
  });

  it("tells which sample is wrong", async () => {
    const problem = async (sample: object): Promise<string> =>
      (await failure(() => epochOf(new TupleLoader([sample as TupleSample<string>])))).message;
    expect(await problem({ anchor: "a", positives: [] })).to.contain(
      "sample 0 has no positives; expected { anchor, positives",
    );
    expect(await problem({ positives: ["p"] })).to.contain("has no anchor");
    expect(await problem({ anchor: "a", positives: ["p"], negatives: "n" })).to.contain('has the negatives "n"');
    expect(await problem({ anchor: "a", positives: ["p", null] })).to.contain("has an empty place");
    expect(await problem({ anchor: "a", positives: ["p"], scores: [1, 2] })).to.contain(
      "has the scores [ 1, 2 ] for 1 positives and negatives",
    );
    expect(await problem({ anchor: "a", positives: ["p"], scores: [NaN] })).to.contain("has the scores");
  });
});
