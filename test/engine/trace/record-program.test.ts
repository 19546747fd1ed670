import { expect } from "chai";
import * as tf from "likewise/tf";
import type { Program } from "../../../lib/contracts/engine.js";
import { recordProgram } from "../../../lib/engine/trace/record-program.js";
import { traceBackend } from "../../../lib/engine/trace/trace-backend.js";
import { TraceError } from "../../../lib/engine/trace/trace-error.js";
import { hostTensor } from "../../../lib/tensor/host.js";
import { graphInputs, interpret, runDirectly } from "../../support/interpret.js";

const carried = {
  weight: hostTensor(Float32Array.of(1, 2, 3, 4), [2, 2]),
  count: hostTensor(Int32Array.of(7), []),
};
const inputs = { x: hostTensor(Float32Array.of(1, -1, 0.5, 2, 0, 3), [3, 2]) };

function kernels(program: Program): string[] {
  return recordProgram(program, carried, inputs).nodes.map(({ kernel }) => kernel);
}

/** The recording computes what the program computes. */
function expectFaithful(program: Program): void {
  const graph = recordProgram(program, carried, inputs);
  expect(interpret(graph, graphInputs(carried, inputs))).to.deep.equal(runDirectly(program, carried, inputs));
}

describe("Recording a program", () => {
  it("names inputs and outputs, types them and leaves out what the program carries on unchanged", () => {
    const graph = recordProgram(
      ({ weight, count }, { x }, noise) => ({
        carried: { weight: tf.add(weight!, 1), count: count! },
        reported: { y: tf.matMul(x as tf.Tensor2D, weight as tf.Tensor2D), drawn: noise.uniform([2]) },
      }),
      carried,
      inputs,
    );
    expect([...graph.inputs].map(([name, { dtype, shape }]) => [name, dtype, shape])).to.deep.equal([
      ["carried/weight", "float32", [2, 2]],
      ["carried/count", "int32", []],
      ["input/x", "float32", [3, 2]],
      ["noise/0", "float32", [2]],
    ]);
    expect([...graph.outputs.keys()]).to.deep.equal(["carried/weight", "reported/y", "reported/drawn"]);
    expect(graph.nodes.map(({ kernel }) => kernel)).to.deep.equal(["Add", "BatchMatMul"]);
    expect(graph.outputs.get("reported/drawn")).to.equal(graph.inputs.get("noise/0"));
  });

  it("takes a copy of a carried tensor for the tensor itself", () => {
    const graph = recordProgram(
      ({ weight }) => ({ carried: { weight: tf.clone(weight!) }, reported: {} }),
      carried,
      {},
    );
    expect(graph.outputs.size).to.equal(0);
    expect(graph.nodes).to.deep.equal([]);
  });

  it("computes what the program computes, gradients, noise and custom gradients among it", () => {
    expectFaithful(({ weight }, { x }, noise) => {
      const doubled = tf.customGrad((given, save) => {
        (save as tf.GradSaveFunc)([given as tf.Tensor]);
        return {
          value: tf.mul(given as tf.Tensor, 2),
          gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => [tf.mul(dy, tf.add(saved[0]!, 2))],
        };
      });
      const { value, grads } = tf.valueAndGrads((w: tf.Tensor) => {
        const y = tf.relu(tf.matMul(x as tf.Tensor2D, doubled(w) as tf.Tensor2D));
        return tf.mean(tf.mul(y, noise.uniform(y.shape)));
      })([weight!]);
      return { carried: { weight: tf.sub(weight!, grads[0]!) }, reported: { value } };
    });
  });

  it("keeps true and false, whole numbers and several outputs apart", () => {
    expectFaithful((_, { x }) => {
      const [left, right] = tf.split(x!, 2, 1) as [tf.Tensor, tf.Tensor];
      const { values, indices } = tf.topk(x!, 1);
      return {
        reported: {
          ...{ greater: tf.greater(left, right), values, indices, where: tf.where(tf.less(left, right), left, right) },
          ...{ counted: tf.sum(tf.cast(tf.notEqual(left, 0), "int32")), argument: tf.argMax(x!, 1) },
          ...{ none: tf.any(tf.isNaN(x!)), range: tf.range(5, 0, -2, "int32"), spaced: tf.linspace(0, 1, 4) },
        },
      };
    });
  });

  it("makes numbers of the step constants, and equal ones a fill without data", () => {
    const graph = recordProgram(
      (_, { x }) => ({
        reported: { y: tf.add(tf.mul(x!, 3), tf.add(tf.slice(tf.ones([100, 2]), 0, 3), tf.tensor1d([1, 2]))) },
      }),
      {},
      inputs,
    );
    expect(graph.constants.map(({ data }) => [...data])).to.deep.equal([[3], [1, 2]]);
    const fill = graph.nodes.find(({ kernel }) => kernel === "Fill");
    expect(fill?.attributes).to.deep.equal({ shape: [100, 2], value: 1, dtype: "float32" });
    expectFaithful((_, { x }) => ({
      reported: { y: tf.maximum(x!, tf.fill([3, 2], -Infinity)), z: tf.zeros([2], "bool") },
    }));
  });

  it("copies small tensors from outside into the graph, each once", () => {
    tf.tidy(() => {
      const outside = tf.tensor1d([5, 6]);
      const program: Program = (_, { x }) => ({ reported: { y: tf.add(tf.mul(x!, outside), outside) } });
      const graph = recordProgram(program, {}, inputs);
      expect(graph.constants.map(({ data }) => [...data])).to.deep.equal([[5, 6]]);
      expect(interpret(graph, graphInputs({}, inputs))).to.deep.equal(runDirectly(program, {}, inputs));
      expect([...outside.dataSync()]).to.deep.equal([5, 6]);
    });
  });

  it("does not see later changes of a list that a kernel was called with", () => {
    const shape = [2, 3];
    const graph = recordProgram((_, { x }) => ({ reported: { y: tf.reshape(x!, shape) } }), {}, inputs);
    shape.reverse();
    expect(graph.nodes[0]?.attributes["shape"]).to.deep.equal([2, 3]);
  });

  it("notes the user's line when asked", () => {
    const program: Program = (_, { x }) => ({ reported: { y: tf.square(x!) } });
    expect(recordProgram(program, {}, inputs).nodes[0]).not.to.have.property("where");
    const [node] = recordProgram(program, {}, inputs, { lines: true }).nodes;
    expect(node?.where).to.match(/record-program\.test\.ts:\d+:\d+$/u);
  });

  it("gives equal graphs each time", () => {
    const program: Program = ({ weight }, { x }, noise) => ({
      reported: { y: tf.mul(tf.matMul(x as tf.Tensor2D, weight as tf.Tensor2D), noise.uniform([3, 2])) },
    });
    expect(recordProgram(program, carried, inputs)).to.deep.equal(recordProgram(program, carried, inputs));
  });
});

describe("After a recording", () => {
  const escaped: tf.Tensor[] = [];
  const endings: Readonly<Record<string, Program>> = {
    "that succeeds": (_, { x }) => {
      const y = tf.tidy(() => tf.tidy(() => tf.square(tf.clone(x!))));
      const copies = [tf.clone(y), tf.clone(tf.clone(y))];
      copies[0]?.dispose();
      y.dispose();
      return { reported: { y: copies[1]! } };
    },
    "that throws": (_, { x }) => {
      escaped.push(tf.keep(tf.square(x!)));
      throw new RangeError("no");
    },
    "that throws on the way back": (_, { x }) => ({
      reported: {
        y: tf.grad((given) =>
          tf.customGrad(() => ({
            value: tf.sum(given),
            gradFunc: () => {
              throw new RangeError("no");
            },
          }))(given),
        )(x!),
      },
    }),
    "that is refused": (_, { x }) => ({ reported: { y: tf.tensor1d([...x!.dataSync()]) } }),
    "that keeps a tensor": (_, { x }) => {
      escaped.push(tf.keep(tf.add(x!, 1)));
      return { reported: {} };
    },
    "that makes a variable": (_, { x }) => ({ reported: { y: tf.variable(x!) } }),
  };
  for (const [ending, program] of Object.entries(endings)) {
    it(`${ending}, no tensor of it is left, and the backend and its tensors are as they were`, () => {
      tf.tidy(() => {
        const mine = tf.tensor1d([1, 2, 3]);
        const before = {
          ...tf.memory(),
          backend: tf.getBackend(),
          variables: Object.keys(tf.engine().registeredVariables),
        };
        try {
          recordProgram(program, carried, inputs);
        } catch {
          // Some do.
        }
        const after = {
          ...tf.memory(),
          backend: tf.getBackend(),
          variables: Object.keys(tf.engine().registeredVariables),
        };
        expect(after).to.deep.equal(before);
        expect(traceBackend().numDataIds()).to.equal(0);
        expect([...tf.square(mine).dataSync()]).to.deep.equal([1, 4, 9]);
        for (const tensor of escaped.splice(0)) tensor.dispose();
        expect(tf.memory().numTensors, "with the square").to.equal(before.numTensors + 1);
      });
    });
  }

  it("an error of the program itself is passed on as it is", () => {
    const program: Program = () => {
      throw new RangeError("mine");
    };
    expect(() => recordProgram(program, {}, {})).to.throw(RangeError, "mine");
  });

  it("a kernel that cannot be recorded is named with the user's line", () => {
    const program: Program = (_, { x }) => ({ reported: { y: tf.multinomial(x as tf.Tensor2D, 1, 3) } });
    expect(() => recordProgram(program, {}, inputs))
      .to.throw(TraceError, "Multinomial")
      .with.property("where")
      .that.matches(/record-program\.test\.ts/u);
  });

  it("operations run on the backend again", () => {
    expect(kernels((_, { x }) => ({ reported: { y: tf.neg(x!) } }))).to.deep.equal(["Neg"]);
    tf.tidy(() => {
      expect([...tf.neg(tf.scalar(2)).dataSync()]).to.deep.equal([-2]);
    });
  });
});

describe("Shapes that do not fit", () => {
  const wrong: Readonly<Record<string, readonly [program: Program, message: RegExp]>> = {
    "of a product": [
      (_, { x }) => ({ reported: { y: tf.matMul(x as tf.Tensor2D, x as tf.Tensor2D) } }),
      /inner shapes \(2\) and \(3\)/u,
    ],
    "of a reshape": [(_, { x }) => ({ reported: { y: tf.reshape(x!, [4]) } }), /Size|size|elements/u],
    "of a slice": [(_, { x }) => ({ reported: { y: tf.slice(x!, 1, 3) } }), /slice/iu],
    "of a sum": [(_, { x }) => ({ reported: { y: tf.add(x!, tf.tensor1d([1, 2, 3])) } }), /broadcast/u],
  };
  for (const [name, [program, message]] of Object.entries(wrong))
    it(`${name} are an error of the program, as elsewhere`, () => {
      expect(() => recordProgram(program, carried, inputs))
        .to.throw(Error, message)
        .and.not.instanceOf(TraceError);
    });
});
