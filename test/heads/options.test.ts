import { expect } from "chai";
import { DenseHead, GatedHead, IdentityHead, SkipConnectionHead, type DenseOptions } from "likewise/heads";
import { ConfigError } from "../../lib/errors.js";
import { Random } from "../../lib/random.js";
import { orthogonal, glorotUniform } from "../../heads/initial.js";
import { expectClose } from "../support/close.js";
import { run } from "./running.js";

function problemsOf(make: () => unknown): readonly string[] {
  try {
    make();
  } catch (error) {
    expect(error).to.be.instanceOf(ConfigError);
    return (error as ConfigError).problems;
  }
  return expect.fail("nothing was refused");
}

describe("options of heads", () => {
  it("are refused all at once, with what was given", () => {
    const problems = problemsOf(() => new SkipConnectionHead(0, { layers: 1.5, skipDropout: 1, dropout: -0.1 }));
    expect(problems).to.deep.equal([
      "inputSize: expected a whole number of at least 1, got 0",
      "layers: expected a whole number of at least 1, got 1.5",
      "skipDropout: expected a number from 0 to less than 1, got 1",
      "dropout: expected a number from 0 to less than 1, got -0.1",
    ]);
    expect(problemsOf(() => new GatedHead(NaN, { dropout: NaN }))).to.have.length(2);
    expect(problemsOf(() => new IdentityHead(3, { drop: 0.1 } as object))).to.deep.equal([
      "drop: unknown option; known: dropout",
    ]);
  });

  it("of DenseHead need one width or several, not both and not none", () => {
    const wrong = [{}, { outputSize: 3, outputSizes: [3] }, { outputSizes: [] }] as unknown as DenseOptions[];
    for (const options of wrong) {
      expect(problemsOf(() => new DenseHead(4, options))[0]).to.match(/either outputSize/u);
    }
    expect(problemsOf(() => new DenseHead(4, { outputSizes: [8, 0] }))).to.deep.equal([
      "output size of layer 1: expected a whole number of at least 1, got 0",
    ]);
    const more = { outputSize: 2, activation: "softmax", bias: 1, initialization: "he" } as unknown as DenseOptions;
    expect(problemsOf(() => new DenseHead(4, more))).to.have.length(3);
  });

  it("are checked by the compiler too", () => {
    expect(() => {
      // @ts-expect-error an option that does not exist
      void new GatedHead(3, { dropuot: 0.1 });
    }).to.throw(ConfigError);
    expect(() => {
      // @ts-expect-error one width and several
      void new DenseHead(3, { outputSize: 1, outputSizes: [1] });
    }).to.throw(ConfigError);
    expect(() => {
      // @ts-expect-error no such activation
      void new DenseHead(3, { outputSize: 1, activation: "step" });
    }).to.throw(ConfigError);
  });
});

describe("first numbers of heads", () => {
  it("make gated and skip heads start close to the identity", () => {
    const rows = [Array.from(new Random(5).normals(16))];
    for (const head of [new GatedHead(16), new SkipConnectionHead(16, { layers: 2 })]) {
      const values = run(head, head.initialize(new Random(1)).parameters, rows);
      expectClose(values, rows, { relative: 0.05, absolute: 0.15 });
    }
  });

  it("are orthonormal columns or rows when asked for", () => {
    for (const [inputs, outputs] of [
      [7, 7],
      [9, 4],
      [4, 9],
      [150, 150],
    ] as const) {
      const { data } = orthogonal(new Random("orthogonal"), inputs, outputs);
      const at = (i: number, j: number): number => data[i * outputs + j] as number;
      const count = Math.min(inputs, outputs);
      for (let a = 0; a < count; a += 1) {
        for (let b = 0; b < count; b += 1) {
          let product = 0;
          if (inputs >= outputs) for (let i = 0; i < inputs; i += 1) product += at(i, a) * at(i, b);
          else for (let j = 0; j < outputs; j += 1) product += at(a, j) * at(b, j);
          expect(product).to.be.closeTo(a === b ? 1 : 0, 1e-6);
        }
      }
    }
  });

  it("fill Glorot's interval", () => {
    const { data } = glorotUniform(new Random("glorot"), 60, 40);
    const limit = Math.sqrt(6 / 100);
    expect(Math.max(...data)).to.be.within(limit * 0.99, limit);
    expect(Math.min(...data)).to.be.within(-limit, -limit * 0.99);
    const mean = Array.from(data).reduce((sum, value) => sum + value, 0) / data.length;
    expect(Math.abs(mean)).to.be.lessThan(0.01);
  });
});
