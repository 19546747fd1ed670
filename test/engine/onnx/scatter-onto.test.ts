import { expect } from "chai";
import * as tf from "likewise/tf";
import type { OnnxNode } from "../../../lib/engine/onnx/model.js";
import { toOnnxModel } from "../../../lib/engine/onnx/to-onnx.js";
import { optimize } from "../../../lib/engine/trace/passes/optimize.js";
import { recordProgram } from "../../../lib/engine/trace/trace-program.js";
import type { HostTensors } from "../../../lib/tensor/host.js";
import { onnxRuntime, type Runtime } from "../../support/onnx-runtime.js";
import { expectSame, runEagerly, runNatively } from "./both-ways.js";
import { floats, integers } from "./kernel-cases.js";

type Given = Readonly<Record<string, tf.Tensor>>;
type Program = (carried: Given, given: Given) => { readonly reported: Readonly<Record<string, tf.Tensor>> };

const inputs: HostTensors = {
  base: floats([300, 4], -2, 2, "base"),
  rows: floats([7, 4], -2, 2, "rows"),
  others: floats([7, 4], -2, 2, "others"),
  places: integers([7], 0, 300, "places"),
  elsewhere: integers([7], 0, 300, "elsewhere"),
};
const sums = (rows: tf.Tensor | undefined, places: tf.Tensor | undefined): tf.Tensor =>
  tf.unsortedSegmentSum(rows as tf.Tensor2D, places as tf.Tensor1D, 300);

describe("Rows added to a tensor", () => {
  let runtime: Runtime;
  before(async function () {
    runtime = await onnxRuntime(this);
  });

  /** Operators of the model, which computes the same. */
  async function operators(program: Program, threads = 1): Promise<readonly string[]> {
    const near = { relative: 1e-5, absolute: 1e-5 };
    const [found, wanted] = [
      await runNatively(runtime, program, { inputs }, threads),
      await runEagerly(program, { inputs }),
    ];
    expectSame(found, wanted, "sum", near);
    const { nodes } = toOnnxModel(optimize(recordProgram(program, {}, inputs)), { threads });
    return nodes.map(({ operator }: OnnxNode) => operator);
  }

  it("need no zeros and no sum", async () => {
    const found = await operators((_, { base, rows, places }) => {
      const doubled = tf.mul(base!, 2);
      return { reported: { sum: tf.add(doubled, sums(rows, places)) } };
    });
    expect(found).to.include("ScatterND").and.not.to.include.members(["Add"]);
    expect(found).not.to.include("ConstantOfShape");
  });

  it("are added one list after the other, on several threads too", async () => {
    const program: Program = (_, { base, rows, others, places, elsewhere }) => ({
      reported: { sum: tf.add(tf.add(sums(rows, places), sums(others, elsewhere)), tf.mul(base!, 2)) },
    });
    for (const threads of [1, 2]) {
      const found = await operators(program, threads);
      expect(found.filter((operator) => operator === "ScatterND")).to.have.length(2);
      expect(found).not.to.include("Add");
      expect(found).not.to.include("ConstantOfShape");
    }
  });

  it("are added to zeros when the sum is broadcast to the tensor, or the tensor to the sum", async () => {
    const column = (x: tf.Tensor | undefined, axis: number): tf.Tensor => tf.max(tf.mul(x!, 2), axis, true);
    await operators((_, { base, rows, places }) => ({
      reported: {
        narrow: tf.add(column(base, 1), sums(rows, places)),
      },
    }));
    const found = await operators((_, { base, rows }) => ({
      reported: {
        sum: tf.add(tf.mul(base!, 2), tf.unsortedSegmentSum(rows as tf.Tensor2D, tf.zeros([7], "int32"), 1)),
      },
    }));
    expect(found).to.include.members(["ScatterND", "Add"]);
  });

  it("are added to zeros when that sum is needed too", async () => {
    const found = await operators((_, { base, rows, places }) => {
      const sum = sums(rows, places);
      return { reported: { sum, both: tf.add(tf.mul(base!, 2), sum) } };
    });
    expect(found).to.include.members(["ScatterND", "Add", "ConstantOfShape"]);
  });
});
