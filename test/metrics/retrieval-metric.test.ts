import { expect } from "chai";
import { ConfigError, Cosine, Euclidean, Random, ShapeError, UnknownNameError, UsageError, attach } from "likewise";
import { HitRate, MeanAveragePrecision, Precision, RPrecision, Recall, ReciprocalRank } from "likewise/metrics";
import { groupTargets, matrix, pairTargets, tupleTargets, valueOf } from "./batches.js";
import { examples } from "./examples.js";

describe("a retrieval metric", () => {
  it("has the name under which it is logged, and larger is better", () => {
    expect(examples.map(([make]) => make({}).name)).to.deep.equal([
      ...[
        "precision@1",
        "precision@3",
        "recall@1",
        "recall@4",
        "hit-rate@2",
        "cmc-area@10",
        "cmc-area@3",
        "reciprocal-rank",
        "reciprocal-rank@3",
      ],
      ...["r-precision", "ndcg@10", "ndcg@2", "map@R", "map@3", "map@all"],
    ]);
    for (const [make] of examples) expect(make({}).higherIsBetter).to.equal(true);
  });

  it("fits models of groups, pairs and tuples, but not of labels", () => {
    const metric = new RPrecision();
    expect(attach<"group">(metric).name).to.equal("r-precision");
    expect(attach<"pair">(metric).name).to.equal("r-precision");
    expect(attach<"tuple">(metric).name).to.equal("r-precision");
    // @ts-expect-error labels do not say what should be found
    attach<"label">(metric);
  });

  it("uses the distance of the loss unless it has its own", async () => {
    // By direction 0 and 2 are nearest, by length 0 and 1.
    const rows = [
      [1, 0],
      [1, 0.5],
      [9, 0.1],
      [9, 9],
    ];
    const targets = groupTargets([0, 0, 1, 1]);
    const given = new Precision({ distance: "euclidean" });
    const free = new Precision();
    expect(await valueOf(free, rows, targets)).to.equal(0);
    free.useDistance(new Euclidean());
    given.useDistance(new Cosine());
    expect(await valueOf(free, rows, targets)).to.equal(await valueOf(given, rows, targets));
    expect(await valueOf(given, rows, targets)).to.equal(0.75);
  });

  it("copies what it borrows", async () => {
    const metric = new Precision();
    const batch = matrix([
      [1, 0],
      [1, 0.1],
      [0, 1],
      [0.1, 1],
    ]);
    const targets = { groups: Int32Array.of(0, 0, 1, 1) };
    metric.update(batch, targets);
    batch.data.fill(0);
    targets.groups.fill(0);
    expect(await metric.value()).to.equal(1);
  });

  it("starts anew after reset", async () => {
    const metric = new Precision();
    metric.update(matrix([[1], [2]]), groupTargets([0, 0]));
    metric.update(matrix([[NaN], [2]]), groupTargets([0, 0]));
    metric.reset();
    expect(await metric.value()).to.be.NaN;
    metric.update(
      matrix([
        [1, 2],
        [2, 1],
      ]),
      pairTargets([1]),
    );
    expect(await metric.value()).to.equal(1);
  });

  it("lets other work of the process run while it computes", async () => {
    const random = new Random("busy");
    const rows = Array.from({ length: 2500 }, () => Array.from(random.normals(2)));
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 0);
    await valueOf(new Precision(), rows, groupTargets(rows.map((_, at) => at % 50)));
    clearInterval(timer);
    expect(turns).to.be.greaterThan(1);
  });

  it("refuses batches that do not fit together, saying what to do", () => {
    const metric = new Precision();
    metric.update(matrix([[1], [2]]), groupTargets([0, 0]));
    expect(() => metric.update(matrix([[1], [2]]), pairTargets([1]))).to.throw(
      UsageError,
      "precision@1 has seen a group batch; call reset before a pair batch",
    );
    expect(() => metric.update(matrix([[1, 2]]), groupTargets([0]))).to.throw(ShapeError);
    expect(() => metric.update(matrix([[1]]), groupTargets([0, 1]))).to.throw(
      ShapeError,
      "2 rows for these group targets",
    );
    expect(() => new Recall().update(matrix([[1], [2], [3]]), pairTargets([1]))).to.throw(ShapeError);
    expect(() => new Recall().update(matrix([[1]]), tupleTargets([0], [0]))).to.throw(ShapeError);
    expect(() => new Recall().update(matrix([[1]]), { labels: Float32Array.of(1) } as never)).to.throw(UsageError);
  });

  it("refuses wrong options, all at once", () => {
    expect(() => new Precision({ k: 0, direction: "up", n: 1 } as never))
      .to.throw(ConfigError)
      .with.property("problems")
      .with.lengthOf(3);
    expect(() => new Recall({ k: 1.5 })).to.throw(ConfigError, "k: expected a whole number of at least 1");
    expect(() => new HitRate({ k: -1 })).to.throw(ConfigError);
    expect(() => new ReciprocalRank({ k: 0 })).to.throw(ConfigError);
    expect(() => new MeanAveragePrecision({ k: "r" } as never)).to.throw(ConfigError);
    expect(() => new RPrecision({ average: "mean" } as never)).to.throw(
      ConfigError,
      "average: expected one of macro, micro",
    );
    expect(() => new Precision({ distance: "hamming" } as never)).to.throw(UnknownNameError);
  });
});
