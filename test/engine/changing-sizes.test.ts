import { expect } from "chai";
import * as tf from "likewise/tf";
import type { Program } from "../../lib/contracts/engine.js";
import { ChangingSizes } from "../../lib/engine/changing-sizes.js";
import { CompiledEngine } from "../../lib/engine/index.js";
import { TraceError } from "../../lib/engine/trace/trace-error.js";
import { hostScalar, hostTensor } from "../../lib/tensor/host.js";

describe("Sizes that are new in nearly every batch", () => {
  it("are refused when recording takes longer than eager runs would", () => {
    const sizes = new ChangingSizes();
    for (let run = 0; run < 32; run += 1) {
      sizes.require();
      sizes.addRecording(20);
      sizes.addRun(2);
    }
    expect(() => sizes.require()).to.throw(
      TraceError,
      /new sizes in nearly every batch \(32 of 32\).* 20 ms, a run 2\.0 ms/u,
    );
  });

  it("are taken when runs are long, or when most sizes come again", () => {
    const [long, again] = [new ChangingSizes(), new ChangingSizes()];
    for (let run = 0; run < 64; run += 1) {
      long.addRecording(20);
      long.addRun(5);
      if (run % 2 === 0) again.addRecording(100);
      again.addRun(2);
    }
    expect(() => long.require()).to.not.throw();
    expect(() => again.require()).to.not.throw();
  });

  it("end in eager runs from the same state, with one warning", async () => {
    const step: Program = (carried, { x }) => {
      const sum = tf.add(carried["sum"] as tf.Tensor, tf.sum(x as tf.Tensor));
      return { carried: { sum }, reported: { sum } };
    };
    await using engine = await CompiledEngine.open({ threads: 1 });
    const warnings: string[] = [];
    await using session = await engine.start({ step }, { sum: hostScalar(0) }, (message) => warnings.push(message));
    let wanted = 0;
    for (let size = 1; size <= 40; size += 1) {
      wanted += size;
      const { sum } = await session.run("step", { x: hostTensor(new Float32Array(size).fill(1), [size]) });
      expect(sum?.data[0]).to.equal(wanted);
    }
    expect(warnings.length).to.equal(1);
    expect(warnings[0]).to.match(/^program "step" cannot be compiled .*the same number of positives and negatives/u);
  });
});
