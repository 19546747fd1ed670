import { expect } from "chai";
import { LabelLoader } from "likewise/data";
import { ConfigError } from "../../../lib/errors.js";
import { failure } from "../../support/failure.js";
import { epochOf, listOf } from "../epoch.js";

describe("LabelLoader", () => {
  it("gives items and numbers, each sample once an epoch", async () => {
    const samples = Array.from({ length: 10 }, (_, i) => ({ item: { user: i }, label: i / 4 }));
    const loader = new LabelLoader(samples, { batchSize: 4 });
    const batches = await epochOf(loader);
    expect(batches.map(({ size, kind }) => [kind, size])).to.deep.equal([
      ["label", 4],
      ["label", 4],
      ["label", 2],
    ]);
    for (const { items, targets } of batches)
      expect([...targets.labels]).to.deep.equal(items.map(({ user }) => user / 4));
    expect(batches.flatMap(({ items }) => items.map(({ user }) => user)).sort((a, b) => a - b)).to.deep.equal(
      samples.map((_, i) => i),
    );
    expect(loader.batchesPerEpoch).to.equal(3);
    expect((await listOf(loader.items())).length).to.equal(10);
    expect(await loader.groups()).to.deep.equal([]);
  });

  it("refuses labels that are no numbers and options it does not know", async () => {
    const error = await failure(() => epochOf(new LabelLoader([{ item: 1, label: "1" as unknown as number }])));
    expect(error.message).to.equal('LabelLoader: sample 0 has the label "1"; expected { item, label: number }');
    expect(() => new LabelLoader([{ item: 1, label: 1 }], { balance: true } as never)).to.throw(
      ConfigError,
      "balance: unknown option",
    );
  });
});
