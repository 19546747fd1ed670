import { expect } from "chai";
import * as tf from "likewise/tf";
import { removeDeadNodes } from "../../../../lib/engine/trace/passes/dead-nodes.js";
import { gatherOffsets } from "../../../../lib/engine/trace/passes/offsets.js";
import { kernelsOf, left, passed } from "./passed.js";

const passes = [gatherOffsets, removeDeadNodes] as const;

describe("Offsets", () => {
  it("cancel", () => {
    expect(left(({ x }) => tf.exp(tf.sub(1, tf.sub(1, x))), ...passes)).to.deep.equal(["Exp"]);
    expect(left(({ x }) => tf.exp(tf.sub(tf.add(x, 0.5), 0.5)), ...passes)).to.deep.equal(["Exp"]);
  });

  it("are added up", () => {
    const added = passed(({ x }) => tf.add(tf.sub(tf.add(3, x), 1), 0.5), ...passes);
    expect(kernelsOf(added)).to.deep.equal(["Add"]);
    expect(added.constants.map(({ data }) => data[0])).to.deep.equal([2.5]);
    const subtracted = passed(({ x }) => tf.sub(tf.sub(2, x), 0.5), ...passes);
    expect(kernelsOf(subtracted)).to.deep.equal(["Sub"]);
    expect(subtracted.constants.map(({ data }) => data[0])).to.deep.equal([1.5]);
  });

  it("that are large stay, because they hide or round something", () => {
    expect(left(({ x }) => tf.sub(tf.add(x, 2 ** 23), 2 ** 23), ...passes)).to.deep.equal(["Add", "Sub"]);
  });

  it("that are not known stay", () => {
    expect(left(({ x, s }) => tf.sub(tf.add(x, s), s), ...passes)).to.deep.equal(["Add", "Sub"]);
    expect(left(({ row }) => tf.sub(tf.add(row, tf.fill([3, 4], 2)), 2), ...passes)).to.deep.equal([
      "Fill",
      "Add",
      "Sub",
    ]);
  });
});
