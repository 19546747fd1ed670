import { expect } from "chai";
import * as tf from "likewise/tf";
import type { Program } from "../../../../lib/contracts/engine.js";
import { recordProgram } from "../../../../lib/engine/trace/trace-program.js";
import { toOnnx } from "../../../../lib/engine/onnx/to-onnx.js";
import { onnxRuntime, openModel, type Runtime } from "../../../support/onnx-runtime.js";

const sum: Program = (_carried, inputs) => ({
  reported: { sum: tf.unsortedSegmentSum(inputs["rows"] as tf.Tensor, inputs["ids"] as tf.Tensor1D, 4) },
});

describe("Rows added at the same place on several threads", () => {
  let runtime: Runtime;
  before(async function () {
    runtime = await onnxRuntime(this);
  });

  // The most rows of a width that go together, one more, several parts, and rows too many for parts.
  for (const [rows, width] of [
    [520, 384],
    [521, 384],
    [2048, 384],
    [3125, 64],
    [3126, 64],
    [40_000, 384],
  ] as const) {
    for (const threads of [2, 4]) {
      it(`are none of them lost: ${rows} of ${width} numbers, ${threads} threads`, async () => {
        const inputs = {
          rows: { data: new Float32Array(rows * width).fill(1), shape: [rows, width] },
          ids: { data: new Int32Array(rows).fill(2), shape: [rows] },
        };
        const model = toOnnx(recordProgram(sum, {}, inputs), { threads });
        const session = await openModel(runtime, model.bytes, { intraOpNumThreads: threads });
        try {
          const feeds = {
            "input/rows": new runtime.Tensor("float32", inputs.rows.data, inputs.rows.shape),
            "input/ids": new runtime.Tensor("int32", inputs.ids.data, inputs.ids.shape),
          };
          const expected = new Float32Array(4 * width).fill(rows, 2 * width, 3 * width);
          for (let run = 0; run < (rows > 10_000 ? 2 : 60); run += 1) {
            const results = await session.run(feeds);
            expect(results[model.outputs[0] as string]?.data).to.deep.equal(expected);
          }
        } finally {
          await session.release();
        }
      });
    }
  }
});
