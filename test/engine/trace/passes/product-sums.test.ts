import { expect } from "chai";
import * as tf from "likewise/tf";
import { fuseSums } from "../../../../lib/engine/trace/passes/product-sums.js";
import { removeDeadNodes } from "../../../../lib/engine/trace/passes/dead-nodes.js";
import { kernelsOf, left, passed, type Inputs } from "./passed.js";

const passes = [fuseSums, removeDeadNodes] as const;
const product = ({ x, square }: Inputs, other = square): tf.Tensor2D =>
  tf.matMul(x as tf.Tensor2D, other as tf.Tensor2D);

describe("A sum with a product", () => {
  const forms: Readonly<Record<string, [make: (given: Inputs) => tf.Tensor, signs: object]>> = {
    "A·B + C": [(given) => tf.add(product(given), given.y), {}],
    "C + A·B": [(given) => tf.add(given.y, product(given)), {}],
    "A·B - C": [(given) => tf.sub(product(given), given.y), { beta: -1 }],
    "C - A·B": [(given) => tf.sub(given.y, product(given)), { alpha: -1 }],
  };
  for (const [name, [make, signs]] of Object.entries(forms)) {
    it(`is one product: ${name}`, () => {
      const graph = passed(make, ...passes);
      expect(kernelsOf(graph)).to.deep.equal(["_FusedMatMul"]);
      const { alpha, beta } = graph.nodes[0]?.attributes ?? {};
      expect(JSON.parse(JSON.stringify({ alpha, beta }))).to.deep.equal(signs);
    });
  }

  it("of two products starts from the one that was made first", () => {
    const both = (given: Inputs): tf.Tensor => tf.sub(product(given), product(given, tf.relu(given.square)));
    expect(left(both, ...passes)).to.deep.equal(["BatchMatMul", "Relu", "_FusedMatMul"]);
  });

  it("stays when something else reads the product, or what is added has another shape, or one row or column", () => {
    const read = (given: Inputs): Record<string, tf.Tensor> => {
      const made = product(given);
      return { made, sum: tf.add(made, given.y) };
    };
    expect(left(read, ...passes)).to.deep.equal(["BatchMatMul", "Add"]);
    expect(left((given) => tf.add(product(given), given.column), ...passes)).to.deep.equal(["BatchMatMul", "Add"]);
    const narrow = ({ y, row, column }: Inputs): tf.Tensor =>
      tf.add(tf.matMul(y as tf.Tensor2D, tf.reshape(row, [4, 1])), column);
    expect(left(narrow, ...passes).at(-1)).to.equal("Add");
  });
});
