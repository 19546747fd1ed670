import { expect } from "chai";
import * as tf from "likewise/tf";
import type { Program } from "../../lib/contracts/engine.js";
import { viewInputs } from "../../lib/engine/input-views.js";
import { recordProgram } from "../../lib/engine/trace/record-program.js";
import { Random } from "../../lib/random.js";
import { hostTensor } from "../../lib/tensor/host.js";
import { interpret, runDirectly } from "../support/interpret.js";

const inputs = {
  x: hostTensor(new Random("x").normals(24), [6, 4]),
  y: hostTensor(new Random("y").normals(8), [2, 4]),
};

describe("An input that a graph takes apart by rows", () => {
  const thirds: Program = (_, { x, y }) => {
    const [first, second, third] = tf.split(x as tf.Tensor, 3, 0) as [tf.Tensor, tf.Tensor, tf.Tensor];
    const [again] = tf.split(x as tf.Tensor, 3, 0) as [tf.Tensor];
    return { reported: { sum: tf.add(tf.sub(first, third), y as tf.Tensor), again: tf.mul(again, 2), second } };
  };

  it("is given in parts, with the places where they start", () => {
    const { graph, views } = viewInputs(recordProgram(thirds, {}, inputs));
    expect([...views]).to.deep.equal([
      ["input/x/part0of3", { of: "input/x", start: 0 }],
      ["input/x/part1of3", { of: "input/x", start: 8 }],
      ["input/x/part2of3", { of: "input/x", start: 16 }],
    ]);
    expect(graph.nodes.map(({ kernel }) => kernel)).not.to.include("SplitV");
    const given = Object.fromEntries([
      ...Object.entries(inputs).map(([name, tensor]) => [`input/${name}`, tensor] as const),
      ...[...views].map(
        ([name, { start }]) => [name, hostTensor(inputs.x.data.slice(start, start + 8), [2, 4])] as const,
      ),
    ]);
    expect(interpret(graph, given)).to.deep.equal(runDirectly(thirds, {}, inputs));
  });

  it("stays whole when it is taken apart by columns, or in unequal parts, or is carried, or was computed", () => {
    for (const make of [
      ({ x }: { x: tf.Tensor }) => tf.split(x, 2, 1),
      ({ x }: { x: tf.Tensor }) => tf.split(x, [2, 4], 0),
      ({ x }: { x: tf.Tensor }) => tf.split(tf.neg(x), 2, 0),
    ]) {
      const program: Program = (_, given) => {
        const [first, second] = make(given as { x: tf.Tensor }) as [tf.Tensor, tf.Tensor];
        return { reported: { first: tf.neg(first), second: tf.neg(second) } };
      };
      const graph = recordProgram(program, {}, inputs);
      expect(viewInputs(graph).graph).to.equal(graph);
    }
    const carried: Program = (held) => ({ reported: { first: tf.neg(tf.split(held["x"] as tf.Tensor, 2, 0)[0]!) } });
    expect(viewInputs(recordProgram(carried, inputs, {})).views.size).to.equal(0);
  });
});
