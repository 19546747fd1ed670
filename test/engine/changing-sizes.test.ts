import { expect } from "chai";
import * as tf from "likewise/tf";
import type { Program } from "../../lib/contracts/engine.js";
import { ChangingSizes } from "../../lib/engine/changing-sizes.js";
import { ProgramGraphs } from "../../lib/engine/program-graphs.js";
import { Reviews } from "../../lib/engine/reviews.js";
import { hostScalar, hostTensor, type HostTensors } from "../../lib/tensor/host.js";

describe("Sizes that are new in nearly every batch", () => {
  it("are told of, once, when recording takes longer than eager runs would", () => {
    const sizes = new ChangingSizes();
    for (let run = 0; run < 32; run += 1) {
      expect(sizes.takeWarning()).to.equal(null);
      sizes.addRecording(20);
      sizes.addRun(2);
    }
    expect(sizes.takeWarning()).to.match(/new sizes in nearly every batch \(32 of 32\).* 20 ms, a run 2\.0 ms/u);
    expect(sizes.takeWarning()).to.equal(null);
  });

  it("are no matter when runs are long, or when most sizes come again", () => {
    const [long, again] = [new ChangingSizes(), new ChangingSizes()];
    for (let run = 0; run < 64; run += 1) {
      long.addRecording(20);
      long.addRun(5);
      if (run % 2 === 0) again.addRecording(100);
      again.addRun(2);
    }
    expect(long.takeWarning()).to.equal(null);
    expect(again.takeWarning()).to.equal(null);
  });

  it("are told of when the next comes, which runs compiled all the same", async () => {
    const sum: Program = (carried, { x }) => ({
      carried: { sum: tf.add(carried["sum"] as tf.Tensor, tf.sum(x as tf.Tensor)) },
      reported: {},
    });
    let loaded = 0;
    const told: string[] = [];
    const graphs = new ProgramGraphs("sum", sum, {
      ...{ layouts: { sum: hostScalar(0) }, threads: 1, bytes: false, accelerator: false, reviews: new Reviews() },
      warn: (message) => told.push(message),
      load: () => Promise.resolve((loaded += 1)),
      unload: () => undefined,
    });
    const rows = (size: number): HostTensors => ({ x: hostTensor(new Float32Array(size), [size]) });
    for (let size = 1; size <= 32; size += 1) graphs.addRun(await graphs.load(rows(size)), 0);
    expect(told).to.deep.equal([]);
    for (const size of [33, 34]) expect((await graphs.load(rows(size))).id).to.equal(loaded);
    expect(told.length).to.equal(1);
  });
});
