import { expect } from "chai";
import { BarlowTwinsLoss, SimSiamLoss } from "likewise/losses";
import { ConfigError } from "../../lib/errors.js";
import { Random } from "../../lib/random.js";
import type { HostTensor } from "../../lib/tensor/host.js";
import { expectClose } from "../support/close.js";
import { centralDifferences, type Matrix } from "../support/gradient.js";
import { judge, randomRows } from "../support/loss.js";

const PAIRS = 6;
const WIDTH = 4;
const targets = { labels: Array<number>(PAIRS).fill(1), subgroups: [] };
const rows = randomRows(new Random("views"), 2 * PAIRS, WIDTH);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;
const column = (of: Matrix, at: number): number[] => of.map((row) => row[at] as number);
const cosine = (a: readonly number[], b: readonly number[]): number =>
  sum(a.map((x, k) => x * (b[k] as number))) / Math.hypot(...a) / Math.hypot(...b);
const halves = (of: Matrix): [Matrix, Matrix] => [of.slice(0, PAIRS), of.slice(PAIRS)];

/** Divided by the deviation from the mean over all values. */
const standardized = (values: readonly number[], epsilon = 0): number[] => {
  const middle = mean(values);
  const variance = mean(values.map((value) => (value - middle) ** 2));
  return values.map((value) => (value - middle) / Math.sqrt(variance + epsilon));
};

describe("BarlowTwinsLoss", () => {
  const plain = (of: Matrix, redundancy: number): number => {
    const [a, b] = halves(of);
    const axes = [0, 1, 2, 3];
    return sum(
      axes.flatMap((i) =>
        axes.map((j) => {
          const [left, right] = [standardized(column(a, i)), standardized(column(b, j))];
          const correlation = mean(left.map((x, k) => x * (right[k] as number)));
          return i === j ? (1 - correlation) ** 2 : redundancy * correlation ** 2;
        }),
      ),
    );
  };

  it("equals plain loops, value and gradient", () => {
    for (const redundancy of [0.005, 0.4]) {
      const found = judge(new BarlowTwinsLoss({ redundancy }), { embeddings: rows, targets });
      expectClose(found.value, plain(rows, redundancy));
      expect(found.weight).to.equal(PAIRS);
      const differences = centralDifferences((at) => plain(at, redundancy), rows);
      expectClose(found.gradient, differences, { relative: 1e-3, absolute: 1e-5 });
    }
  });

  it("counts 1 for a column that is the same in all rows, and does not care for shifts and stretches of columns", () => {
    const constant = judge(new BarlowTwinsLoss(), { embeddings: rows.map(() => [1, 2, 3, 4]), targets });
    expect(constant.value).to.equal(WIDTH);
    expect(constant.gradient.every((slope) => slope === 0)).to.equal(true);
    const stretched = rows.map((row) => row.map((value, k) => value * (k + 2) - 3));
    expectClose(
      judge(new BarlowTwinsLoss(), { embeddings: stretched, targets }).value,
      judge(new BarlowTwinsLoss(), { embeddings: rows, targets }).value,
    );
  });

  it("refuses a weight below 0", () => {
    expect(() => new BarlowTwinsLoss({ redundancy: -1 })).to.throw(ConfigError, "redundancy");
  });
});

describe("SimSiamLoss", () => {
  const loss = new SimSiamLoss({ embeddingSize: WIDTH, hiddenSize: 3 });
  const random = new Random("predictor");
  const drawn = loss.initialize(random).parameters as Readonly<Record<string, HostTensor>>;
  const parameters: Readonly<Record<string, HostTensor>> = {
    ...drawn,
    scale: { ...drawn["scale"], data: random.normals(3) } as HostTensor,
    shift: { ...drawn["shift"], data: random.normals(3) } as HostTensor,
    bias: { ...drawn["bias"], data: random.normals(WIDTH) } as HostTensor,
  };

  /** What the predictor says of rows, with one of its parameters replaced. */
  const predicted = (of: Matrix, replaced: Readonly<Record<string, readonly number[]>> = {}): number[][] => {
    const own = (name: string): readonly number[] => replaced[name] ?? Array.from(parameters[name]?.data ?? []);
    const hidden = of.map((row) =>
      [0, 1, 2].map((h) => sum(row.map((x, k) => x * (own("hidden")[3 * k + h] as number)))),
    );
    const columns = [0, 1, 2].map((h) => standardized(column(hidden, h), 1e-5));
    return of.map((_, i) => {
      const active = columns.map((values, h) =>
        Math.max(0, (values[i] as number) * (own("scale")[h] as number) + (own("shift")[h] as number)),
      );
      return [0, 1, 2, 3].map(
        (k) => sum(active.map((x, h) => x * (own("output")[WIDTH * h + k] as number))) + (own("bias")[k] as number),
      );
    });
  };
  const plain = (of: Matrix, told: Matrix, replaced?: Readonly<Record<string, readonly number[]>>): number => {
    const [[a, b], [toldA, toldB]] = [halves(of), halves(told)];
    const missed = (rowsOf: Matrix, other: Matrix): number =>
      mean(predicted(rowsOf, replaced).map((row, i) => 1 - cosine(row, other[i] as readonly number[])));
    return (missed(a, toldB) + missed(b, toldA)) / 2;
  };

  it("equals plain loops, value and gradients, of which none goes to what is foretold", () => {
    const found = judge(loss, { embeddings: rows, targets, parameters });
    expectClose(found.value, plain(rows, rows));
    const tolerance = { relative: 2e-3, absolute: 1e-5 };
    expectClose(
      found.gradient,
      centralDifferences((at) => plain(at, rows), rows),
      tolerance,
    );
    for (const name of ["hidden", "scale", "shift", "output", "bias"]) {
      const data = Array.from(parameters[name]?.data ?? []);
      const wanted = centralDifferences((at) => plain(rows, rows, { [name]: at[0] as number[] }), [data]);
      expectClose(found.parameterGradients[name], wanted, { ...tolerance, what: name });
    }
  });

  it("has a quarter of the width inside by default, and at least one number", () => {
    expect(new SimSiamLoss({ embeddingSize: 64 }).config["hiddenSize"]).to.equal(16);
    expect(new SimSiamLoss({ embeddingSize: 2 }).config["hiddenSize"]).to.equal(1);
    expect(() => new SimSiamLoss({ embeddingSize: 0 })).to.throw(ConfigError, "embeddingSize");
  });
});
