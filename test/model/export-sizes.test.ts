import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import type { Mode, SimilarityModel } from "likewise";
import { VectorEncoder } from "likewise/encoders";
import { IdentityHead } from "likewise/heads";
import * as tf from "likewise/tf";
import { prepareBackend } from "../../lib/tensor/backend.js";
import { expectClose } from "../support/close.js";
import { failure } from "../support/failure.js";
import { temporaryFolder } from "../support/folder.js";
import { onnxRuntime } from "../support/onnx-runtime.js";
import { runFile, vectors } from "./exported-file.js";
import { modelOf } from "./untrained-model.js";

describe("An exported head of one's own", () => {
  before(async () => {
    await prepareBackend();
  });

  /** A head of one's own without parameters. */
  const headOf = (apply: (x: tf.Tensor2D, mode: Mode) => tf.Tensor): SimilarityModel<number[]> => {
    class OwnHead extends IdentityHead {
      override apply(_: Record<string, never>, input: tf.Tensor2D, mode: Mode): tf.Tensor2D {
        return apply(input, mode) as tf.Tensor2D;
      }
    }
    return modelOf({ default: new VectorEncoder(5) }, (size) => new OwnHead(size));
  };

  const bySize: Readonly<Record<string, (x: tf.Tensor2D) => tf.Tensor>> = {
    "a single item": (x) => (x.shape[0] > 1 ? tf.sub(x, 1) : x),
    "a single item, by a number": (x) => tf.sub(x, x.shape[0] > 1 ? 1 : 2),
    "a single item, by a setting": (x) => tf.leakyRelu(x, x.shape[0] > 1 ? 0.1 : 0.2),
    "a few items": (x) => (x.shape[0] < 20 ? tf.neg(x) : x),
    "an even number of items": (x) => (x.shape[0] % 2 === 0 ? tf.square(x) : x),
    "the number of items up to 100": (x) => tf.mul(x, Math.min(x.shape[0], 100)),
    "the items up to 100": (x) => tf.sub(x, tf.mean(tf.slice(x, 0, Math.min(x.shape[0], 100)), 0, true)),
  };
  for (const [what, apply] of Object.entries(bySize)) {
    it(`refuses a head that does something else for ${what}`, async () => {
      await using folder = await temporaryFolder();
      await using model = headOf(apply);
      const failed = await failure(model.exportOnnx(join(folder.path, "model.onnx")));
      expect(failed).to.have.property("code", "ENGINE");
      expect(failed.message).to.match(/depends on how many there are \(for (1|2|64): .*\{ batch: 32 \}/u);
      expect(await readdir(folder.path)).to.deep.equal([]);
      await model.exportOnnx(join(folder.path, "model.onnx"), { batch: 1 });
    });
  }

  it("takes heads that are as large as their input, and what tfjs leaves out where it would do nothing", async function () {
    const runtime = await onnxRuntime(this);
    await using folder = await temporaryFolder();
    const path = join(folder.path, "model.onnx");
    const heads: readonly ((x: tf.Tensor2D) => tf.Tensor)[] = [
      (x) => tf.where(tf.greater(x, 0), tf.tensor2d([[1, 2, 3, 4, 5]]), x),
      (x) =>
        tf.add(
          tf.concat([tf.ones([x.shape[0], 1]), tf.slice(x, [0, 1], [-1, 4])], 1),
          tf.broadcastTo(tf.tensor1d([1, 2, 3, 4, 5]), x.shape),
        ),
      (x) => tf.reshape(tf.transpose(tf.expandDims(tf.tile(x, [1, 1]), 1), [1, 0, 2]), [-1, 5]),
      (x) => tf.add(x, tf.mul(tf.expandDims(tf.range(0, x.shape[0]), 1), 0.5)),
      (x) => tf.sub(x, tf.logSumExp(x, 0, true)),
      (x) => tf.sub(x, tf.unstack(tf.split(tf.stack([x, tf.neg(x)]), 2, 0)[1] as tf.Tensor)[0] as tf.Tensor),
    ];
    for (const apply of heads) {
      await using model = headOf(apply);
      await model.exportOnnx(path);
      for (const count of [1, 2, 7]) {
        const items = vectors(count, 5);
        expectClose(await runFile(runtime, path, model, items), (await model.encode(items)).data, { absolute: 1e-6 });
      }
    }
  });

  it("refuses a head that draws random numbers outside of training", async () => {
    await using folder = await temporaryFolder();
    await using model = headOf((x, { noise }) => tf.add(x, noise.uniform(x.shape)));
    for (const batch of ["dynamic", 4] as const) {
      const failed = await failure(model.exportOnnx(join(folder.path, "model.onnx"), { batch }));
      expect(failed).to.have.property("code", "TRACE");
      expect(failed.message).to.match(/random numbers.*mode\.training.*export-sizes\.test\.ts:\d+/u);
    }
    expect(await readdir(folder.path)).to.deep.equal([]);
  });
});
