import { expect } from "chai";
import * as tf from "likewise/tf";
import type { Program } from "../../lib/contracts/engine.js";
import { CompiledEngine } from "../../lib/engine/index.js";
import { hostTensor, type HostTensors } from "../../lib/tensor/host.js";

const double: Program = (_carried, { x }) => ({ reported: { twice: tf.mul(x as tf.Tensor, 2) } });
const filled = (value: number): HostTensors => ({ x: hostTensor(new Float32Array(8192).fill(value), [8192]) });

describe("Reported arrays", () => {
  it("are written into again once they were given back, and no others", async () => {
    await using engine = await CompiledEngine.open({ threads: 1 });
    await using session = await engine.start({ double }, {});
    const kept = await session.run("double", filled(1));
    const given = await session.run("double", filled(2));
    session.recycle?.(given);
    const third = await session.run("double", filled(3));
    // Handed over to the native thread, an array has no numbers here any more.
    expect(given["twice"]?.data.length).to.equal(0);
    expect(kept["twice"]?.data).to.deep.equal(new Float32Array(8192).fill(2));
    expect(third["twice"]?.data).to.deep.equal(new Float32Array(8192).fill(6));
    session.recycle?.(given);
    session.recycle?.({ other: hostTensor(new Float32Array(8192), [8192]) });
    const fourth = await session.run("double", filled(4));
    expect(third["twice"]?.data[0]).to.equal(6);
    expect(fourth["twice"]?.data[8191]).to.equal(8);
  });
});
