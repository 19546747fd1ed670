import { expect } from "chai";
import { TripletLoss } from "likewise/losses";
import * as tf from "likewise/tf";
import type { Program } from "../../../../lib/contracts/engine.js";
import { toOnnx, toOnnxModel } from "../../../../lib/engine/onnx/to-onnx.js";
import { optimize } from "../../../../lib/engine/trace/passes/optimize.js";
import { recordProgram } from "../../../../lib/engine/trace/trace-program.js";
import { Random } from "../../../../lib/random.js";
import { hardestRows, type HardestRowsInputs } from "../../../../lib/tensor/hardest-rows.js";
import { hostScalar, hostTensor, type HostTensors } from "../../../../lib/tensor/host.js";
import { differentiate } from "../../../../lib/tensor/differentiate.js";
import { onnxRuntime, openModel, type Runtime, type Tensor } from "../../../support/onnx-runtime.js";
import { expectSame, runEagerly } from "../both-ways.js";

const size = 64;

/** Rows and columns with their groups; a column that does not count has a group of its own. */
interface Case {
  readonly rows: Float32Array;
  readonly columns: Float32Array;
  readonly groups: Int32Array;
  readonly columnGroups: Int32Array;
  readonly counted: Float32Array;
}

interface Options {
  readonly n?: number;
  readonly m?: number;
  readonly groupCount?: number;
  /** How far rows of a group are apart; its middle has length 8 or so. */
  readonly spread?: number;
  readonly change?: (given: Case) => void;
}

const unit = (vector: Float32Array): Float32Array => {
  const length = Math.hypot(...vector);
  return length === 0 ? vector : vector.map((value) => value / length);
};

function make({ n = 128, m = 4200, groupCount = 10, spread = 1, change = () => undefined }: Options = {}): Case {
  const random = new Random("rows");
  const middles = Array.from({ length: groupCount }, () => random.normals(size));
  const vectors = (count: number): Float32Array => {
    const data = new Float32Array(count * size);
    for (let i = 0; i < count; i += 1) {
      const middle = middles[i % groupCount] as Float32Array;
      data.set(unit(middle.map((value) => value + spread * random.normal())), i * size);
    }
    return data;
  };
  const given = {
    rows: vectors(n),
    columns: vectors(m),
    groups: Int32Array.from({ length: n }, (_, i) => i % groupCount),
    columnGroups: Int32Array.from({ length: m }, (_, i) => i % groupCount),
    counted: Float32Array.from({ length: m }, (_, i) => Number(i % 7 !== 3)),
  };
  change(given);
  return given;
}

/** By loops: the products of the hardest pairs, NaN where there are none. */
function plainly({ rows, columns, groups, columnGroups, counted }: Case): { farthest: number[]; nearest: number[] } {
  const found = { farthest: [] as number[], nearest: [] as number[] };
  for (let i = 0; i < groups.length; i += 1) {
    let [least, most] = [NaN, NaN];
    for (let j = 0; j < columnGroups.length; j += 1) {
      if (counted[j] === 0) continue;
      const product = productOf(rows, columns, i, j);
      if (groups[i] === columnGroups[j]) least = product > least ? least : product;
      else most = product < most ? most : product;
    }
    found.farthest.push(least);
    found.nearest.push(most);
  }
  return found;
}

function productOf(rows: Float32Array, columns: Float32Array, i: number, j: number): number {
  let sum = 0;
  for (let k = 0; k < size; k += 1) sum += (rows[i * size + k] as number) * (columns[j * size + k] as number);
  return sum;
}

const program: Program = (_carried, inputs) => ({
  reported: { ...hardestRows(inputs as unknown as HardestRowsInputs) },
});

function inputsOf({ rows, columns, groups, columnGroups, counted }: Case): HostTensors {
  const [n, m] = [groups.length, columnGroups.length];
  return {
    rows: hostTensor(rows, [n, size]),
    columns: hostTensor(columns, [m, size]),
    groups: hostTensor(groups, [n]),
    labels: hostTensor(
      columnGroups.map((group, j) => (counted[j] === 0 ? -(2 ** 24) : group)),
      [m],
    ),
    counted: hostTensor(counted, [m]),
  };
}

const operatorsOf = (given: Case, options: Parameters<typeof toOnnxModel>[1]): string[] =>
  toOnnxModel(recordProgram(program, {}, inputsOf(given)), options).nodes.map(({ operator }) => operator);

describe("The hardest among many rows as ONNX", () => {
  let runtime: Runtime;
  before(async function () {
    runtime = await onnxRuntime(this);
  });

  const run = async (
    what: Program,
    inputs: HostTensors,
    { bytes = true, threads = 1 } = {},
  ): Promise<Record<string, Tensor>> => {
    const model = toOnnx(optimize(recordProgram(what, {}, inputs)), { bytes, threads });
    const session = await openModel(runtime, model.bytes, { intraOpNumThreads: threads });
    const feeds = Object.fromEntries(
      model.inputs.map((name) => {
        const { data, shape } = inputs[name.slice("input/".length)]!; // the program reads nothing else
        return [name, new runtime.Tensor(data instanceof Int32Array ? "int32" : "float32", data, [...shape])];
      }),
    );
    try {
      return (await session.run(feeds)) as Record<string, Tensor>;
    } finally {
      await session.release();
    }
  };

  const cases: Readonly<Record<string, Case>> = {
    "random rows": make(),
    "rows all in groups of their own": make({ groupCount: 4200 }),
    "groups that lie close together": make({ spread: 0.3 }),
    "groups of rows that are all but the same": make({ spread: 0.001 }),
    "rows that are all the same": make({
      change: ({ rows, columns }) => [rows, columns].forEach((x) => x.fill(1 / 8)),
    }),
    "rows that are remembered several times": make({
      change: ({ columns }) => {
        for (let i = 0; i < 500; i += 1) columns.copyWithin((i * 4 + 3) * size, i * size, (i + 1) * size);
      },
    }),
    "rows of one number": make({
      change: ({ rows, columns }) => {
        for (const x of [rows, columns])
          x.forEach((_, at) => (x[at] = Number(at % size === Math.floor(at / size) % 9)));
      },
    }),
    "rows of zeros": make({ change: ({ rows, columns }) => (rows.fill(0, 0, 200), columns.fill(0, 3000, 9000)) }),
    "a number of columns without divisors": make({ m: 4099 }),
    "a number of columns with few divisors": make({ m: 2 * 2053 }),
    "an even number of blocks": make({ m: 4608 }),
    "columns none of which counts": make({ change: ({ counted }) => counted.fill(0) }),
    "columns that are not filled yet": make({
      change: ({ columns, counted }) => (columns.fill(0, 300 * size), counted.fill(0, 300)),
    }),
    "rows that have no positive": make({ change: ({ groups }) => groups.fill(99, 0, 30) }),
    "rows that have no negative": make({
      change: ({ groups, columnGroups }) => (groups.fill(5, 0, 30), columnGroups.fill(5)),
    }),
    "groups of large numbers": make({
      change: ({ groups, columnGroups }) =>
        [groups, columnGroups].forEach((x) => x.forEach((g, i) => (x[i] = 2 ** 24 - 1 - g))),
    }),
    "columns that are all the same where nobody looked at first": make({
      change: ({ columns }) => {
        for (let j = 0; j < 4200; j += 1) if (j % 4 !== 0) columns.copyWithin(j * size, size, 2 * size);
      },
    }),
    "a row that is as far from all columns": make({ change: ({ rows }) => rows.fill(0, size, 2 * size) }),
    "a row that is as far from many columns": make({
      groupCount: 4200,
      change: ({ rows, columns, columnGroups }) => {
        for (let j = 0; j < 4000; j += 1) {
          if (j % 4 !== 1) continue;
          columns.set(rows.subarray(size, 2 * size), j * size);
          columnGroups[j] = 9999;
        }
      },
    }),
    "few rows, all compared at once": make({ n: 5 }),
  };

  for (const [what, given] of Object.entries(cases)) {
    let known: ReturnType<typeof plainly> | null = null;
    for (const bytes of [true, false]) {
      it(`finds them of ${what}${bytes ? ", by bytes first" : ""}`, async () => {
        const wanted = (known ??= plainly(given));
        const found = await run(program, inputsOf(given), { bytes });
        const numbers = (name: string): readonly number[] => [...(found[`reported/${name}`]?.data as Float32Array)];
        for (const [side, flag] of [
          ["farthest", "withPositive"],
          ["nearest", "withNegative"],
        ] as const) {
          expect(numbers(flag), flag).to.eql(wanted[side].map((product) => Number(!Number.isNaN(product))));
          numbers(side).forEach((column, i) => {
            expect(column, `${side} of row ${i}`).to.be.within(0, given.columnGroups.length - 1);
            const product = wanted[side][i] as number;
            if (Number.isNaN(product)) return;
            expect(given.counted[column], `${side} of row ${i} counts`).to.equal(1);
            expect(given.groups[i] === given.columnGroups[column], `${side} of row ${i}, group`).to.equal(
              side === "farthest",
            );
            expect(productOf(given.rows, given.columns, i, column), `${side} of row ${i}`).to.be.closeTo(product, 1e-6);
          });
        }
      });
    }
  }

  it("takes the first of columns that are equal", async () => {
    const given = make({
      change: ({ columns }) => {
        for (let j = 1400; j < 4200; j += 1) columns.copyWithin(j * size, (j % 1400) * size, ((j % 1400) + 1) * size);
      },
    });
    given.counted.fill(1);
    const found = await run(program, inputsOf(given));
    for (const side of ["farthest", "nearest"])
      expect(Math.max(...(found[`reported/${side}`]?.data as Int32Array)), side).to.be.below(1400);
  });

  it("lets a row that is not a number have columns, and others theirs", async () => {
    const given = make({ change: ({ rows }) => rows.fill(NaN, size, 2 * size) });
    const [screened, whole] = await Promise.all([true, false].map((bytes) => run(program, inputsOf(given), { bytes })));
    for (const name of ["farthest", "nearest", "withPositive", "withNegative"]) {
      const [one, other] = [screened, whole].map((found) => [...(found?.[`reported/${name}`]?.data as Float32Array)]);
      expect(one, name).to.eql(other);
    }
    expect(screened?.["reported/withPositive"]?.data[1]).to.equal(1);
  });

  it("overlooks no column that is not finite", async () => {
    for (const value of [NaN, Infinity]) {
      const given = make({
        change: ({ columns, counted }) => ((columns[3001 * size + 5] = value), (counted[3001] = 1)),
      });
      const [screened, whole] = await Promise.all(
        [true, false].map((bytes) => run(program, inputsOf(given), { bytes })),
      );
      for (const name of ["farthest", "nearest", "withPositive", "withNegative"]) {
        const [one, other] = [screened, whole].map((found) => [...(found?.[`reported/${name}`]?.data as Float32Array)]);
        expect(one, `${name} with ${value}`).to.eql(other);
      }
    }
  });

  it("gives the same on two threads", async () => {
    const inputs = inputsOf(make());
    const [one, two] = [await run(program, inputs), await run(program, inputs, { threads: 2 })];
    for (const name of Object.keys(one))
      expect([...(two[name]?.data as Float32Array)]).to.eql([...(one[name]?.data as Float32Array)]);
  });

  it("looks at bytes where that is worth it, and nowhere else", () => {
    expect(operatorsOf(make(), { bytes: true }))
      .to.include("If")
      .and.not.include("Gemm");
    expect(operatorsOf(make(), {})).to.include("Gemm").and.not.include("If");
    expect(operatorsOf(make({ n: 100 }), { bytes: true })).to.not.include("If");
    expect(operatorsOf(make({ m: 4000 }), { bytes: true })).to.not.include("If");
    expect(operatorsOf(make(), { bytes: true, portable: true })).to.not.include("If");
    expect(operatorsOf(make(), { bytes: true, anySize: true })).to.not.include("If");
  });

  it("gives TripletLoss against a memory the value and the gradient that it has eagerly", async () => {
    const loss = new TripletLoss({ mining: "hard" });
    const given = make();
    const step: Program = (_carried, inputs) => {
      const { value, gradients } = differentiate({ rows: inputs["rows"] as tf.Tensor2D }, ({ rows }) => {
        const memory = {
          embeddings: inputs["columns"] as tf.Tensor2D,
          groups: inputs["columnGroups"] as tf.Tensor1D,
          valid: inputs["counted"] as tf.Tensor1D,
        };
        const targets = { groups: inputs["groups"] as tf.Tensor1D };
        const judged = loss.computeAgainst({}, rows as tf.Tensor2D, targets, memory);
        return { value: tf.mul(judged.value, inputs["factor"] as tf.Scalar), rest: {} };
      });
      return { reported: { value, gradient: gradients["rows"] as tf.Tensor } };
    };
    const { labels: _, ...rest } = inputsOf(given);
    const columnGroups = hostTensor(given.columnGroups, [given.columnGroups.length]);
    const inputs = { ...rest, columnGroups, factor: hostScalar(3) };
    const found = await run(step, inputs);
    const wanted = await runEagerly(step, { inputs }, "wasm");
    const native = Object.fromEntries(
      Object.entries(found).map(([name, { data, dims }]) => [name, hostTensor(data as Float32Array, [...dims])]),
    );
    expectSame(native, wanted, "TripletLoss");
  });
});
