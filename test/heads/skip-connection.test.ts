import { SkipConnectionHead } from "likewise/heads";
import * as tf from "likewise/tf";
import { Random } from "../../lib/random.js";
import { expectClose } from "../support/close.js";
import { modeOf, tensorOf, uploadTree } from "../support/part.js";

describe("SkipConnectionHead", () => {
  const size = 4;
  const head = new SkipConnectionHead(size, { layers: 2 });
  const parameters = head.initialize(new Random(3)).parameters;

  it("folds the way around into the kernel for many rows in training, with the same values and gradients", () => {
    tf.tidy(() => {
      const x = tf.tensor2d(new Random(4).normals(9 * size), [9, size]);
      const tree = uploadTree(parameters) as { [layer: string]: { [name: string]: tf.Tensor } };
      const layers = ["layer0", "layer1"].map((name) => tree[name]!);
      const gates = layers.map(({ gate }) => tf.add(gate!, 3)); // open enough that everything counts
      const leaves = layers.flatMap(({ kernel, bias }, at) => [kernel!, tf.add(bias!, 0.3), gates[at]!]);
      const weights = tf.tensor2d(new Random(5).normals(9 * size), [9, size]);
      const run = (training: boolean, rows: tf.Tensor2D, given: readonly tf.Tensor[]): tf.Tensor2D => {
        const [kernel, bias, gate, kernel1, bias1, gate1] = given;
        const all = { layer0: { kernel, bias, gate }, layer1: { kernel: kernel1, bias: bias1, gate: gate1 } };
        return tensorOf(head.apply(all as never, rows, modeOf(training))) as tf.Tensor2D;
      };
      const both = [true, false].map((training) => {
        const gradients = tf.grads((rows, ...given) =>
          tf.sum(tf.mul(run(training, rows as tf.Tensor2D, given), weights)),
        );
        return [run(training, x, leaves), ...gradients([x, ...leaves])];
      });
      both[0]!.forEach((value, at) => expectClose(value.dataSync(), [...both[1]![at]!.dataSync()]));
    });
  });
});
