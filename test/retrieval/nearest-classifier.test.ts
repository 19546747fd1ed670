import { expect } from "chai";
import { ConfigError, UsageError } from "likewise";
import { NearestClassifier } from "likewise/retrieval";

const at = (...numbers: readonly number[]): Float32Array[] => numbers.map((number) => Float32Array.of(number));
const labels = ["low", "low", "high", "high", "high"] as const;
const examples = at(0, 1, 5, 6, 7);

describe("NearestClassifier", () => {
  it("gives the label of the nearest example", async () => {
    const classifier = new NearestClassifier(examples, labels, { distance: "euclidean" });
    const found = await classifier.classify(at(0.2, 4));
    expect(found.map(({ label, share }) => [label, share])).to.deep.equal([
      ["low", 1],
      ["high", 1],
    ]);
    expect(found[1]!.distance).to.be.closeTo(1, 1e-6);
  });

  it("lets k neighbours vote; the nearer label keeps a tie", async () => {
    const three = new NearestClassifier(examples, labels, { distance: "euclidean", k: 3 });
    expect((await three.classify(at(2)))[0]).to.deep.include({ label: "low", share: 2 / 3 });
    const all = new NearestClassifier(examples, labels, { distance: "euclidean", k: 5 });
    expect((await all.classify(at(0)))[0]!.label).to.equal("high");
    const weighted = new NearestClassifier(examples, labels, { distance: "euclidean", k: 5, vote: "weighted" });
    expect((await weighted.classify(at(0)))[0]!.label).to.equal("low");
    const two = new NearestClassifier(at(0, 3), ["a", "b"], { distance: "euclidean", k: 2 });
    expect((await two.classify(at(1, 2))).map(({ label }) => label)).to.deep.equal(["a", "b"]);
  });

  it("knows nothing beyond the threshold", async () => {
    const open = new NearestClassifier(examples, labels, { distance: "euclidean", threshold: 0.5 });
    const [known, unknown] = await open.classify(at(5.4, 3));
    expect(known!.label).to.equal("high");
    expect(unknown).to.deep.equal({ label: null, distance: 2, share: 0 });
  });

  it("can leave an example out of its own vote", async () => {
    const own = new NearestClassifier(examples, labels, { distance: "euclidean", leaveOneOut: true });
    expect((await own.classify(examples)).map(({ label }) => label)).to.deep.equal([...labels]);
    const single = new NearestClassifier(at(1), ["only"], { distance: "euclidean", leaveOneOut: true });
    expect((await single.classify(at(1)))[0]!.label).to.equal(null);
  });

  it("refuses wrong options and labels that do not fit", () => {
    expect(() => new NearestClassifier(examples, ["one"])).to.throw(UsageError, /5 vectors and 1 labels/);
    expect(() => new NearestClassifier([], [])).to.throw(UsageError);
    expect(() => new NearestClassifier(examples, labels, { k: 0, vote: "loud", more: 1 } as never)).to.throw(
      ConfigError,
      /k: (.|\n)*vote: (.|\n)*more: /,
    );
  });
});
