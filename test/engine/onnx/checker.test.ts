import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { VectorEncoder } from "likewise/encoders";
import { SkipConnectionHead } from "likewise/heads";
import { MultipleNegativesRankingLoss } from "likewise/losses";
import { adam } from "likewise/optim";
import * as tf from "likewise/tf";
import type { Program } from "../../../lib/contracts/engine.js";
import { toOnnx } from "../../../lib/engine/onnx/to-onnx.js";
import { recordProgram } from "../../../lib/engine/trace/trace-program.js";
import type { HostTensors } from "../../../lib/tensor/host.js";
import { temporaryFolder } from "../../support/folder.js";
import { pythonWithOnnx } from "../../support/python-onnx.js";
import { floats, integers } from "./kernel-cases.js";
import { frozenRows, stepOf } from "./step-cases.js";

const CHECK = "import onnx, sys; [onnx.checker.check_model(onnx.load(path), full_check=True) for path in sys.argv[1:]]";

describe("The checker of the onnx package", () => {
  it("accepts models of steps and of kernels of every sort", async function () {
    const python = pythonWithOnnx(this);
    const { programs, carried, inputs } = stepOf({
      encoders: [["default", new VectorEncoder(6)]],
      head: new SkipConnectionHead(6, { dropout: 0.1 }),
      loss: new MultipleNegativesRankingLoss({ learnScale: true }),
      optimizer: adam(),
      inputs: frozenRows(8, 6),
      targets: { labels: [1, 1, 0, 1], subgroups: [0, 1, 2, 3, 0, 1, 2, 3] },
    });
    const image: HostTensors = { x: floats([2, 6, 7, 3]), filter: floats([3, 3, 3, 4]) };
    const convolution: Program = (_carried, { x, filter }) => {
      const [byInput, byFilter] = tf.grads((...given: tf.Tensor[]) => {
        const [pixels, kernel] = given as [tf.Tensor4D, tf.Tensor4D];
        return tf.sum(tf.maxPool(tf.avgPool(tf.conv2d(pixels, kernel, 2, "same"), 2, 1, "same"), 2, 1, "valid"));
      })([x as tf.Tensor, filter as tf.Tensor]);
      return { reported: { byInput: byInput as tf.Tensor, byFilter: byFilter as tf.Tensor } };
    };
    const table: HostTensors = { x: floats([2, 5, 4]), ids: integers([2, 3], 0, 5) };
    const lookups: Program = (_carried, { x, ids }) => ({
      reported: {
        product: tf.matMul(x as tf.Tensor3D, x as tf.Tensor3D, false, true),
        gathered: tf.gather(x as tf.Tensor, ids as tf.Tensor2D, 1, 1),
        slope: tf.grad((given: tf.Tensor) => tf.sum(tf.gather(given, ids as tf.Tensor2D, 1)))(x as tf.Tensor),
        ...{ hot: tf.oneHot(ids as tf.Tensor, 5), sorted: tf.topk(x as tf.Tensor, 2).indices },
        ...{ quotient: tf.floorDiv(ids as tf.Tensor, ids as tf.Tensor), truth: tf.any(tf.isNaN(x as tf.Tensor), 1) },
        ...{ turned: tf.reverse(x as tf.Tensor, 1), padded: tf.pad(x as tf.Tensor, [[0, 1], [2, 0], [0, 0]]) }, // prettier-ignore
        ...{ product3: tf.cumprod(x as tf.Tensor, 1), sums: tf.cumsum(x as tf.Tensor, 1, true) },
      },
    });
    const graphs = [
      ...(["step", "accumulate", "update", "evaluate", "diagnose"] as const).map((name) =>
        recordProgram(programs[name], carried, inputs),
      ),
      recordProgram(convolution, {}, image),
      recordProgram(lookups, {}, table),
    ];
    await using folder = await temporaryFolder();
    const paths = await Promise.all(
      graphs.map(async (graph, at) => {
        const path = join(folder.path, `${at}.onnx`);
        await writeFile(path, toOnnx(graph, { metadata: { made: "by a test" } }).bytes);
        return path;
      }),
    );
    execFileSync(python, ["-c", CHECK, ...paths], { stdio: "pipe" });
  });
});
