import { expect } from "chai";
import * as tf from "likewise/tf";
import type { Program } from "../../../lib/contracts/engine.js";
import { TraceError } from "../../../lib/engine/trace/trace-error.js";
import { traceProgram } from "../../../lib/engine/trace/trace-program.js";
import { hostTensor } from "../../../lib/tensor/host.js";
import { graphInputs, interpret, runDirectly } from "../../support/interpret.js";

const inputs = { x: hostTensor(Float32Array.of(1, -1, 0.5, 2, 0, 3), [3, 2]) };

function refusal(program: Program): TraceError {
  try {
    traceProgram(program, {}, inputs);
  } catch (error) {
    if (error instanceof TraceError) return error;
    throw error;
  }
  throw new Error("it was traced");
}

describe("Tracing a program", () => {
  it("gives the graph of a program that is the same each time", () => {
    const program: Program = (_, { x }, noise) => ({ reported: { y: tf.mul(x!, noise.uniform([3, 2])) } });
    const graph = traceProgram(program, {}, inputs);
    expect(interpret(graph, graphInputs({}, inputs))).to.deep.equal(runDirectly(program, {}, inputs));
  });

  it("finds a JS number that changes from step to step, with the user's line", () => {
    let count = 0;
    const error = refusal((_, { x }) => {
      count += 1;
      return { reported: { y: tf.mul(tf.square(x!), count) } };
    });
    expect(error.message).to.match(/not the same each time.*Multiply is given 2 and then 3/u);
    expect(error.message).to.match(/mode\.noise.*schedule/u);
    expect(error.where).to.match(/trace-program\.test\.ts:\d+/u);
  });

  it("finds other kernels, other shapes, other options, other constants and other outputs", () => {
    let count = 0;
    const counted =
      (program: (x: tf.Tensor, count: number) => Record<string, tf.Tensor>): Program =>
      (_, { x }) => ({ reported: program(x!, (count += 1)) });
    const found = (program: Parameters<typeof counted>[0]): string => refusal(counted(program)).message;
    expect(found((x, n) => ({ y: n % 2 === 0 ? tf.neg(x) : tf.abs(x) }))).to.match(
      /: (Neg and then Abs|Abs and then Neg)/u,
    );
    expect(found((x, n) => ({ y: n % 2 === 0 ? x : tf.abs(x) }))).to.match(/the end/u);
    expect(found((x, n) => ({ y: tf.reshape(x, n % 2 === 0 ? [6] : [2, 3]) }))).to.match(/Reshape has shape/u);
    expect(found((x, n) => ({ y: tf.sum(x, n % 2) }))).to.match(/Sum has axis [01] and then [01]/u);
    expect(found((x, n) => ({ y: tf.add(x, tf.tensor1d([n, 0])) }))).to.match(/Add is given other numbers/u);
    expect(found((x, n) => ({ [`y${n}`]: x }))).to.match(/outputs reported\/y/u);
    expect(found((x, n) => ({ y: tf.slice(x, 0, 1 + (n % 2)) }))).to.match(/Slice has size/u);
  });

  it("finds random numbers of JS that are drawn by another way than Math.random", () => {
    const { random } = Math;
    expect(refusal((_, { x }) => ({ reported: { y: tf.mul(x!, random()) } })).message).to.match(/Multiply is given/u);
    let seed = 0;
    const seeded: Program = () => ({ reported: { y: tf.randomUniform([4], 0, 1, "float32", (seed += 1)) } });
    expect(refusal(seeded).message).to.match(/other numbers/u);
  });

  it("finds a number of inputs that changes", () => {
    let count = 0;
    const program: Program = (_, { x }, noise) => ({
      reported: { y: (count += 1) % 2 === 0 ? tf.add(x!, 1) : tf.add(noise.uniform([1]), 1) },
    });
    expect(refusal(program).message).to.match(/not the same each time/u);
  });

  it("lets a step make something once and keep it, and leaves that on the active backend", () => {
    let table: tf.Tensor | null = null;
    const program: Program = (_, { x }) => {
      table ??= tf.keep(tf.tidy(() => tf.sin(tf.add(tf.range(0, 2), tf.tensor1d([1, 2])))));
      return { reported: { y: tf.mul(x!, table) } };
    };
    const graph = traceProgram(program, {}, inputs);
    expect(graph.constants).to.have.length(1);
    const kept = table as unknown as tf.Tensor;
    expect(kept.dataSync()[1]).to.be.closeTo(Math.sin(3), 1e-6);
    expect(interpret(graph, graphInputs({}, inputs))).to.deep.equal(runDirectly(program, {}, inputs));
    kept.dispose();
  });

  it("refuses a step that keeps something new each time", () => {
    const kept: tf.Tensor[] = [];
    const program: Program = (_, { x }) => {
      kept.push(tf.keep(tf.square(tf.tensor1d([kept.length, 1]))));
      return { reported: { y: tf.mul(x!, kept.at(-1)!) } };
    };
    expect(refusal(program).message).to.match(/not the same each time/u);
    tf.dispose(kept);
  });
});
