import { expect } from "chai";
import * as tf from "likewise/tf";
import { takeRowsApart } from "../../../../lib/engine/trace/passes/rows-apart.js";
import { removeDeadNodes } from "../../../../lib/engine/trace/passes/dead-nodes.js";
import { left, type Inputs } from "./passed.js";

const passes = [takeRowsApart, removeDeadNodes] as const;
const first = (): tf.Tensor1D => tf.tensor1d([2, 0, 1], "int32");
const second = (): tf.Tensor1D => tf.tensor1d([0, 0, 2], "int32");
const both = (): tf.Tensor1D => tf.concat1d([first(), second()]);

describe("Rows of several lists of places", () => {
  it("are looked up list by list when they are used so", () => {
    const make = ({ x }: Inputs) => {
      const [one, other] = tf.split(tf.gather(x, both()), 2) as [tf.Tensor, tf.Tensor];
      return { one, other };
    };
    expect(left(make, ...passes)).to.deep.equal(["GatherV2", "GatherV2"]);
  });

  it("are looked up together when they are used so too, or are taken apart otherwise", () => {
    const used = ({ x }: Inputs) => {
      const rows = tf.gather(x, both());
      return { rows, half: tf.split(rows, 2)[0] as tf.Tensor };
    };
    expect(left(used, ...passes)).to.include("SplitV");
    const unequal = ({ x }: Inputs) => tf.split(tf.gather(x, both()), [2, 4])[1] as tf.Tensor;
    expect(left(unequal, ...passes)).to.include("SplitV");
    const columns = ({ x }: Inputs) => tf.split(tf.gather(x, both()), 2, 1)[1] as tf.Tensor;
    expect(left(columns, ...passes)).to.include("SplitV");
    const ofColumns = ({ x }: Inputs) => tf.split(tf.gather(x, both(), 1), 3)[1] as tf.Tensor;
    expect(left(ofColumns, ...passes)).to.include("SplitV");
  });

  it("are added to list by list when they were made so", () => {
    const make = ({ x, y }: Inputs) => tf.unsortedSegmentSum(tf.concat([x, y]), both(), 5);
    expect(left(make, ...passes)).to.deep.equal(["UnsortedSegmentSum", "UnsortedSegmentSum", "Add"]);
    const three = ({ x, y }: Inputs) =>
      tf.unsortedSegmentSum(tf.concat([x, y, tf.neg(x)]), tf.concat1d([both(), first()]), 5);
    expect(left(three, ...passes)).to.include("Concat");
    const again = ({ x, y }: Inputs) => {
      const rows = tf.concat([x, y]);
      return { rows, sums: tf.unsortedSegmentSum(rows, both(), 5) };
    };
    expect(left(again, ...passes)).to.include("Concat");
  });
});
