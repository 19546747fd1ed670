import { expect } from "chai";
import * as tf from "likewise/tf";
import { shareCommonNodes } from "../../../../lib/engine/trace/passes/common-nodes.js";
import { left, passed } from "./passed.js";

describe("Common nodes", () => {
  it("are computed once, whatever order their inputs are in where that does not matter", () => {
    const kernels = left(({ x, y }) => tf.sub(tf.exp(tf.add(x, y)), tf.exp(tf.add(y, x))), shareCommonNodes);
    expect(kernels).to.deep.equal(["Add", "Exp", "Sub"]);
    expect(left(({ x, y }) => tf.mul(tf.sub(x, y), tf.sub(y, x)), shareCommonNodes)).to.deep.equal([
      "Sub",
      "Sub",
      "Multiply",
    ]);
  });

  it("have the same constants, types and attributes", () => {
    const graph = passed(
      ({ x }) => ({
        a: tf.add(tf.add(x, 2), tf.add(x, 2)),
        b: tf.add(tf.sum(x, 0), tf.sum(x, 0)),
        c: tf.sum(x, 1),
        d: tf.clipByValue(x, -0, 1),
        e: tf.clipByValue(x, 0, 1),
        f: tf.cast(tf.add(tf.cast(x, "int32"), tf.scalar(2, "int32")), "float32"),
      }),
      shareCommonNodes,
    );
    expect(graph.constants.map(({ value }) => value.dtype)).to.deep.equal(["float32", "int32"]);
    expect(graph.nodes.filter(({ kernel }) => kernel === "Sum")).to.have.length(2);
    expect(graph.nodes.filter(({ kernel }) => kernel === "ClipByValue")).to.have.length(2);
  });

  it("may be outputs, and have several outputs themselves", () => {
    const graph = passed(
      ({ x }) => ({ a: tf.square(x), b: tf.square(x), c: tf.topk(x, 2).values, d: tf.topk(x, 2).indices }),
      shareCommonNodes,
    );
    expect(graph.nodes).to.have.length(2);
    expect(graph.outputs.get("reported/a")).to.equal(graph.outputs.get("reported/b"));
  });

  it("leave a graph without any as it is", () => {
    const graph = passed(({ x }) => tf.square(x));
    expect(shareCommonNodes(graph)).to.equal(graph);
  });
});
