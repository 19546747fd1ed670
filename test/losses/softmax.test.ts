import { expect } from "chai";
import { SoftmaxLoss } from "likewise/losses";
import { ConfigError } from "../../lib/errors.js";
import { Random } from "../../lib/random.js";
import type { HostTensor } from "../../lib/tensor/host.js";
import { expectClose } from "../support/close.js";
import { centralDifferences, type Matrix } from "../support/gradient.js";
import { judge, randomRows } from "../support/loss.js";
import { dot, length } from "../support/plain-distance.js";
import { kernelOf, plainProxyLoss } from "../support/plain-softmax.js";
import { readGolden } from "../support/shared.js";
import { SIX_ROW_CLASSES, SIX_ROW_KERNEL, SIX_ROWS } from "../support/six-rows.js";

/** The loss in plain loops; the kernel has a column a group. */
function plain(
  rows: Matrix,
  kernel: Matrix,
  groups: readonly number[],
  temperature: number,
  normalize: boolean,
): number {
  return plainProxyLoss(
    rows,
    kernel,
    groups,
    (row, proxy) => dot(row, proxy) / (normalize ? length(row) * length(proxy) : 1) / temperature,
  );
}

describe("SoftmaxLoss", () => {
  it("gives the known number of the six-row fixture", () => {
    const found = judge(new SoftmaxLoss({ embeddingSize: 3, groups: 3 }), {
      embeddings: SIX_ROWS,
      targets: { groups: SIX_ROW_CLASSES },
      parameters: kernelOf(SIX_ROW_KERNEL),
    });
    expectClose(found.value, 2.4413836);
  });

  for (const normalize of [false, true]) {
    it(`equals plain loops, value and both gradients${normalize ? ", normalized" : ""}`, () => {
      const random = new Random(`softmax ${normalize}`);
      const rows = randomRows(random, 7, 4);
      const kernel = randomRows(random, 4, 5);
      const groups = [0, 1, 2, 3, 4, 0, 0];
      const loss = new SoftmaxLoss({
        embeddingSize: 4,
        groups: ["a", "b", "c", "d", "e"],
        temperature: 0.3,
        normalize,
      });
      const found = judge(loss, { embeddings: rows, targets: { groups }, parameters: kernelOf(kernel) });
      expectClose(found.value, plain(rows, kernel, groups, 0.3, normalize));
      expect(found.weight).to.equal(7);
      const tolerance = { relative: 1e-3, absolute: 1e-5 };
      expectClose(
        found.gradient,
        centralDifferences((at) => plain(at, kernel, groups, 0.3, normalize), rows),
        tolerance,
      );
      const byKernel = centralDifferences((at) => plain(rows, at, groups, 0.3, normalize), kernel);
      expectClose(found.parameterGradients["kernel"], byKernel, tolerance);
    });
  }

  it("equals Quaterion, values and gradients", function () {
    const cases = readGolden("quaterion/loss_SoftmaxLoss");
    if (cases === null) return this.skip();
    for (const { tag, config, inputs, expected64 } of cases) {
      const loss = new SoftmaxLoss({
        embeddingSize: config["embedding_size"] as number,
        groups: config["num_groups"] as number,
        temperature: config["temperature"] as number,
      });
      const found = judge(loss, {
        embeddings: inputs["embeddings"] as Matrix,
        targets: { groups: inputs["groups"] as number[] },
        parameters: kernelOf(inputs["kernel"] as Matrix),
      });
      if (tag === "group_out_of_range") {
        expect(found.value).to.equal(Infinity); // an error there
        continue;
      }
      const largest = Math.max(1, ...(expected64?.["grad_kernel"] as number[][]).flat().map(Math.abs));
      expectClose(found.value, expected64?.["loss"], { what: tag });
      expectClose(found.gradient, expected64?.["grad_embeddings"], { relative: 1e-4, absolute: 1e-5, what: tag });
      expectClose(found.parameterGradients["kernel"], expected64?.["grad_kernel"], {
        relative: 1e-4,
        absolute: 1e-5 * largest,
        what: tag,
      });
    }
  });

  it("normalized, equals NormalizedSoftmaxLoss of pytorch-metric-learning, values and gradients", function () {
    const cases = readGolden("pml/loss_NormalizedSoftmaxLoss");
    if (cases === null) return this.skip();
    for (const { tag, config, inputs, expected64 } of cases) {
      if (tag === "weight_regularizer") continue;
      const kernel = (inputs["weights"] as { W: Matrix }).W;
      const loss = new SoftmaxLoss({
        embeddingSize: kernel.length,
        groups: config["num_classes"] as number,
        temperature: (config["temperature"] as number | undefined) ?? 0.05,
        normalize: true,
      });
      const embeddings = inputs["embeddings"] as Matrix;
      const found = judge(loss, {
        embeddings,
        targets: { groups: inputs["labels"] as number[] },
        parameters: kernelOf(kernel),
      });
      expectClose(found.value, expected64?.["loss"], { what: tag });
      expectClose(found.parameterGradients["kernel"], expected64?.["grad_W"], {
        relative: 1e-4,
        absolute: 2e-5,
        what: tag,
      });
      if (tag !== "zero_vector")
        expectClose(found.gradient, expected64?.["grad_embeddings"], { relative: 1e-4, absolute: 2e-5, what: tag });
    }
  });

  it("starts with small random proxies of the right shape, the same for the same seed", () => {
    const loss = new SoftmaxLoss({ embeddingSize: 6, groups: ["x", "y", "z"] });
    const { kernel } = loss.initialize(new Random(1)).parameters as { kernel: HostTensor };
    expect(kernel.shape).to.deep.equal([6, 3]);
    expect(Math.max(...kernel.data.map(Math.abs))).to.be.within(0.005, 0.06);
    expect(loss.initialize(new Random(1)).parameters).to.deep.equal({ kernel });
    expect(loss.initialize(new Random(2)).parameters).to.not.deep.equal({ kernel });
  });

  it("is made by the context that configureLoss gets, and stores the count", () => {
    const context = { embeddingSize: 8, groups: ["a", 2, "c"] };
    expect(new SoftmaxLoss(context).config).to.deep.equal({
      embeddingSize: 8,
      groups: 3,
      temperature: 0.05,
      normalize: false,
    });
    expect(() => new SoftmaxLoss({ embeddingSize: 0, groups: [], temperature: 0 }))
      .to.throw(ConfigError, /groups: expected a whole number of at least 1, got 0/)
      .with.property("problems")
      .that.has.length(3);
  });
});
