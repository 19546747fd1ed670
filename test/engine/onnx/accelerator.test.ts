import { expect } from "chai";
import { VectorEncoder } from "likewise/encoders";
import { DenseHead, GatedHead, SkipConnectionHead } from "likewise/heads";
import { MultipleNegativesRankingLoss, TripletLoss } from "likewise/losses";
import * as optim from "likewise/optim";
import * as tf from "likewise/tf";
import type { Program } from "../../../lib/contracts/engine.js";
import { writeProgram } from "../../../lib/engine/compile-program.js";
import { OnnxBuilder } from "../../../lib/engine/onnx/builder.js";
import { encodeModel, type OnnxModel, type OnnxType } from "../../../lib/engine/onnx/model.js";
import { recordProgram } from "../../../lib/engine/trace/trace-program.js";
import { hostTensor } from "../../../lib/tensor/host.js";
import { EXAMPLES } from "../../losses/contract-examples.js";
import { onnxRuntime, openModel } from "../../support/onnx-runtime.js";
import { CUDA_KERNELS } from "./cuda-kernels.js";
import { miners } from "./every-miner.js";
import { frozenRows, recordsCase, stepOf, type StepCase } from "./step-cases.js";

const encoders = [["default", new VectorEncoder(6)]] as const;
const pairs = { labels: [1, 1, 0, 1], subgroups: [0, 1, 2, 3, 0, 1, 2, 3] };
const groups = { groups: [0, 0, 1, 1, 2, 2, 0, 3] };
const ranked: StepCase = {
  ...{ encoders, head: new SkipConnectionHead(6), loss: new MultipleNegativesRankingLoss() },
  ...{ inputs: frozenRows(8, 6), targets: pairs },
};

/** Operators with the types that they work on, of all that is written meanwhile. */
function operatorsOf(write: () => void): Set<string> {
  const found = new Set<string>();
  const original = Reflect.get(OnnxBuilder.prototype, "addAll") as OnnxBuilder["addAll"];
  OnnxBuilder.prototype.addAll = function (operator, inputs, results, attributes, domain) {
    const operand = operator === "Where" ? inputs[1] : inputs[0];
    const added = attributes?.["reduction"] === "add" ? " adding" : "";
    found.add(`${operator}${added} ${operand?.type ?? "nothing"}`);
    return original.call(this, operator, inputs, results, attributes, domain);
  };
  try {
    write();
  } finally {
    OnnxBuilder.prototype.addAll = original;
  }
  return found;
}

/** What CUDA would leave to the processor, or is known to get wrong. */
function notOnCuda(given: StepCase): readonly string[] {
  const { programs, carried, inputs } = stepOf(given);
  const used = operatorsOf(() => {
    for (const name of ["step", "accumulate", "update", "evaluate", "diagnose"] as const) {
      const graph = recordProgram(programs[name], carried, inputs);
      writeProgram(name, graph, { threads: 1, accelerator: true });
    }
  });
  expect(used.size).to.be.greaterThan(10);
  return [...used].filter((each) => {
    const [operator = "", ...rest] = each.split(" ");
    const type = rest.at(-1) as OnnxType;
    if (rest[0] === "adding" && type !== "float32" && type !== "float64") return true;
    return CUDA_KERNELS[operator]?.includes(type) !== true;
  });
}

describe("Graphs for accelerators", () => {
  describe("stay on CUDA, as far as its published table of kernels tells:", () => {
    for (const [type, examples] of Object.entries(EXAMPLES)) {
      it(type, () => {
        for (const [name, { loss, targets, rows, guide = [] }] of Object.entries(examples())) {
          const guided = loss.usesGuide ? { guide } : {};
          const head = new DenseHead(6, { outputSizes: [5, 4], activation: "tanh" });
          const given = { encoders, head, loss, targets, ...guided, inputs: frozenRows(rows, 6) };
          expect(notOnCuda(given), name).to.deep.equal([]);
        }
      });
    }

    it("heads, optimizers, miners and a trained encoder", () => {
      const all: Readonly<Record<string, StepCase>> = {
        "a gated head": { ...ranked, head: new GatedHead(6), optimizer: optim.adamw() },
        gelu: { ...ranked, head: new DenseHead(6, { outputSizes: [6, 3], activation: "gelu", dropout: 0.2 }) },
        clipping: { ...ranked, optimizer: optim.chain(optim.clipGlobalNorm(0.1), optim.adam({ amsgrad: true })) },
        lion: { ...ranked, optimizer: optim.lion({ weightDecay: 0.1 }) },
        "semi-hard triplets": { ...ranked, loss: new TripletLoss({ mining: "semi-hard" }), targets: groups },
        "all triplets": { ...ranked, loss: new TripletLoss({ mining: "all" }), targets: groups },
        records: recordsCase(),
        ...Object.fromEntries(
          miners.map((miner) => [
            `${miner.type} ${JSON.stringify(miner.config)}`,
            { ...ranked, loss: new TripletLoss({ miner }), targets: groups },
          ]),
        ),
      };
      for (const [name, given] of Object.entries(all)) expect(notOnCuda(given), name).to.deep.equal([]);
    });
  });

  it("a table that lacks a kernel is noticed", () => {
    expect(CUDA_KERNELS["Clip"]).to.not.include("int32");
    expect(Object.hasOwn(CUDA_KERNELS, "MatMulIntegerToFloat")).to.equal(false);
  });

  it("add whole numbers at places as float64, with the same sums", async function () {
    const runtime = await onnxRuntime(this);
    const places = hostTensor(Int32Array.of(0, 2, 0, 2, 2), [5]);
    const numbers = hostTensor(Int32Array.of(2 ** 24 + 1, -7, 3, 2 ** 30, 1), [5]);
    const program: Program = (_carried, given) => ({
      reported: { sums: tf.unsortedSegmentSum(given["numbers"]!, given["places"] as tf.Tensor1D, 3) },
    });
    const write = (accelerator: boolean): OnnxModel =>
      writeProgram("sums", recordProgram(program, {}, { places, numbers }), { threads: 1, accelerator }).model;
    for (const accelerator of [false, true]) {
      const used = operatorsOf(() => write(accelerator));
      expect(used.has("ScatterElements adding float64")).to.equal(accelerator);
      expect(used.has("ScatterElements adding int32")).to.equal(!accelerator);
      const session = await openModel(runtime, encodeModel(write(accelerator)), {});
      const feeds = {
        "input/places": new runtime.Tensor("int32", places.data as Int32Array, [5]),
        "input/numbers": new runtime.Tensor("int32", numbers.data as Int32Array, [5]),
      };
      const results = await session.run(feeds);
      expect([...(results["reported/sums"]!.data as Int32Array)]).to.deep.equal([2 ** 24 + 4, 0, 2 ** 30 - 6]);
      await session.release();
    }
  });

  it("do not copy rows for the sake of a processor's cache", () => {
    const x = hostTensor(new Float32Array(256 * 1024), [256, 1024]);
    const product: Program = (_carried, { x: rows }) => ({
      reported: { product: tf.matMul(rows as tf.Tensor2D, rows as tf.Tensor2D, false, true) },
    });
    for (const accelerator of [false, true]) {
      const used = operatorsOf(() => {
        writeProgram("product", recordProgram(product, {}, { x }), { threads: 2, accelerator });
      });
      expect(used.has("Split float32")).to.equal(!accelerator);
    }
  });
});
