import { expect } from "chai";
import {
  ArcFaceLoss,
  GradientCache,
  MultipleLosses,
  NormalizedSoftmaxLoss,
  RegularizedLoss,
  SignalToNoiseContrastiveLoss,
  SoftTripleLoss,
  TripletLoss,
} from "likewise/losses";
import {
  CenterInvariantRegularizer,
  LpRegularizer,
  RegularFaceRegularizer,
  Regularizer,
  registerRegularizer,
  SparseCentersRegularizer,
  ZeroMeanRegularizer,
} from "likewise/miners";
import * as tf from "likewise/tf";
import * as exported from "likewise/miners";
import { usesMemory, type Kind, type SimilarityLoss } from "../../lib/contracts/index.js";
import { Euclidean } from "../../lib/distances/index.js";
import { ConfigError, UnknownNameError, UsageError } from "../../lib/errors.js";
import type { JsonObject } from "../../lib/json.js";
import { Random } from "../../lib/random.js";
import { hostTensor } from "../../lib/tensor/host.js";
import { expectClose } from "../support/close.js";
import { centralDifferences, gradients, type Matrix } from "../support/gradient.js";
import { judge, matrixTensor, randomRows, type PlainBatch } from "../support/loss.js";
import { OfUnitRows } from "../support/peer-losses.js";
import { readGolden } from "../support/shared.js";
import { parts } from "./exported-losses.js";

const rows = randomRows(new Random("regular"), 6, 4);
const groups = [0, 0, 1, 1, 2, 2];
const batch: PlainBatch = { embeddings: rows, targets: { groups } };
const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;
const dot = (x: readonly number[], y: readonly number[]): number => x.reduce((sum, v, k) => sum + v * y[k]!, 0);
const cosine = (x: readonly number[], y: readonly number[]): number => dot(x, y) / Math.hypot(...x) / Math.hypot(...y);

/** What each regularizer says of some rows, in plain numbers; three rows a group. */
const PLAIN: readonly { regularizer: Regularizer; plain: (at: Matrix) => number }[] = [
  { regularizer: new LpRegularizer(), plain: (at) => mean(at.map((row) => Math.hypot(...row))) },
  {
    regularizer: new LpRegularizer({ p: 3, power: 2 }),
    plain: (at) => mean(at.map((row) => row.reduce((sum, v) => sum + Math.abs(v) ** 3, 0) ** (2 / 3))),
  },
  {
    regularizer: new ZeroMeanRegularizer(),
    plain: (at) => mean(at.map((row) => Math.abs(row.reduce((sum, v) => sum + v, 0)))),
  },
  {
    regularizer: new CenterInvariantRegularizer(),
    plain: (at) => {
      const squared = at.map((row) => dot(row, row));
      return mean(squared.map((v) => (v - mean(squared)) ** 2 / 4));
    },
  },
  {
    regularizer: new RegularFaceRegularizer(),
    plain: (at) => mean(at.map((x, i) => Math.max(...at.filter((_, j) => j !== i).map((y) => cosine(x, y))))),
  },
  {
    regularizer: new SparseCentersRegularizer(),
    plain: (at) => {
      const apart = at.flatMap((x, i) =>
        at.flatMap((y, j) =>
          i < j && Math.floor(i / 3) === Math.floor(j / 3) ? [Math.sqrt(2 - 2 * cosine(x, y))] : [],
        ),
      );
      return mean(apart) / 2;
    },
  },
];

describe("regularizers", () => {
  for (const { regularizer, plain } of PLAIN) {
    const title = `${regularizer.type} ${JSON.stringify(regularizer.config)}`;
    const value = (at: tf.Tensor2D): tf.Scalar => tf.mean(regularizer.penalties(at, 3));

    it(`${title}: value and gradient equal plain loops`, () => {
      const found = gradients((at) => value(at as tf.Tensor2D), rows);
      expectClose(found.value, plain(rows), { relative: 1e-5 });
      expectClose(found.gradients[0], centralDifferences(plain, rows), { relative: 1e-3, absolute: 1e-4 });
    });

    it(`${title}: finite, with a finite gradient, for zero, equal and huge rows`, () => {
      for (const at of [
        rows.map(() => [0, 0, 0, 0]),
        rows.map(() => [1, 2, 0, 1]),
        rows.map((row) => row.map((v) => v * 1e6)),
      ]) {
        const found = gradients((given) => value(given as tf.Tensor2D), at);
        expect([found.value, ...found.gradients.flat()].every(Number.isFinite), JSON.stringify(at[0])).to.equal(true);
      }
    });

    it(`${title}: comes back with a loss`, () => {
      const loss = new RegularizedLoss(new SoftTripleLoss({ embeddingSize: 4, groups: 3, centers: 3 }), {
        proxies: { own: regularizer },
        weights: { own: 0.5 },
      });
      const config = JSON.parse(JSON.stringify(loss.config)) as JsonObject;
      const again = RegularizedLoss.from(config, {}, parts);
      expect(again.config).to.deep.equal(loss.config);
      expect(judge(again, batch)).to.deep.equal(judge(loss as SimilarityLoss<Kind>, batch));
      const spoilt = { ...config, proxies: { own: { type: regularizer.type, config: { extra: 1 } } } };
      expect(() => RegularizedLoss.from(spoilt as JsonObject, {}, parts)).to.throw(ConfigError, "extra: unknown");
    });
  }

  it("every one that is exported", () => {
    const types = Object.values(exported as Record<string, unknown>).flatMap((value) =>
      typeof value === "function" && value.prototype instanceof Regularizer ? [(value as { type?: string }).type] : [],
    );
    expect(new Set(types)).to.deep.equal(new Set(PLAIN.map(({ regularizer }) => regularizer.type)));
  });

  it("of a single vector has nothing to say of others", () => {
    tf.tidy(() => {
      const one = matrixTensor([[1, 2, 3, 4]]);
      for (const regularizer of [new RegularFaceRegularizer(), new CenterInvariantRegularizer()] as Regularizer[])
        expect(regularizer.penalties(one, 1).arraySync()).to.deep.equal([0]);
    });
  });
});

describe("RegularizedLoss", () => {
  const inner = new TripletLoss();

  it("adds weighted means to the loss, each logged under its name", () => {
    const loss = new RegularizedLoss(inner, {
      embeddings: { short: new LpRegularizer(), even: new ZeroMeanRegularizer() },
      weights: { short: 0.3 },
    });
    const found = judge(loss, batch);
    const [short, even] = [PLAIN[0]!.plain(rows) * 0.3, PLAIN[2]!.plain(rows)];
    const alone = judge(inner, batch);
    expectClose(found.terms["loss"], alone.value);
    expectClose(found.terms["short"], short);
    expectClose(found.terms["even"], even);
    expectClose(found.value, alone.value + short + even);
    expect(found.weight).to.equal(alone.weight);
  });

  it("trains the vectors of groups, those of several a group too", () => {
    const soft = new SoftTripleLoss({ embeddingSize: 4, groups: 3, centers: 2 });
    const proxies = { apart: new RegularFaceRegularizer(), sparse: new SparseCentersRegularizer() };
    const kernel = randomRows(new Random("kernel"), 4, 6);
    const parameters = { kernel: hostTensor(Float32Array.from(kernel.flat()), [4, 6]) };
    const found = judge(new RegularizedLoss(soft, { proxies }), { ...batch, parameters });
    const alone = judge(soft, { ...batch, parameters });
    const columns = (at: Matrix): number[][] => Array.from({ length: 6 }, (_, c) => at.map((row) => row[c]!));
    const penalty = (at: Matrix): number => {
      const of = columns(at);
      const apart = mean(of.map((x, i) => Math.max(...of.filter((_, j) => j !== i).map((y) => cosine(x, y)))));
      const within = [0, 2, 4].map((i) => Math.sqrt(2 - 2 * cosine(of[i]!, of[i + 1]!)));
      return apart + mean(within) / 2;
    };
    expectClose(found.value, alone.value + penalty(kernel));
    const slopes = centralDifferences(penalty, kernel);
    expectClose(
      found.parameterGradients["kernel"],
      alone.parameterGradients["kernel"]!.map((slope, at) => slope + slopes[at]!),
      { relative: 1e-3, absolute: 1e-4 },
    );
    expect(found.gradient).to.deep.equal(alone.gradient);
  });

  it("equals the regularized losses of pytorch-metric-learning, values and gradients", function () {
    let compared = 0;
    for (const file of ["loss_ContrastiveLoss", "loss_ArcFaceLoss", "loss_NormalizedSoftmaxLoss"]) {
      const cases = readGolden(`pml/${file}`);
      if (cases === null) return this.skip();
      for (const { tag, config, inputs, expected64 } of cases) {
        if (!tag.endsWith("_regularizer")) continue;
        const embeddings = inputs["embeddings"] as Matrix;
        const given = { embeddings, targets: { groups: inputs["labels"] as number[] } };
        const largest = Math.max(...(expected64?.["grad_embeddings"] as number[][]).flat().map(Math.abs));
        const tolerances = { relative: 1e-3, absolute: 2e-6 + 2e-5 * largest, what: file };
        compared += 1;
        if (tag === "embedding_regularizer") {
          const [, settings] = config["embedding_regularizer"] as [string, { p: number; power: number }];
          const contrast = new SignalToNoiseContrastiveLoss({ distance: new OfUnitRows(new Euclidean()) });
          const loss = new RegularizedLoss(contrast, {
            embeddings: { lp: new LpRegularizer(settings) },
            weights: { lp: config["embedding_reg_weight"] as number },
          });
          const found = judge(loss, given);
          expectClose(found.value, expected64?.["loss"], { relative: 2e-5, what: file });
          expectClose(found.gradient, expected64?.["grad_embeddings"], tolerances);
          continue;
        }
        const kernel = (inputs["weights"] as { W: Matrix }).W;
        const size = { embeddingSize: kernel.length, groups: kernel[0]!.length };
        const face =
          file === "loss_ArcFaceLoss"
            ? new ArcFaceLoss({ ...size, margin: (28.6 * Math.PI) / 180 })
            : new NormalizedSoftmaxLoss(size);
        const loss = new RegularizedLoss(face as SimilarityLoss<"group">, {
          proxies: { apart: new RegularFaceRegularizer() },
          weights: { apart: config["weight_reg_weight"] as number },
        });
        const parameters = { kernel: hostTensor(Float32Array.from(kernel.flat()), [kernel.length, kernel[0]!.length]) };
        const found = judge(loss, { ...given, parameters });
        expectClose(found.value, expected64?.["loss"], { relative: 2e-5, what: file });
        expectClose(found.gradient, expected64?.["grad_embeddings"], tolerances);
        expectClose(found.parameterGradients["kernel"], expected64?.["grad_W"], {
          ...tolerances,
          absolute: 2e-4 + 2e-5 * largest,
        });
      }
    }
    expect(compared).to.be.at.least(4);
  });

  it("stands inside and around other wrappers, and remembers what the loss inside does", () => {
    const short = new RegularizedLoss(inner, { embeddings: { short: new LpRegularizer() } });
    const both = judge(new MultipleLosses({ short, plain: inner }), batch);
    expectClose(both.value, judge(short, batch).value + judge(inner, batch).value);
    expectClose(judge(new GradientCache(short, { chunkSize: 2 }), batch).value, judge(short, batch).value);
    const memory = { embeddings: randomRows(new Random("memory"), 4, 4), groups: [0, 1, 2, 0], valid: [1, 1, 1, 0] };
    expect(judge(short, { ...batch, memory }).value).to.equal(judge(inner, { ...batch, memory }).value);
    const face = new NormalizedSoftmaxLoss({ embeddingSize: 4, groups: 3 });
    expect(usesMemory(new RegularizedLoss(face, { embeddings: { short: new LpRegularizer() } }))).to.equal(false);
  });

  it("refuses what cannot be meant, saying why", () => {
    const lp = new LpRegularizer();
    const refused =
      (options: object): (() => unknown) =>
      () =>
        new RegularizedLoss(inner, options);
    expect(refused({})).to.throw(ConfigError, "expected one regularizer or more");
    expect(refused({ embeddings: { loss: lp } })).to.throw(ConfigError, "loss: expected a name of its own");
    expect(refused({ embeddings: { short: 3 } })).to.throw(ConfigError, "embeddings.short: expected a regularizer");
    expect(refused({ embeddings: { short: lp }, weights: { long: 1 } })).to.throw(ConfigError, 'no regularizer "long"');
    expect(refused({ embeddings: { short: lp }, weights: { short: 0 } })).to.throw(ConfigError, "weights.short");
    expect(refused({ proxies: { short: lp } })).to.throw(ConfigError, "TripletLoss has no trained vectors of groups");
    expect(() => new LpRegularizer({ p: 0.5 })).to.throw(ConfigError, "p: expected a number of at least 1");
    tf.tidy(() => {
      const vectors = matrixTensor(rows);
      expect(() => new SparseCentersRegularizer().penalties(vectors, 1)).to.throw(
        UsageError,
        "several vectors a group",
      );
    });
  });

  it("takes a regularizer of one's own, saved when it is registered", () => {
    class Far extends Regularizer {
      static readonly type = "FarOfTheTest";
      readonly config = {};
      static from(): Far {
        return new Far();
      }
      override penalties(at: tf.Tensor2D): tf.Tensor1D {
        return tf.max(at, 1);
      }
    }
    const loss = new RegularizedLoss(inner, { embeddings: { far: new Far() } });
    expectClose(judge(loss, batch).terms["far"], mean(rows.map((row) => Math.max(...row))));
    expect(() => RegularizedLoss.from(loss.config, {}, parts)).to.throw(UnknownNameError, "registerRegularizer");
    registerRegularizer(Far);
    expect(RegularizedLoss.from(loss.config, {}, parts).config).to.deep.equal(loss.config);
  });
});
