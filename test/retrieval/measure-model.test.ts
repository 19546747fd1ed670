import { expect } from "chai";
import { DataError, Random } from "likewise";
import { GroupLoader, PairLoader } from "likewise/data";
import { VectorEncoder } from "likewise/encoders";
import { IdentityHead } from "likewise/heads";
import { AreaUnderCurve, ClusterAgreement, ComponentShare, Precision, RPrecision } from "likewise/metrics";
import { measureModel } from "likewise/retrieval";
import { groupTargets, matrix, valueOf } from "../metrics/batches.js";
import { modelOf } from "../model/untrained-model.js";
import { failure } from "../support/failure.js";
import { TinyLoader } from "../support/tiny.js";

const random = new Random("measure");
const model = modelOf({ point: new VectorEncoder(3) }, (size) => new IdentityHead(size));
const samples = Array.from({ length: 30 }, (_, at) => ({ item: Array.from(random.normals(3)), group: `g${at % 5}` }));

describe("measureModel", () => {
  after(() => model[Symbol.asyncDispose]());

  it("gives what the metrics say of the model's vectors, by name, however they are batched", async () => {
    const rows = samples.map(({ item }) => item);
    const groups = samples.map((_, at) => at % 5);
    const metrics = [new RPrecision(), new Precision({ k: 3 }), new ClusterAgreement(), new ComponentShare()];
    const values = await measureModel(model, new GroupLoader(samples, { batchSize: 7 }), metrics);
    expect(Object.keys(values)).to.deep.equal(["r-precision", "precision@3", "ami", "component-share@0.5"]);
    expect(values["r-precision"]).to.be.closeTo(await valueOf(new RPrecision(), rows, groupTargets(groups)), 1e-9);
    expect(values["precision@3"]).to.be.closeTo(
      await valueOf(new Precision({ k: 3 }), rows, groupTargets(groups)),
      1e-9,
    );
    const shares = new ComponentShare();
    shares.update(matrix(rows));
    expect(values["component-share@0.5"]).to.equal(await shares.value());
    expect(await measureModel(model, new GroupLoader(samples, { batchSize: 30 }), metrics.slice(0, 2))).to.deep.equal({
      "r-precision": values["r-precision"],
      "precision@3": values["precision@3"],
    });
  });

  it("tells a relation of groups the labels of the loader, and takes pairs", async () => {
    const seen = new Set<unknown>();
    const metric = new RPrecision({ relevant: (one, other) => (seen.add(one), one === other) });
    await measureModel(model, new GroupLoader(samples, { batchSize: 30 }), [metric]);
    expect([...seen].sort()).to.deep.equal(["g0", "g1", "g2", "g3", "g4"]);
    const pairs = [
      { a: [1, 0, 0], b: [1, 0.1, 0], score: 1 },
      { a: [1, 0, 0], b: [0, 1, 0], score: 0 },
    ];
    expect(await measureModel(model, new PairLoader(pairs, { batchSize: 2 }), [new AreaUnderCurve()])).to.deep.equal({
      auc: 1,
    });
  });

  it("refuses a loader without samples", async () => {
    const error = await failure(measureModel(model, new TinyLoader([], 4), [new RPrecision()]));
    expect(error).to.be.instanceOf(DataError);
  });
});
