import { expect } from "chai";
import * as tf from "likewise/tf";
import type { Program } from "../../../lib/contracts/engine.js";
import { lowerings } from "../../../lib/engine/onnx/table.js";
import { toOnnx } from "../../../lib/engine/onnx/to-onnx.js";
import type { Graph, GraphValue } from "../../../lib/engine/trace/graph.js";
import { traceBackendName } from "../../../lib/engine/trace/trace-backend.js";
import { TraceError } from "../../../lib/engine/trace/trace-error.js";
import { recordProgram } from "../../../lib/engine/trace/trace-program.js";
import { hostScalar, hostTensor, type HostTensors } from "../../../lib/tensor/host.js";
import { onnxRuntime, openModel, type Runtime } from "../../support/onnx-runtime.js";
import { expectSame, runEagerly, runNatively } from "./both-ways.js";

const carried = {
  w: hostTensor(Float32Array.of(1, 2), [2]),
  same: hostTensor(Float32Array.of(5, 6), [2]),
  count: hostTensor(Int32Array.of(3), []),
};
const inputs = { x: hostTensor(Float32Array.of(-1, 4), [2]), unused: hostScalar(7) };

/** A graph of one kernel on a row of floats. */
function single(kernel: string, attributes: Readonly<Record<string, unknown>> = {}): Graph {
  const x: GraphValue = { id: 1, dtype: "float32", shape: [4] };
  const y: GraphValue = { id: 2, dtype: "float32", shape: [4] };
  return {
    inputs: new Map([["input/x", x]]),
    constants: [],
    nodes: [{ kernel, inputs: [x], attributes, outputs: [y] }],
    outputs: new Map([["reported/y", y]]),
  };
}

describe("toOnnx", () => {
  it("has a lowering for every kernel that can be recorded", () => {
    recordProgram(() => ({ reported: {} }), {}, {});
    const recorded = tf.getKernelsForBackend(traceBackendName).map(({ kernelName }) => kernelName);
    expect(recorded.length).to.be.greaterThan(100);
    expect(recorded.filter((kernel) => !Object.hasOwn(lowerings, kernel))).to.deep.equal([]);
  });

  it("refuses kernels that it cannot write, all by name, unless nothing depends on them", () => {
    const refused = single("NoSuchKernel");
    expect(() => toOnnx(refused))
      .to.throw(TraceError, /NoSuchKernel/u)
      .with.property("code", "TRACE");
    const dead = { ...refused, outputs: new Map([["reported/y", refused.inputs.get("input/x") as GraphValue]]) };
    expect(toOnnx(dead).outputs).to.deep.equal(["reported/y"]);
  });

  it("gives equal bytes for equal programs", () => {
    const program: Program = ({ w }, { x }) => ({
      carried: { w: tf.add(w as tf.Tensor, tf.mul(x as tf.Tensor, 0.5)) },
      reported: { loss: tf.sum(tf.softplus(x as tf.Tensor)) },
    });
    const [one, other] = [1, 2].map(() => toOnnx(recordProgram(program, carried, inputs)).bytes);
    expect(Buffer.from(one as Uint8Array).equals(other as Uint8Array)).to.equal(true);
  });

  it("names outputs that are inputs too differently, and leaves unused inputs out", () => {
    const program: Program = ({ w, same }, { x }) => ({
      carried: { w: tf.add(w as tf.Tensor, x as tf.Tensor), same: same as tf.Tensor },
      reported: { loss: tf.sum(x as tf.Tensor) },
    });
    const { inputs: read, outputs } = toOnnx(recordProgram(program, carried, inputs));
    expect(read).to.deep.equal(["carried/w", "input/x"]);
    expect(outputs).to.deep.equal(["new/carried/w", "reported/loss"]);
  });

  describe("natively", () => {
    let runtime: Runtime;
    before(async function () {
      runtime = await onnxRuntime(this);
    });

    async function expectBoth(program: Program, given: { carried?: HostTensors; inputs?: HostTensors }): Promise<void> {
      expectSame(await runNatively(runtime, program, given), await runEagerly(program, given), "program");
    }

    it("gives inputs, constants and one value several times as outputs", () =>
      expectBoth(
        ({ w, count }, { x }) => {
          const sum = tf.add(w as tf.Tensor, x as tf.Tensor);
          return {
            carried: { w: sum, same: x as tf.Tensor, count: tf.add(count as tf.Tensor, tf.scalar(1, "int32")) },
            reported: {
              ...{ sum, again: sum, reshaped: tf.reshape(sum, [2]), x: x as tf.Tensor, old: w as tf.Tensor },
              ...{ constant: tf.scalar(2), whole: tf.scalar(2, "int32"), zeros: tf.zeros([30, 30]) },
              ...{ zerosAgain: tf.zeros([30, 30]), truth: tf.greater(sum, 2), truthAgain: tf.greater(sum, 2) },
            },
          };
        },
        { carried, inputs },
      ));

    it("works without any input", () => expectBoth(() => ({ reported: { one: tf.add(tf.scalar(1), 0) } }), {}));

    it("works on names with spaces and signs", () =>
      expectBoth((given) => ({ reported: { "output of a/b c": tf.mul(given["ü/x y"] as tf.Tensor, 2) } }), {
        carried: { "ü/x y": hostScalar(3) },
      }));

    it("works on empty batches", () =>
      expectBoth(
        (_carried, { x }) => ({
          reported: {
            product: tf.matMul(x as tf.Tensor2D, x as tf.Tensor2D, true),
            rows: tf.relu(tf.mul(x as tf.Tensor, 2)),
            sum: tf.sum(x as tf.Tensor),
            sums: tf.sum(x as tf.Tensor, 1),
            flat: tf.reshape(x as tf.Tensor, [-1]),
          },
        }),
        { inputs: { x: hostTensor(new Float32Array(0), [0, 3]) } },
      ));

    it("keeps what only a rewriting of graphs makes", async () => {
      const x = Float32Array.of(-1, 0, 2, 3);
      const run = async (graph: Graph): Promise<number[]> => {
        const session = await openModel(runtime, toOnnx(graph).bytes);
        const { "reported/y": y } = await session.run({ "input/x": new runtime.Tensor("float32", x, [4]) });
        await session.release();
        return [...((y as { data: unknown }).data as Float32Array)];
      };
      expect(await run(single("Identity"))).to.deep.equal([...x]);
      const total = Math.log(x.reduce((sum, value) => sum + Math.exp(value), 0));
      const logits = await run(single("LogSoftmax", { axis: -1 }));
      logits.forEach((logit, at) => expect(logit).to.be.closeTo((x[at] as number) - total, 1e-6));
    });
  });
});
