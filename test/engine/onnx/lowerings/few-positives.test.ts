import { expect } from "chai";
import type * as tf from "likewise/tf";
import type { Program } from "../../../../lib/contracts/engine.js";
import { toOnnxModel } from "../../../../lib/engine/onnx/to-onnx.js";
import { recordProgram } from "../../../../lib/engine/trace/trace-program.js";
import { foundByPositives, SemiHardNegatives, TripletCounts } from "../../../../lib/tensor/few-positives.js";
import { hostTensor, type HostTensor } from "../../../../lib/tensor/host.js";
import { onnxRuntime, type Runtime } from "../../../support/onnx-runtime.js";
import { countedByLoops, semiHardByLoops, type PairsInLoops } from "../../../support/triplet-loops.js";
import { runNatively } from "../both-ways.js";
import { floats } from "../kernel-cases.js";

type Given = Readonly<Record<"bounds" | "distances" | "positives" | "negatives", HostTensor>>;

/** Rows and columns in groups; where they are the same items, none is its own positive. */
function pairs(
  groups: readonly number[],
  { columns = groups, spread = 2 }: { readonly columns?: readonly number[]; readonly spread?: number } = {},
): Given {
  const shape = [groups.length, columns.length];
  const mask = (is: (row: number, column: number) => boolean): HostTensor =>
    hostTensor(
      Float32Array.from(groups.flatMap((_, row) => columns.map((_, column) => Number(is(row, column))))),
      shape,
    );
  const same = (row: number, column: number): boolean => groups[row] === columns[column];
  return {
    bounds: floats(shape, 0, spread, "bounds"),
    distances: floats(shape, 0, 2, "distances"),
    positives: mask((row, column) => same(row, column) && (columns !== groups || row !== column)),
    negatives: mask((row, column) => !same(row, column)),
  };
}

const inLoops = ({ bounds, distances, positives, negatives }: Given): PairsInLoops => {
  const [n = 0, m = 0] = bounds.shape;
  const [a, b, c, d] = [bounds, distances, positives, negatives].map(({ data }) => data as Float32Array) as [
    ...[Float32Array, Float32Array, Float32Array, Float32Array],
  ];
  return { n, m, bounds: a, distances: b, positives: c, negatives: d };
};

const repeated = (times: number, ...groups: readonly number[]): readonly number[] =>
  Array.from({ length: times }, () => groups).flat();
const alike = (given: Given, value: number): Given => ({
  ...given,
  distances: hostTensor(new Float32Array(given.distances.data.length).fill(value), given.distances.shape),
});

const cases: Readonly<Record<string, Given>> = {
  "groups of different sizes": pairs([0, 1, 0, 2, 2, 0, 1, 3, 0]),
  "pairs of items": pairs(repeated(2, 0, 1, 2, 3, 4, 5)),
  "rows of 48 positives": pairs(repeated(49, 0, 1)),
  "rows of 49 positives": pairs(repeated(50, 0, 1)),
  "rows of 64 positives": pairs(repeated(65, 0, 1)),
  "rows of 65 positives": pairs(repeated(66, 0, 1)),
  "one large group among many small ones": pairs([
    ...repeated(70, 0),
    ...Array.from({ length: 300 }, (_, at) => at + 1),
  ]),
  "rows of 300 columns": pairs(repeated(30, ...Array(10).keys())),
  "other items as columns": pairs([0, 1, 2, 0], { columns: [0, 0, 1, 3, 2, 2, 0] }),
  "a single row": pairs([0], { columns: [0, 0, 1, 2] }),
  "no positives": pairs([0, 1, 2, 3]),
  "no negatives": pairs([0, 0, 0]),
  "a single item": pairs([0]),
  "many items without negatives": pairs(repeated(70, 0)),
  "equal distances, all within bounds": alike(pairs([0, 0, 1, 1, 2], { spread: 1 }), 0),
  "equal distances, none within bounds": alike(pairs([0, 0, 1, 1, 2], { spread: 1 }), 1.5),
};

const programs = {
  counts: { kernel: TripletCounts, loops: countedByLoops },
  columns: { kernel: SemiHardNegatives, loops: semiHardByLoops },
} as const;

const programOf =
  (kernel: typeof TripletCounts | typeof SemiHardNegatives): Program =>
  (_, given) => ({
    reported: { found: foundByPositives(kernel, given as Readonly<Record<keyof Given, tf.Tensor2D>>) as tf.Tensor2D },
  });

describe("Kernels that look at positives in turn", () => {
  let runtime: Runtime;
  before(async function () {
    runtime = await onnxRuntime(this);
  });

  for (const [what, given] of Object.entries(cases))
    for (const threads of [1, 2]) {
      it(`count triplets as loops do: ${what}, on ${threads} threads`, async () => {
        const found = await runNatively(runtime, programOf(TripletCounts), { inputs: given }, threads);
        expect(Array.from(found["reported/found"]?.data ?? [])).to.deep.equal(
          Array.from(countedByLoops(inLoops(given))),
        );
      });

      it(`find semi-hard negatives as loops do: ${what}, on ${threads} threads`, async () => {
        const found = await runNatively(runtime, programOf(SemiHardNegatives), { inputs: given }, threads);
        const { data, shape } = found["reported/found"] as HostTensor;
        const [n = 0, m = 0] = shape;
        const { distances, positives, negatives } = inLoops(given);
        const wanted = semiHardByLoops(inLoops(given));
        expect(data).to.have.lengthOf(n * m);
        for (let at = 0; at < n * m; at += 1) {
          const row = at - (at % m);
          expect(data[at], `a column at ${at}`).to.be.within(0, m - 1);
          if (positives[at] === 1 && negatives.subarray(row, row + m).includes(1))
            // Of negatives that are as far any will do.
            expect(distances[row + (data[at] as number)], `place ${at}`).to.equal(distances[row + wanted[at]!]);
        }
      });
    }

  it("are of one form for every size", () => {
    for (const { kernel } of Object.values(programs)) {
      const nodes = [pairs([0, 0, 1]), pairs(repeated(40, 0, 1, 2))].map(
        (given) => toOnnxModel(recordProgram(programOf(kernel), {}, given), { anySize: true }).nodes,
      );
      expect(nodes[0]).to.deep.equal(nodes[1]);
    }
  });

  it("give every place a column, and what is not a number harms no other row", async () => {
    const given = pairs([0, 0, 1, 1, 2]);
    const distances = Float32Array.from(given.distances.data as Float32Array, (value, at) => (at < 5 ? NaN : value));
    const inputs = { ...given, distances: hostTensor(distances, given.distances.shape) };
    for (const { kernel, loops } of Object.values(programs)) {
      const found = (await runNatively(runtime, programOf(kernel), { inputs }))["reported/found"] as HostTensor;
      const wanted = loops(inLoops(inputs));
      inLoops(inputs).positives.forEach((is, at) => {
        if (at >= 5 && is === 1) expect(found.data[at], `${kernel} at ${at}`).to.equal(wanted[at]);
        expect(found.data[at]).to.satisfy(Number.isInteger);
      });
    }
  });
});
