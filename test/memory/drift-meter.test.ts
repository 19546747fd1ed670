import { expect } from "chai";
import { DriftMeter } from "../../lib/memory/index.js";
import type { HostMatrix, HostTensors } from "../../lib/tensor/host.js";

describe("DriftMeter", () => {
  const inputs = (...angles: number[]): HostTensors => ({
    "inputs/a": { data: Float32Array.from(angles), shape: [angles.length] },
  });
  /** Points on a circle, turned by so much. */
  const encoder =
    (turn: () => number) =>
    (given: HostTensors): Promise<HostMatrix> => {
      const angles = Array.from(given["inputs/a"]?.data ?? []);
      const data = Float32Array.from(angles.flatMap((angle) => [Math.cos(angle + turn()), Math.sin(angle + turn())]));
      return Promise.resolve({ data, rows: angles.length, size: 2 });
    };

  it("says after so many steps how far the rows of one batch have turned", async () => {
    const meter = new DriftMeter(3);
    let turned = 0;
    const encode = encoder(() => turned);
    const found: (number | null)[] = [];
    for (let step = 0; step < 8; step += 1) {
      found.push(await meter.measure(step, inputs(step, step + 1), encode));
      turned += 0.1;
    }
    expect(found.map((value) => value === null)).to.deep.equal([true, true, true, false, true, true, false, true]);
    expect(found[3]).to.be.closeTo(1 - Math.cos(0.3), 1e-6);
    expect(found[6]).to.be.closeTo(1 - Math.cos(0.3), 1e-6);
  });

  it("copies what it is given, and goes on from a saved state", async () => {
    const given = inputs(1, 2);
    const first = new DriftMeter(1);
    await first.measure(
      5,
      given,
      encoder(() => 0),
    );
    given["inputs/a"]?.data.fill(9);
    const second = new DriftMeter(1);
    second.restore(first.state);
    expect(
      await second.measure(
        6,
        inputs(3),
        encoder(() => 0.2),
      ),
    ).to.be.closeTo(1 - Math.cos(0.2), 1e-6);
    second.restore({});
    expect(
      await second.measure(
        7,
        inputs(3),
        encoder(() => 0),
      ),
    ).to.equal(null);
  });

  it("counts rows that vanish or appear as far", async () => {
    const meter = new DriftMeter(1);
    const encode = (data: number[]) => () => Promise.resolve({ data: Float32Array.from(data), rows: 2, size: 2 });
    await meter.measure(0, inputs(0), encode([0, 0, 0, 0]));
    expect(await meter.measure(1, inputs(0), encode([0, 0, 1, 0]))).to.equal(0.5);
  });
});
