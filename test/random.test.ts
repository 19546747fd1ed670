import { expect } from "chai";
import { Random } from "../lib/random.js";

describe("Random", () => {
  it("gives the same numbers for the same seed and others for another", () => {
    const draw = (seed: number): number[] =>
      Array.from(
        { length: 5 },
        (
          (random) => () =>
            random.uniform()
        )(new Random(seed)),
      );
    expect(draw(1)).to.deep.equal(draw(1));
    expect(draw(1)).to.not.deep.equal(draw(2));
  });

  it("forks streams that do not depend on what was drawn before", () => {
    const drawn = new Random(3);
    drawn.uniforms(100);
    expect(drawn.fork("shuffle").bits()).to.equal(new Random(3).fork("shuffle").bits());
    expect(drawn.fork("shuffle").bits()).to.not.equal(drawn.fork("noise").bits());
  });

  it("goes on from its saved state, in the middle of a pair of normals", () => {
    const random = new Random(4);
    random.normal();
    const { state } = random;
    const expected = [random.normal(), random.uniform(), random.normal()];
    const resumed = new Random(9);
    resumed.restore(JSON.parse(JSON.stringify(state)) as typeof state);
    expect([resumed.normal(), resumed.uniform(), resumed.normal()]).to.deep.equal(expected);
  });

  it("is uniform and normal within sampling error", () => {
    const random = new Random(5);
    const mean = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(random.uniforms(100_000))).to.be.closeTo(0.5, 0.005);
    const normals = random.normals(100_000);
    expect(mean(normals)).to.be.closeTo(0, 0.015);
    expect(mean(normals.map((value) => value * value))).to.be.closeTo(1, 0.03);
  });

  it("shuffles to a permutation", () => {
    const order = new Random(6).shuffle(Array.from({ length: 50 }, (_, index) => index));
    expect([...order].sort((a, b) => a - b)).to.deep.equal(Array.from({ length: 50 }, (_, index) => index));
    expect(order).to.not.deep.equal([...order].sort((a, b) => a - b));
  });
});
