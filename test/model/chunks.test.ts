import { expect } from "chai";
import { NgramEmbedding } from "likewise/encoders";
import { DenseHead, LayersHead } from "likewise/heads";
import { GradientCache, MultipleNegativesRankingLoss, TripletLoss } from "likewise/losses";
import { sgd } from "likewise/optim";
import * as tf from "likewise/tf";
import { Random, type Head, type Mode } from "likewise";
import type { Program } from "../../lib/contracts/engine.js";
import { seededNoise } from "../../lib/engine/seeded-noise.js";
import type { Graph, GraphNode } from "../../lib/engine/trace/graph.js";
import { optimize } from "../../lib/engine/trace/passes/optimize.js";
import { traceProgram } from "../../lib/engine/trace/trace-program.js";
import { collateInChunks } from "../../lib/model/collate.js";
import { initialize } from "../../lib/model/parameters.js";
import { trainingPrograms } from "../../lib/model/programs.js";
import { downloadSync, hostScalar, hostTensor, upload, type HostTensors } from "../../lib/tensor/host.js";
import { mapEntries, prefixed, under } from "../../lib/tensor/tree.js";
import { expectClose } from "../support/close.js";
import { onnxRuntime } from "../support/onnx-runtime.js";
import { TinyHead } from "../support/tiny.js";
import { expectSame, runEagerly, runNatively } from "../engine/onnx/both-ways.js";

const words = ["red", "green", "blue", "shoe", "boot", "car", "bus", "tree"];
const texts = Array.from({ length: 22 }, (_, i) => `${words[i % 8]} ${words[(3 * i + 1) % 8]} ${i % 11}`);
const optimizer = sgd({ learningRate: 1 });

interface Given {
  readonly chunkSize: number;
  readonly dropout?: number;
  readonly loss?: MultipleNegativesRankingLoss;
  readonly extra?: HostTensors;
  readonly items?: readonly string[];
  readonly width?: number;
  readonly head?: Head;
}

/** A step along the gradient of a model with a trained encoder, its batch in chunks. */
async function stepOf({ chunkSize, dropout = 0, extra = {}, items = texts, width = 6, ...rest }: Given): Promise<{
  readonly step: Program;
  readonly carried: HostTensors;
  readonly inputs: HostTensors;
}> {
  const encoders = [["text", new NgramEmbedding({ size: 8, buckets: 64, idf: false })]] as const;
  const { head = new DenseHead(8, { outputSizes: [width, 5], activation: "tanh", dropout }) } = rest;
  const { loss: inner = new MultipleNegativesRankingLoss({ learnScale: true, symmetric: true }) } = rest;
  const loss = new GradientCache(inner, { chunkSize });
  const pairs = items.length / 2;
  const embed = (): never => expect.fail("nothing is frozen");
  return {
    step: trainingPrograms({ encoders, head, loss }, { optimizer, reportEmbeddings: true }).step,
    carried: initialize(encoders, head, loss, new Random("first")),
    inputs: {
      ...(await collateInChunks(encoders, items, chunkSize, embed)),
      "targets/labels": hostTensor(new Float32Array(pairs).fill(1), [pairs]),
      "targets/subgroups": hostTensor(new Int32Array(2 * pairs), [2 * pairs]),
      ...prefixed("scalars", mapEntries(optimizer.scalars({ step: 0, totalSteps: 1 }), hostScalar)),
      ...extra,
    },
  };
}

/** Draws its noise within a tidy of its own, once or several times. */
class TidyHead extends TinyHead {
  static override readonly type = "TidyHead";

  override apply(parameters: { readonly kernel: tf.Tensor2D }, vectors: tf.Tensor2D, { noise, state }: Mode) {
    const value = tf.tidy(() => {
      const kept = tf.cast(tf.greaterEqual(noise.uniform(vectors.shape), this.dropout), "float32");
      return tf.matMul(tf.mul(vectors, kept), parameters.kernel) as tf.Tensor2D;
    });
    return { value, state: { mean: state["mean"] as tf.Tensor } };
  }
}

function layersHead(): LayersHead {
  const { layers } = tf.layers;
  const given = layers.dropout({ rate: 0.4, inputShape: [8] });
  const model = tf.layers.sequential({ layers: [given, layers.dense({ units: 5, activation: "tanh" })] });
  return new LayersHead(model);
}

/** What it computes, and the most bytes that were alive on the way. */
function run({ step, carried, inputs }: Awaited<ReturnType<typeof stepOf>>): { found: HostTensors; peak: number } {
  const engine = tf.engine();
  const runKernel = engine.runKernel.bind(engine);
  let found: HostTensors = {};
  let peak = 0;
  tf.tidy(() => {
    const [start, given] = [mapEntries(carried, upload), mapEntries(inputs, upload)];
    const before = tf.memory().numBytes;
    engine.runKernel = ((...args: Parameters<typeof runKernel>) => {
      const result = runKernel(...args);
      peak = Math.max(peak, tf.memory().numBytes - before);
      return result;
    }) as typeof runKernel;
    try {
      const result = step(start, given, seededNoise(new Random("noise")));
      found = mapEntries({ ...result.carried, ...result.reported }, downloadSync);
    } finally {
      delete (engine as Partial<typeof engine>).runKernel;
    }
  });
  return { found, peak };
}

/** Every tensor within a share of the largest of the numbers it moved by. */
function expectSameStep(found: HostTensors, wanted: HostTensors, carried: HostTensors): void {
  expect(Object.keys(found).sort()).to.deep.equal(Object.keys(wanted).sort());
  for (const [name, { data, shape }] of Object.entries(wanted)) {
    const first = carried[name]?.data ?? new Float32Array(data.length);
    const moves = Array.from(data, (value, at) => value - (first[at] as number));
    const largest = Math.max(...moves.map(Math.abs));
    expect(found[name]?.shape, name).to.deep.equal(shape);
    // Single precision of the sum, and a millionth of the largest move.
    const absolute = 2e-6 * largest + 1e-7 * Math.max(...Array.from(data, Math.abs));
    expectClose(found[name]?.data, data, { relative: 0, absolute, what: name });
    expect(name.startsWith("parameters/") ? largest : 1, `${name} moves`).to.be.greaterThan(1e-6);
  }
}

/** Every node whose result a node needs, directly or not. */
function reads({ nodes }: Graph, node: GraphNode): Set<GraphNode> {
  const makers = new Map(nodes.flatMap((each) => each.outputs.map(({ id }) => [id, each] as const)));
  const found = new Set<GraphNode>();
  const waiting = [node];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const { id } of next.inputs) {
      const maker = makers.get(id);
      if (maker === undefined || found.has(maker)) continue;
      found.add(maker);
      waiting.push(maker);
    }
  }
  return found;
}

describe("A step in chunks", () => {
  it("has the loss and the gradients of the whole batch at any chunk size", async () => {
    const whole = await stepOf({ chunkSize: 100 });
    expect(Object.keys(under(whole.inputs, "chunks"))).to.deep.equal([]);
    const wanted = run(whole).found;
    for (const chunkSize of [1, 4, 7, 11, 21]) {
      const { inputs, carried, step } = await stepOf({ chunkSize });
      expect(Object.keys(under(inputs, "chunks/0"))).not.to.deep.equal([]);
      expectSameStep(run({ inputs, carried, step }).found, wanted, carried);
    }
  });

  it("uses the same dropout on both passes", async () => {
    const whole = await stepOf({ chunkSize: 22, dropout: 0.4 });
    const chunked = await stepOf({ chunkSize: 5, dropout: 0.4 });
    const without = run(await stepOf({ chunkSize: 5 })).found;
    // With one dropout, chunks draw one after another what a whole batch draws at once.
    const { found } = run(chunked);
    expectSameStep(found, run(whole).found, chunked.carried);
    expect(found["loss"]?.data[0]).not.to.equal(without["loss"]?.data[0]);
  });

  const heads = { "a head that draws within a tidy": () => new TidyHead(8, 5, 0.4), "a tf.layers head": layersHead };
  for (const [what, make] of Object.entries(heads)) {
    it(`draws once for both passes in ${what}, on both engines`, async function () {
      const head = make();
      const whole = await stepOf({ chunkSize: 22, head });
      const chunked = await stepOf({ chunkSize: 5, head });
      const { found } = run(chunked);
      expectSameStep(found, run(whole).found, chunked.carried);
      const runtime = await onnxRuntime(this);
      const given = { carried: chunked.carried, inputs: chunked.inputs };
      const nearness = { relative: 0, absolute: 0, ofLargest: 1e-5 };
      const wanted = await runEagerly(chunked.step, given);
      expectSame(await runNatively(runtime, chunked.step, given), wanted, "step", nearness);
    });
  }

  it("leaves no tensor behind when a part fails after it has drawn", async () => {
    const head = new TidyHead(8, 5, 0.4);
    const broken = await stepOf({ chunkSize: 5, head });
    let calls = 0;
    head.apply = (...given) => {
      calls += 1;
      const output = TidyHead.prototype.apply.apply(head, given);
      return calls === 3 ? expect.fail("broken") : output;
    };
    expect(() => run(broken)).to.throw("broken");
  });

  it("compares with remembered rows", async () => {
    const extra = prefixed("memory", {
      embeddings: hostTensor(new Random("memory").normals(6 * 5), [6, 5]),
      groups: hostTensor(new Int32Array(6), [6]),
      valid: hostTensor(Float32Array.of(1, 1, 0, 1, 1, 1), [6]),
      weight: hostScalar(0.5),
    });
    const loss = new MultipleNegativesRankingLoss();
    const chunked = await stepOf({ chunkSize: 6, extra, loss });
    const wanted = run(await stepOf({ chunkSize: 99, extra, loss })).found;
    expectSameStep(run(chunked).found, wanted, chunked.carried);
    expect(wanted["terms/memory"]?.data[0]).to.be.greaterThan(0);
  });

  it("keeps what is between of one chunk at a time", async () => {
    const items = Array.from({ length: 128 }, (_, i) => `${texts[i % 22]} ${i}`);
    const peaks: number[] = [];
    for (const chunkSize of [128, 32, 8]) peaks.push(run(await stepOf({ chunkSize, items, width: 8192 })).peak);
    const [whole, quarter, sixteenth] = peaks as [number, number, number];
    expect(quarter).to.be.lessThan(0.5 * whole);
    expect(sixteenth).to.be.lessThan(0.5 * quarter);
  });

  it("is the same compiled, where no pass of a chunk is shared with the other", async function () {
    const runtime = await onnxRuntime(this);
    const chunked = await stepOf({ chunkSize: 6, dropout: 0.3 });
    const given = { carried: chunked.carried, inputs: chunked.inputs };
    const wanted = await runEagerly(chunked.step, given);
    const nearness = { relative: 0, absolute: 0, ofLargest: 1e-5 };
    expectSame(await runNatively(runtime, chunked.step, given), wanted, "step", nearness);
    const graph = optimize(traceProgram(chunked.step, chunked.carried, chunked.inputs));
    const forwards = graph.nodes.filter(({ kernel }) => kernel === "Tanh");
    expect(forwards).to.have.length(2 * 4);
    // Each waits for the one before, whatever order the runtime chooses.
    forwards.slice(1).forEach((node, at) => expect(reads(graph, node).has(forwards[at] as GraphNode)).to.equal(true));
  });

  it("leaves a batch that fits into a chunk in one piece", async () => {
    const encoders = [["text", new NgramEmbedding({ size: 8, buckets: 64, idf: false })]] as const;
    const embed = (): never => expect.fail("nothing is frozen");
    expect(Object.keys(await collateInChunks(encoders, texts, 22, embed)).every((name) => /^inputs/u.test(name)));
    expect(new GradientCache(new TripletLoss(), { chunkSize: 3 }).kind).to.equal("group");
  });
});
