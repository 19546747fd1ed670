import { expect } from "chai";
import type { Program } from "../../../lib/contracts/engine.js";
import { optimize } from "../../../lib/engine/trace/passes/optimize.js";
import { traceProgram } from "../../../lib/engine/trace/trace-program.js";
import type { HostTensors } from "../../../lib/tensor/host.js";
import { expectClose } from "../../support/close.js";
import { graphInputs, interpret, runDirectly } from "../../support/interpret.js";

/** The recording computes the very numbers of the program, and its optimized form the same up to rounding, with fewer nodes. */
export function expectFaithful(program: Program, carried: HostTensors, inputs: HostTensors, what: string): void {
  const graph = traceProgram(program, carried, inputs);
  const wanted = runDirectly(program, carried, inputs);
  expect(interpret(graph, graphInputs(carried, inputs)), what).to.deep.equal(wanted);
  const small = optimize(graph);
  expect(small.nodes.length, `${what}: nodes`).to.be.at.most(graph.nodes.length);
  expect([...small.inputs]).to.deep.equal([...graph.inputs]);
  const found = interpret(small, graphInputs(carried, inputs));
  expect(Object.keys(found)).to.deep.equal(Object.keys(wanted));
  for (const [name, { data, shape }] of Object.entries(wanted)) {
    expect(found[name]?.shape).to.deep.equal(shape);
    const largest = Math.max(0, ...Array.from(data, Math.abs));
    expectClose(found[name]?.data, data, { relative: 0, absolute: 1e-5 * largest, what: `${what}: ${name}` });
  }
}
