import { expect } from "chai";
import { ArcFaceLoss } from "likewise/losses";
import { ConfigError } from "../../lib/errors.js";
import { Random } from "../../lib/random.js";
import { expectClose } from "../support/close.js";
import { centralDifferences, type Matrix } from "../support/gradient.js";
import { judge, randomRows } from "../support/loss.js";
import { dot, length } from "../support/plain-distance.js";
import { kernelOf, plainProxyLoss } from "../support/plain-softmax.js";
import { readGolden } from "../support/shared.js";
import { SIX_ROW_CLASSES, SIX_ROW_KERNEL, SIX_ROWS } from "../support/six-rows.js";

/** The loss in plain loops, by the angle itself; the kernel has a column a group. */
function plain(rows: Matrix, kernel: Matrix, groups: readonly number[], scale: number, margin: number): number {
  return plainProxyLoss(rows, kernel, groups, (row, proxy, own) => {
    const cosine = dot(row, proxy) / (length(row) * length(proxy));
    if (!own) return scale * cosine;
    const angle = Math.acos(cosine);
    return scale * (angle < Math.PI - margin ? Math.cos(angle + margin) : cosine - margin * Math.sin(margin));
  });
}

describe("ArcFaceLoss", () => {
  it("gives the known number of the six-row fixture", () => {
    const found = judge(new ArcFaceLoss({ embeddingSize: 3, groups: 3 }), {
      embeddings: SIX_ROWS,
      targets: { groups: SIX_ROW_CLASSES },
      parameters: kernelOf(SIX_ROW_KERNEL),
    });
    expectClose(found.value, 61.7345651);
  });

  it("equals plain loops, value and both gradients", () => {
    const random = new Random("arcface");
    const rows = randomRows(random, 8, 4);
    const kernel = randomRows(random, 4, 5);
    const groups = [0, 1, 2, 3, 4, 0, 0, 2];
    const loss = new ArcFaceLoss({ embeddingSize: 4, groups: 5, scale: 8, margin: 0.7 });
    const found = judge(loss, { embeddings: rows, targets: { groups }, parameters: kernelOf(kernel) });
    expectClose(found.value, plain(rows, kernel, groups, 8, 0.7));
    expect(found.weight).to.equal(8);
    const tolerance = { relative: 1e-3, absolute: 1e-4 };
    expectClose(
      found.gradient,
      centralDifferences((at) => plain(at, kernel, groups, 8, 0.7), rows),
      tolerance,
    );
    const byKernel = centralDifferences((at) => plain(rows, at, groups, 8, 0.7), kernel);
    expectClose(found.parameterGradients["kernel"], byKernel, tolerance);
  });

  it("rises all the way as an embedding turns away from its group, past π - margin too", () => {
    const loss = new ArcFaceLoss({ embeddingSize: 3, groups: 2, scale: 10, margin: 0.5 });
    const parameters = kernelOf([
      [1, 0],
      [0, 0],
      [0, 1],
    ]);
    let before = -Infinity;
    for (let angle = 0; angle <= Math.PI + 1e-9; angle += Math.PI / 60) {
      const embeddings = [[Math.cos(angle), Math.sin(angle), 0]]; // always at a right angle to the other group
      const { value } = judge(loss, { embeddings, targets: { groups: [0] }, parameters });
      expect(value, `at ${angle.toFixed(2)}`).to.be.greaterThan(before);
      before = value;
    }
  });

  it("is finite with a finite gradient exactly on and opposite its proxy, where the angle has none", () => {
    const loss = new ArcFaceLoss({ embeddingSize: 3, groups: 2 });
    const embeddings = [
      [2, 0, 0],
      [0, 3, 0],
      [-1, 0, 0],
      [0, -2, 0],
    ];
    const found = judge(loss, {
      embeddings,
      targets: { groups: [0, 1, 0, 1] },
      parameters: kernelOf([
        [1, 0],
        [0, 1],
        [0, 0],
      ]),
    });
    expect(
      [found.value, ...found.gradient, ...(found.parameterGradients["kernel"] as number[])].every(Number.isFinite),
    ).to.equal(true);
  });

  it("equals Quaterion within π - margin, values and gradients", function () {
    const cases = readGolden("quaterion/loss_ArcFaceLoss");
    if (cases === null) return this.skip();
    let compared = 0;
    for (const { tag, config, inputs, expected64 } of cases) {
      const [scale, margin] = [config["scale"] as number, config["margin"] as number];
      const embeddings = inputs["embeddings"] as number[][];
      const kernel = inputs["kernel"] as number[][];
      const groups = inputs["groups"] as number[];
      const loss = new ArcFaceLoss({
        embeddingSize: kernel.length,
        groups: config["num_groups"] as number,
        scale,
        margin,
      });
      const found = judge(loss, { embeddings, targets: { groups }, parameters: kernelOf(kernel) });
      if (tag === "group_out_of_range") {
        expect(found.value).to.equal(Infinity); // an error there
        continue;
      }
      const opposite = embeddings.some((row, i) => {
        const proxy = kernel.map((k) => k[groups[i] as number] as number);
        return dot(row, proxy) / (length(row) * length(proxy)) < Math.cos(Math.PI - margin) + 1e-6;
      });
      if (opposite) continue; // there the loss falls again
      compared += 1;
      expectClose(found.value, expected64?.["loss"], { relative: 2e-5, absolute: 2e-5, what: tag });
      if (tag === "exactly_aligned" || tag === "all_zero" || tag === "zero_vectors") continue; // NaN and 1e12 there
      const largest = Math.max(1, ...(expected64?.["grad_kernel"] as number[][]).flat().map(Math.abs));
      expectClose(found.gradient, expected64?.["grad_embeddings"], { relative: 5e-4, absolute: 2e-4, what: tag });
      expectClose(found.parameterGradients["kernel"], expected64?.["grad_kernel"], {
        relative: 5e-4,
        absolute: 5e-5 * largest,
        what: tag,
      });
    }
    expect(compared).to.be.greaterThan(15);
  });

  it("equals ArcFaceLoss of pytorch-metric-learning, values and gradients", function () {
    const cases = readGolden("pml/loss_ArcFaceLoss");
    if (cases === null) return this.skip();
    for (const { tag, config, inputs, expected64 } of cases) {
      if (tag === "weight_regularizer") continue;
      const kernel = (inputs["weights"] as { W: Matrix }).W;
      const loss = new ArcFaceLoss({
        embeddingSize: kernel.length,
        groups: config["num_classes"] as number,
        margin: (((config["margin"] as number | undefined) ?? 28.6) * Math.PI) / 180,
        scale: (config["scale"] as number | undefined) ?? 64,
      });
      const embeddings = inputs["embeddings"] as Matrix;
      const found = judge(loss, {
        embeddings,
        targets: { groups: inputs["labels"] as number[] },
        parameters: kernelOf(kernel),
      });
      expectClose(found.value, expected64?.["loss"], { relative: 2e-5, what: tag });
      expectClose(found.parameterGradients["kernel"], expected64?.["grad_W"], {
        relative: 5e-4,
        absolute: 2e-4,
        what: tag,
      });
      if (tag !== "zero_vector")
        expectClose(found.gradient, expected64?.["grad_embeddings"], { relative: 5e-4, absolute: 2e-4, what: tag });
    }
  });

  it("without a margin is softmax over scaled cosines", () => {
    const random = new Random("no margin");
    const rows = randomRows(random, 5, 3);
    const kernel = randomRows(random, 3, 4);
    const loss = new ArcFaceLoss({ embeddingSize: 3, groups: 4, margin: 0, scale: 16 });
    const found = judge(loss, {
      embeddings: rows,
      targets: { groups: [0, 1, 2, 3, 0] },
      parameters: kernelOf(kernel),
    });
    expectClose(found.value, plain(rows, kernel, [0, 1, 2, 3, 0], 16, 0));
  });

  it("refuses impossible options and degrees", () => {
    expect(() => new ArcFaceLoss({ embeddingSize: 4, groups: 3, margin: 28.6 })).to.throw(
      ConfigError,
      /radians below π/,
    );
    expect(() => new ArcFaceLoss({ embeddingSize: 1.5, groups: -1, scale: 0 }))
      .to.throw(ConfigError)
      .with.property("problems")
      .that.has.length(3);
  });

  it("spreads a share of each label over all groups, or over those of its category", () => {
    const rows = randomRows(new Random("smooth"), 5, 4);
    const kernel = randomRows(new Random("proxies"), 4, 5);
    const groups = [0, 1, 2, 4, 4];
    const of = { embeddingSize: 4, groups: 5, scale: 8, margin: 0.3 };
    const against = (weights: (group: number) => readonly number[]): ((at: Matrix) => number) => {
      const surprises = (at: Matrix, own: number, row: number): number => {
        const cosines = [0, 1, 2, 3, 4].map((k) => {
          const proxy = kernel.map((line) => line[k] as number);
          const x = at[row] as readonly number[];
          return x.reduce((sum, v, j) => sum + v * (proxy[j] as number), 0) / Math.hypot(...x) / Math.hypot(...proxy);
        });
        const logits = cosines.map((cos, k) => 8 * (k === own ? Math.cos(Math.acos(cos) + 0.3) : cos));
        const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
        return weights(own).reduce((sum, weight, k) => sum + weight * (total - (logits[k] as number)), 0);
      };
      return (at) => groups.reduce((sum, own, row) => sum + surprises(at, own, row), 0) / groups.length;
    };
    const categories = ["x", "y", "x", "z", "x"];
    const cases = [
      {
        loss: new ArcFaceLoss({ ...of, smoothing: 0.3 }),
        plain: against((own) => [0, 1, 2, 3, 4].map((k) => 0.7 * Number(k === own) + 0.06)),
      },
      {
        loss: new ArcFaceLoss({ ...of, smoothing: 0.3, categories }),
        plain: against((own) =>
          categories.map((category, k) => {
            const alike = categories.filter((other) => other === categories[own]).length;
            return 0.7 * Number(k === own) + (category === categories[own] ? 0.3 / alike : 0);
          }),
        ),
      },
    ];
    for (const { loss, plain: wanted } of cases) {
      const found = judge(loss, { embeddings: rows, targets: { groups }, parameters: kernelOf(kernel) });
      expectClose(found.value, wanted(rows));
      expectClose(found.gradient, centralDifferences(wanted, rows), { relative: 1e-3, absolute: 1e-4 });
      const unknown = judge(loss, { embeddings: rows, targets: { groups: [0, 1, 2, 5, 4] } });
      expect(unknown.value).to.equal(Infinity);
    }
  });

  it("refuses categories that are not those of its groups, or that nothing is spread over", () => {
    const of = { embeddingSize: 4, groups: 3 };
    expect(() => new ArcFaceLoss({ ...of, smoothing: 0.1, categories: ["x"] })).to.throw(ConfigError, "each of the 3");
    expect(() => new ArcFaceLoss({ ...of, categories: [1, 2, 2] })).to.throw(ConfigError, "smoothing above 0");
    expect(() => new ArcFaceLoss({ ...of, smoothing: 1 })).to.throw(ConfigError, "less than 1");
  });
});
