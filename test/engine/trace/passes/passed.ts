import { expect } from "chai";
import * as tf from "likewise/tf";
import type { Program } from "../../../../lib/contracts/engine.js";
import type { Graph } from "../../../../lib/engine/trace/graph.js";
import { recordProgram } from "../../../../lib/engine/trace/record-program.js";
import { Random } from "../../../../lib/random.js";
import { hostTensor, type HostTensors } from "../../../../lib/tensor/host.js";
import { prefixed } from "../../../../lib/tensor/tree.js";
import { expectClose } from "../../../support/close.js";
import { interpret, runDirectly } from "../../../support/interpret.js";

/** Random inputs, by name: small and large ones, of one row, of one column, one number, whole numbers. */
const inputs = {
  x: hostTensor(new Random("x").normals(12), [3, 4]),
  y: hostTensor(new Random("y").normals(12), [3, 4]),
  square: hostTensor(new Random("square").normals(16), [4, 4]),
  large: hostTensor(new Random("large").normals(8192), [64, 128]),
  larger: hostTensor(new Random("larger").normals(8192), [64, 128]),
  rows: hostTensor(new Random("rows").normals(64), [64, 1]),
  columns: hostTensor(new Random("columns").normals(128), [128]),
  row: hostTensor(new Random("row").normals(4), [4]),
  column: hostTensor(new Random("column").normals(3), [3, 1]),
  s: hostTensor(Float32Array.of(1.5), []),
  t: hostTensor(Float32Array.of(-0.75), []),
  whole: hostTensor(Int32Array.of(1, 5, 2), [3]),
} satisfies HostTensors;

export type Inputs = Readonly<Record<keyof typeof inputs, tf.Tensor>>;
type Made = tf.Tensor | Readonly<Record<string, tf.Tensor>>;

/**
 * Records a function of the inputs, applies passes until nothing changes, and checks that the graph is in order and computes the same.
 */
export function passed(make: (inputs: Inputs) => Made, ...passes: readonly ((graph: Graph) => Graph)[]): Graph {
  const program: Program = (_, given) => {
    const made = make(given as Inputs);
    return { reported: made instanceof tf.Tensor ? { made } : made };
  };
  const before = recordProgram(program, {}, inputs);
  let graph = before;
  for (let round = 0; round < 10; round += 1) {
    const start = graph;
    for (const pass of passes) graph = pass(graph);
    if (graph === start) break;
    expect(round, "rounds").to.be.lessThan(9);
  }
  expect([...graph.inputs]).to.deep.equal([...before.inputs]);
  const wanted = runDirectly(program, {}, inputs);
  const found = interpret(graph, prefixed("input", inputs));
  expect(Object.keys(found)).to.deep.equal(Object.keys(wanted));
  for (const [name, { data, shape }] of Object.entries(wanted)) {
    expect(found[name]?.shape, name).to.deep.equal(shape);
    const largest = Math.max(1, ...Array.from(data, Math.abs).filter(Number.isFinite));
    expectClose(found[name]?.data, data, { absolute: 1e-6 * largest, what: name });
  }
  return graph;
}

export function kernelsOf({ nodes }: Graph): string[] {
  return nodes.map(({ kernel }) => kernel);
}

/** Kernels that are left of a function of the inputs. */
export function left(make: (inputs: Inputs) => Made, ...passes: readonly ((graph: Graph) => Graph)[]): string[] {
  return kernelsOf(passed(make, ...passes));
}
