import { expect } from "chai";
import { OnnxBuilder } from "../../../lib/engine/onnx/builder.js";
import { encodeModel } from "../../../lib/engine/onnx/model.js";
import { binary } from "../../../lib/engine/onnx/operations.js";
import { subgraph } from "../../../lib/engine/onnx/subgraph.js";
import { onnxRuntime, openModel, type Runtime } from "../../support/onnx-runtime.js";

const x = { name: "x", type: "float32", shape: [2, 2] } as const;
const yes = { name: "yes", type: "bool", shape: [] } as const;
const also = { name: "also", type: "bool", shape: [] } as const;

describe("A graph within a node", () => {
  let runtime: Runtime;
  before(async function () {
    runtime = await onnxRuntime(this);
  });

  it("reads what is round it at any depth, constants of its own, and operators of ONNX Runtime alone", async () => {
    const g = new OnnxBuilder();
    const doubled = binary(g, "Add", x, x);
    const deep = (inner: OnnxBuilder, name: string) => ({
      then_branch: {
        graph: subgraph(inner, `${name}/then`, {
          shared: [doubled],
          write: (deepest, _given, [given]) => [
            deepest.addMicrosoft("FusedMatMul", [given!, given!], x, { transB: 1n, alpha: 0.5 }),
          ],
        }),
      },
      else_branch: {
        graph: subgraph(inner, `${name}/else`, { shared: [doubled], write: (_deepest, _given, same) => same }),
      },
    });
    const outer = {
      then_branch: {
        graph: subgraph(g, "outer/then", {
          shared: [also, doubled],
          write: (inner, _given, [condition, given]) => {
            const more = binary(inner, "Add", given!, inner.scalar(1));
            const branches = deep(inner, "inner");
            return inner.addAll("If", [condition!, more], [x], branches);
          },
        }),
      },
      else_branch: {
        graph: subgraph(g, "outer/else", {
          shared: [also, doubled],
          write: (inner) => [inner.splat(7, "float32", [2, 2])],
        }),
      },
    };
    const [result] = g.addAll("If", [yes, also, doubled], [x], outer);
    const bytes = encodeModel({
      ...{ name: "nested", nodes: g.nodes, initializers: g.initializers, metadata: {} },
      ...{ inputs: [x, yes, also], outputs: [result!] },
    });
    const session = await openModel(runtime, bytes);
    const run = async (...conditions: readonly [boolean, boolean]): Promise<number[]> => {
      const [first, second] = conditions.map((value) => new runtime.Tensor("bool", [value], []));
      const feeds = {
        x: new runtime.Tensor("float32", Float32Array.of(1, 2, 3, 4), [2, 2]),
        yes: first!,
        also: second!,
      };
      return [...((await session.run(feeds))[result!.name]?.data as Float32Array)];
    };
    try {
      expect(await run(false, true)).to.eql([7, 7, 7, 7]);
      expect(await run(true, false)).to.eql([3, 5, 7, 9]);
      expect(await run(true, true)).to.eql([17, 33, 33, 65]);
    } finally {
      await session.release();
    }
  });
});
