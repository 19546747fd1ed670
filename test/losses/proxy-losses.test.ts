import { expect } from "chai";
import { CenterLoss, CosFaceLoss, NormalizedSoftmaxLoss, ProxyAnchorLoss, ProxyNCALoss } from "likewise/losses";
import { ConfigError } from "../../lib/errors.js";
import { Random } from "../../lib/random.js";
import { expectClose } from "../support/close.js";
import { centralDifferences, type Matrix } from "../support/gradient.js";
import { judge, randomRows } from "../support/loss.js";
import { dot, length } from "../support/plain-distance.js";
import { kernelOf, plainProxyLoss } from "../support/plain-softmax.js";
import { expectProxyGolden } from "../support/proxy-golden.js";
import { SIX_ROW_CLASSES, SIX_ROW_KERNEL, SIX_ROWS } from "../support/six-rows.js";

const cosine = (a: readonly number[], b: readonly number[]): number => dot(a, b) / (length(a) * length(b));
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
const column = (kernel: Matrix, at: number): number[] => kernel.map((row) => row[at] as number);
const GROUPS = [0, 1, 2, 0, 0, 2];

function plainAnchor(rows: Matrix, kernel: Matrix, margin: number, alpha: number): number {
  const terms = [0, 1, 2, 3].map((group) => {
    const cosines = rows.map((row) => cosine(row, column(kernel, group)));
    const pull = sum(cosines.filter((_, i) => GROUPS[i] === group).map((c) => Math.exp(-alpha * (c - margin))));
    const push = sum(cosines.filter((_, i) => GROUPS[i] !== group).map((c) => Math.exp(alpha * (c + margin))));
    return [Math.log1p(pull), Math.log1p(push)] as const;
  });
  return sum(terms.map(([pull]) => pull)) / new Set(GROUPS).size + sum(terms.map(([, push]) => push)) / 4;
}

function plainCenter(rows: Matrix, kernel: Matrix, weight: number): number {
  const squares = rows.flatMap((row, i) =>
    row.map((x, k) => (x / length(row) - ((kernel[k] as readonly number[])[GROUPS[i] as number] as number)) ** 2),
  );
  return (weight * sum(squares)) / squares.length;
}

const size = { embeddingSize: 4, groups: 4 };
const LOSSES = {
  CosFaceLoss: {
    loss: new CosFaceLoss({ ...size, scale: 8, margin: 0.3 }),
    plain: (rows: Matrix, kernel: Matrix) =>
      plainProxyLoss(rows, kernel, GROUPS, (row, proxy, own) => 8 * (cosine(row, proxy) - (own ? 0.3 : 0))),
  },
  NormalizedSoftmaxLoss: {
    loss: new NormalizedSoftmaxLoss({ ...size, temperature: 0.2 }),
    plain: (rows: Matrix, kernel: Matrix) =>
      plainProxyLoss(rows, kernel, GROUPS, (row, proxy) => cosine(row, proxy) / 0.2),
  },
  ProxyNCALoss: {
    loss: new ProxyNCALoss({ ...size, scale: 3 }),
    plain: (rows: Matrix, kernel: Matrix) =>
      plainProxyLoss(rows, kernel, GROUPS, (row, proxy) => {
        const gap = row.map((x, k) => x / length(row) - (proxy[k] as number) / length(proxy));
        return -3 * dot(gap, gap);
      }),
  },
  ProxyAnchorLoss: {
    loss: new ProxyAnchorLoss({ ...size, alpha: 6 }),
    plain: (rows: Matrix, kernel: Matrix) => plainAnchor(rows, kernel, 0.1, 6),
  },
  CenterLoss: {
    loss: new CenterLoss({ ...size, weight: 2 }),
    plain: (rows: Matrix, kernel: Matrix) => plainCenter(rows, kernel, 2),
  },
} as const;

describe("losses with one vector a group", () => {
  for (const [name, { loss, plain }] of Object.entries(LOSSES)) {
    it(`${name} equals plain loops, value and both gradients`, () => {
      const random = new Random(name);
      const rows = randomRows(random, 6, 4);
      const kernel = randomRows(random, 4, 4);
      const found = judge(loss, { embeddings: rows, targets: { groups: GROUPS }, parameters: kernelOf(kernel) });
      expectClose(found.value, plain(rows, kernel));
      expect(found.weight).to.equal(6);
      const tolerance = { relative: 1e-3, absolute: 1e-4 };
      expectClose(
        found.gradient,
        centralDifferences((at) => plain(at, kernel), rows),
        tolerance,
      );
      const byKernel = centralDifferences((at) => plain(rows, at), kernel);
      expectClose(found.parameterGradients["kernel"], byKernel, tolerance);
    });

    it(`${name} is infinite for a group it has no vector for`, () => {
      const embeddings = randomRows(new Random(name), 2, 4);
      expect(judge(loss, { embeddings, targets: { groups: [0, 4] } }).value).to.equal(Infinity);
    });
  }

  it("CosFaceLoss takes the margin off the cosine, it does not take the cosine of a cosine", () => {
    const batch = { embeddings: SIX_ROWS, targets: { groups: SIX_ROW_CLASSES }, parameters: kernelOf(SIX_ROW_KERNEL) };
    expectClose(judge(new CosFaceLoss({ embeddingSize: 3, groups: 3 }), batch).value, 60.1855284); // 8.88 otherwise
  });

  it("CosFaceLoss equals pytorch-metric-learning", function () {
    const make = (config: Readonly<Record<string, unknown>>, of: typeof size): CosFaceLoss => {
      const { margin = 0.35, scale = 64 } = config as { margin?: number; scale?: number };
      return new CosFaceLoss({ ...of, margin, scale });
    };
    if (!expectProxyGolden({ file: "pml/loss_CosFaceLoss", make, labels: "labels", proxies: "W" })) this.skip();
  });

  it("NormalizedSoftmaxLoss equals pytorch-metric-learning", function () {
    const make = (config: Readonly<Record<string, unknown>>, of: typeof size): NormalizedSoftmaxLoss =>
      new NormalizedSoftmaxLoss({ ...of, temperature: (config["temperature"] as number | undefined) ?? 0.05 });
    if (!expectProxyGolden({ file: "pml/loss_NormalizedSoftmaxLoss", make, labels: "labels", proxies: "W" }))
      this.skip();
  });

  it("ProxyNCALoss equals pytorch-metric-learning", function () {
    const make = (config: Readonly<Record<string, unknown>>, of: typeof size): ProxyNCALoss => {
      const scale = (config["softmax_scale"] as number | undefined) ?? 1;
      return new ProxyNCALoss({ ...of, scale: config["distance"] === undefined ? scale : scale / 2 }); // |x - p|² is 2 - 2 cos
    };
    if (!expectProxyGolden({ file: "pml/loss_ProxyNCALoss", make, labels: "labels", proxies: "proxies", rows: true }))
      this.skip();
  });

  it("ProxyAnchorLoss equals pytorch-metric-learning", function () {
    const make = (config: Readonly<Record<string, unknown>>, of: typeof size): ProxyAnchorLoss => {
      const { margin = 0.1, alpha = 32 } = config as { margin?: number; alpha?: number };
      return new ProxyAnchorLoss({ ...of, margin, alpha });
    };
    const file = "pml/loss_ProxyAnchorLoss";
    if (!expectProxyGolden({ file, make, labels: "labels", proxies: "proxies", rows: true })) this.skip();
  });

  it("CenterLoss equals Quaterion", function () {
    const make = (config: Readonly<Record<string, unknown>>, of: typeof size): CenterLoss =>
      new CenterLoss({ ...of, weight: config["lambda_c"] as number });
    const file = "quaterion/loss_CenterLoss";
    if (!expectProxyGolden({ file, make, labels: "groups", proxies: "centers", rows: true })) this.skip();
  });

  it("refuse impossible options, all problems at once", () => {
    expect(() => new CosFaceLoss({ embeddingSize: 0, groups: 3, scale: 0, margin: 2 }))
      .to.throw(ConfigError)
      .with.property("problems")
      .that.has.length(3);
    expect(() => new ProxyAnchorLoss({ ...size, alpha: -1, margin: NaN })).to.throw(ConfigError, /margin[^]*alpha/);
    expect(() => new CenterLoss({ ...size, weight: 0 })).to.throw(ConfigError, /weight/);
  });
});
