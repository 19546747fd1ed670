import { expect } from "chai";
import { Random } from "likewise";
import { NativeArena } from "../../../lib/engine/onnx/native-arena.js";
import type { Graph, GraphNode, GraphType, GraphValue } from "../../../lib/engine/trace/graph.js";
import { splitUpdate } from "../../../lib/engine/update/split-update.js";
import { updateLoops } from "../../../lib/engine/update/update-loops.js";
import { wasm } from "../../../lib/engine/update/web-assembly.js";

const kernels: Readonly<Record<string, (x: number, y: number, scalar: number) => number>> = {
  Add: (x, y) => x + y,
  Sub: (x, y) => x - y,
  Multiply: (x, y) => x * y,
  RealDiv: (x, y) => x / y,
  Maximum: (x, y) => (Number.isNaN(x) || Number.isNaN(y) ? NaN : Math.max(x, y)),
  Minimum: (x, y) => (Number.isNaN(x) || Number.isNaN(y) ? NaN : Math.min(x, y)),
  SquaredDifference: (x, y) => Math.fround(x - y) ** 2,
  Square: (x) => x * x,
  Sqrt: Math.sqrt,
  Rsqrt: (x) => 1 / Math.fround(Math.sqrt(x)),
  Reciprocal: (x) => 1 / x,
  Neg: (x) => -x,
  Abs: Math.abs,
  Relu: (x) => (Number.isNaN(x) ? NaN : Math.max(x, 0)),
  Sign: (x) => (x > 0 ? 1 : x < 0 ? -1 : 0),
  Step: (x) => (x > 0 ? 1 : 0),
  ClipByValue: (x) => (Number.isNaN(x) ? NaN : Math.min(0.5, Math.max(-0.25, x))),
  Identity: (x) => x,
  ZerosLike: () => 0,
  OnesLike: () => 1,
};
const comparisons: Readonly<Record<string, (x: number, y: number) => boolean>> = {
  Greater: (x, y) => x > y,
  GreaterEqual: (x, y) => x >= y,
  Less: (x, y) => x < y,
  LessEqual: (x, y) => x <= y,
  Equal: (x, y) => x === y,
  NotEqual: (x, y) => x !== y,
};
const LENGTH = 11;
const value = (id: number, shape: readonly number[] = [LENGTH], dtype: GraphType = "float32"): GraphValue => ({
  ...{ id, shape, dtype },
});
const node = (kernel: string, inputs: readonly GraphValue[], output: GraphValue, attributes = {}): GraphNode => ({
  ...{ kernel, inputs, attributes, outputs: [output] },
});
const attributesOf = (kernel: string): object =>
  kernel === "ClipByValue" ? { clipValueMin: -0.25, clipValueMax: 0.5 } : {};
const single = new Set([
  "Square",
  "Sqrt",
  "Rsqrt",
  "Reciprocal",
  "Neg",
  "Abs",
  "Relu",
  "Sign",
  "Step",
  "ClipByValue",
  "Identity",
  "ZerosLike",
  "OnesLike",
]);

/** What the loops of a graph make of two carried tensors. */
async function run(graph: Graph, x: Float32Array, y: Float32Array, scalar: number): Promise<Float32Array> {
  const split = splitUpdate(graph)!;
  expect(split.cuts).to.deep.equal([]);
  const { module, loops } = updateLoops(graph, split, [...graph.inputs.keys()]);
  const arena = new NativeArena();
  const places = { x: arena.take(LENGTH), y: arena.take(LENGTH) };
  arena.numbers(places.x, LENGTH).set(x);
  arena.numbers(places.y, LENGTH).set(y);
  const { instance } = await wasm.instantiate(module, { memory: { memory: arena.memory } });
  const functions = instance.exports as Readonly<Record<string, (...values: number[]) => void>>;
  loops.forEach(({ arrays, numbers }, at) => {
    const offsets = arrays.map((array) => places[(array as { carried: "x" | "y" }).carried].offset);
    functions[at]!(...offsets, ...numbers.map(() => scalar));
  });
  return arena.numbers(places.x, LENGTH).slice();
}

function graphOf(nodes: readonly GraphNode[], result: GraphValue): Graph {
  const inputs = new Map([
    ["carried/x", value(0)],
    ["carried/y", value(1)],
    ["input/scalars/rate", value(2, [])],
  ]);
  // Something is left for the core.
  const outputs = new Map([
    ["carried/x", result],
    ["reported/y", value(1)],
  ]);
  return { inputs, constants: [], nodes, outputs };
}

const random = new Random("lanes");
const special = [0, -0, NaN, Infinity, -Infinity, 1, -1];
const x = Float32Array.from({ length: LENGTH }, (_, at) => special[at] ?? random.normal());
const y = Float32Array.from({ length: LENGTH }, (_, at) => special[(at + 3) % LENGTH] ?? random.normal());
const expectSame = (found: Float32Array, expected: (x: number, y: number) => number): void => {
  found.forEach((number, at) => {
    const wanted = Math.fround(expected(x[at]!, y[at]!));
    if (Number.isNaN(wanted)) expect(number, `at ${at}`).to.be.NaN;
    // Zeros have no sign here.
    else if (Number.isFinite(wanted))
      expect(number, `${x[at]!} ${y[at]!}`).to.be.closeTo(wanted, 2e-7 * Math.abs(wanted));
    else expect(number).to.equal(wanted);
  });
};

describe("loops over carried tensors", () => {
  for (const [kernel, expected] of Object.entries(kernels)) {
    it(`${kernel} is computed as its kernel does, NaN and infinities included`, async () => {
      const inputs = single.has(kernel) ? [value(0)] : [value(0), value(1)];
      const graph = graphOf([node(kernel, inputs, value(3), attributesOf(kernel))], value(3));
      expectSame(await run(graph, x, y, 0), (one, other) => expected(one, other, 0));
    });
  }

  for (const [kernel, expected] of Object.entries(comparisons)) {
    it(`${kernel} chooses between values`, async () => {
      const both = value(4, [LENGTH], "bool");
      const nodes = [
        node(kernel, [value(0), value(1)], value(3, [LENGTH], "bool")),
        node("LogicalNot", [value(3, [LENGTH], "bool")], both),
        node("Select", [both, value(1), value(2, [])], value(5)),
      ];
      expectSame(await run(graphOf(nodes, value(5)), x, y, 0.5), (one, other) => (expected(one, other) ? 0.5 : other));
    });
  }

  it("a number that is given counts for all", async () => {
    const nodes = [
      node("Multiply", [value(1), value(2, [])], value(3)),
      node("AddN", [value(0), value(3), value(1)], value(4)),
    ];
    expectSame(
      await run(graphOf(nodes, value(4)), x, y, 0.25),
      (one, other) => one + Math.fround(0.25 * other) + other,
    );
  });

  it("numbers too small for all their digits become 0, and NaN stays", async () => {
    const graph = graphOf([node("Multiply", [value(0), value(2, [])], value(3))], value(3));
    const small = new Float32Array(LENGTH).fill(1e-36);
    small[3] = NaN;
    const found = await run(graph, small, y, 1e-3);
    expect(found[0]).to.equal(0);
    expect(found[3]).to.be.NaN;
  });
});
