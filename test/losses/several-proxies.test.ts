import { expect } from "chai";
import {
  LargeMarginSoftmaxLoss,
  P2SGradLoss,
  SoftTripleLoss,
  SphereFaceLoss,
  SubCenterArcFaceLoss,
} from "likewise/losses";
import { ConfigError } from "../../lib/errors.js";
import { Random } from "../../lib/random.js";
import { expectClose } from "../support/close.js";
import { centralDifferences, type Matrix } from "../support/gradient.js";
import { judge, randomRows } from "../support/loss.js";
import { dot, length } from "../support/plain-distance.js";
import { kernelOf, surprise } from "../support/plain-softmax.js";
import { expectProxyGolden } from "../support/proxy-golden.js";

const GROUPS = [0, 1, 2, 0, 2];
const [WIDTH, COUNT, EACH] = [4, 3, 2];
const size = { embeddingSize: WIDTH, groups: COUNT };
type Size = typeof size;
type Config = Readonly<Record<string, unknown>>;
const option = (config: Config, name: string, otherwise: number): number =>
  (config[name] as number | undefined) ?? otherwise;
const mean = (numbers: readonly number[]): number => numbers.reduce((sum, x) => sum + x, 0) / numbers.length;

/** Cosines of a row with the vectors of each group. */
function cosines(row: readonly number[], kernel: Matrix, each: number): number[][] {
  const columns = (kernel[0] as readonly number[]).map((_, at) => kernel.map((of) => of[at] as number));
  const all = columns.map((column) => dot(row, column) / (length(row) * length(column)));
  return Array.from({ length: COUNT }, (_, group) => all.slice(group * each, (group + 1) * each));
}

const plainSubCenter = (rows: Matrix, kernel: Matrix): number =>
  mean(
    rows.map((row, i) => {
      const own = GROUPS[i] as number;
      const nearest = cosines(row, kernel, EACH).map((of) => Math.max(...of));
      const logits = nearest.map((cos, at) => 8 * (at === own ? Math.cos(Math.acos(cos) + 0.3) : cos));
      return surprise(logits, own);
    }),
  );

const plainSoftTriple = (rows: Matrix, kernel: Matrix): number =>
  mean(
    rows.map((row, i) => {
      const own = GROUPS[i] as number;
      const soft = cosines(row, kernel, EACH).map((of) => {
        const powers = of.map((cos) => Math.exp(cos / 0.2));
        return of.reduce((sum, cos, k) => sum + cos * (powers[k] as number), 0) / powers.reduce((sum, x) => sum + x, 0);
      });
      const logits = soft.map((similarity, at) => 5 * (at === own ? similarity - 0.1 : similarity));
      return surprise(logits, own);
    }),
  );

const plainP2SGrad = (rows: Matrix, kernel: Matrix): number =>
  mean(
    rows.flatMap((row, i) => cosines(row, kernel, 1).map(([cos], at) => ((cos as number) - +(at === GROUPS[i])) ** 2)),
  );

/** The cosine of four times an angle, bent so that it falls all the way. */
function fourfold(cos: number): number {
  const angle = Math.acos(cos);
  const turns = Math.floor((4 * angle) / Math.PI);
  return (-1) ** turns * Math.cos(4 * angle) - 2 * turns;
}

const plainMultipleAngle =
  (scale: (vector: readonly number[]) => number) =>
  (rows: Matrix, kernel: Matrix): number =>
    mean(
      rows.map((row, i) => {
        const own = GROUPS[i] as number;
        const logits = cosines(row, kernel, 1).map(([cos], at) => {
          const vector = kernel.map((of) => of[at] as number);
          return length(row) * scale(vector) * (at === own ? fourfold(cos as number) : (cos as number));
        });
        return surprise(logits, own);
      }),
    );

const LOSSES = {
  SphereFaceLoss: {
    loss: new SphereFaceLoss({ ...size, scale: 0.7 }),
    plain: plainMultipleAngle(() => 0.7),
    columns: COUNT,
  },
  LargeMarginSoftmaxLoss: {
    loss: new LargeMarginSoftmaxLoss({ ...size, scale: 0.5 }),
    plain: plainMultipleAngle((vector) => 0.5 * length(vector)),
    columns: COUNT,
  },
  SubCenterArcFaceLoss: {
    loss: new SubCenterArcFaceLoss({ ...size, centers: EACH, scale: 8, margin: 0.3 }),
    plain: plainSubCenter,
    columns: COUNT * EACH,
  },
  SoftTripleLoss: {
    loss: new SoftTripleLoss({ ...size, centers: EACH, scale: 5, temperature: 0.2, margin: 0.1 }),
    plain: plainSoftTriple,
    columns: COUNT * EACH,
  },
  P2SGradLoss: { loss: new P2SGradLoss(size), plain: plainP2SGrad, columns: COUNT },
} as const;

describe("losses with several vectors a group, or without options", () => {
  for (const [name, { loss, plain, columns }] of Object.entries(LOSSES)) {
    it(`${name} equals plain loops, value and both gradients`, () => {
      const random = new Random(name);
      const rows = randomRows(random, GROUPS.length, WIDTH);
      const kernel = randomRows(random, WIDTH, columns);
      const found = judge(loss, { embeddings: rows, targets: { groups: GROUPS }, parameters: kernelOf(kernel) });
      const tolerance = { relative: 1e-3, absolute: 1e-4 };
      const byRows = centralDifferences((at) => plain(at, kernel), rows);
      const byKernel = centralDifferences((at) => plain(rows, at), kernel);
      expectClose(found.value, plain(rows, kernel));
      expectClose(found.gradient, byRows, tolerance);
      expectClose(found.parameterGradients["kernel"], byKernel, tolerance);
    });

    it(`${name} is infinite for a group it has no vector for`, () => {
      const embeddings = randomRows(new Random(name), 2, WIDTH);
      expect(judge(loss, { embeddings, targets: { groups: [0, COUNT] } }).value).to.equal(Infinity);
    });
  }

  it("SubCenterArcFaceLoss equals pytorch-metric-learning", function () {
    const make = (config: Config, of: Size): SubCenterArcFaceLoss => {
      const centers = option(config, "sub_centers", 3);
      const margin = (option(config, "margin", 28.6) * Math.PI) / 180;
      return new SubCenterArcFaceLoss({
        ...of,
        groups: of.groups / centers,
        centers,
        margin,
        scale: option(config, "scale", 64),
      });
    };
    if (!expectProxyGolden({ file: "pml/loss_SubCenterArcFaceLoss", make, labels: "labels", proxies: "W" }))
      this.skip();
  });

  it("SubCenterArcFaceLoss rises all the way as an embedding turns away from its group, past π - margin too", () => {
    const loss = new SubCenterArcFaceLoss({ embeddingSize: 3, groups: 2, centers: 2, scale: 10, margin: 0.5 });
    const parameters = kernelOf([
      [1, 1, 0, 0],
      [0, 0, 0, 0],
      [0, 0, 1, 1],
    ]);
    const values = Array.from({ length: 61 }, (_, at) => {
      const angle = (at * Math.PI) / 60;
      const embeddings = [[Math.cos(angle), Math.sin(angle), 0]]; // always at a right angle to the other group
      return judge(loss, { embeddings, targets: { groups: [0] }, parameters }).value;
    });
    values.slice(1).forEach((value, at) => expect(value, `step ${at + 1}`).to.be.greaterThan(values[at] as number));
  });

  it("SoftTripleLoss equals pytorch-metric-learning", function () {
    const make = (config: Config, of: Size): SoftTripleLoss => {
      const centers = option(config, "centers_per_class", 10);
      const [scale, temperature] = [option(config, "la", 20), option(config, "gamma", 0.1)];
      const margin = option(config, "margin", 0.01);
      return new SoftTripleLoss({ ...of, groups: of.groups / centers, centers, scale, temperature, margin });
    };
    if (!expectProxyGolden({ file: "pml/loss_SoftTripleLoss", make, labels: "labels", proxies: "fc" })) this.skip();
  });

  it("SphereFaceLoss equals pytorch-metric-learning", function () {
    const make = (config: Config, of: Size): SphereFaceLoss =>
      new SphereFaceLoss({ ...of, margin: option(config, "margin", 4), scale: option(config, "scale", 1) });
    if (!expectProxyGolden({ file: "pml/loss_SphereFaceLoss", make, labels: "labels", proxies: "W" })) this.skip();
  });

  it("LargeMarginSoftmaxLoss equals pytorch-metric-learning", function () {
    const make = (config: Config, of: Size): LargeMarginSoftmaxLoss =>
      new LargeMarginSoftmaxLoss({ ...of, margin: option(config, "margin", 4), scale: option(config, "scale", 1) });
    const file = "pml/loss_LargeMarginSoftmaxLoss";
    if (!expectProxyGolden({ file, make, labels: "labels", proxies: "W" })) this.skip();
  });

  it("P2SGradLoss equals pytorch-metric-learning", function () {
    const make = (_: Config, of: Size): P2SGradLoss => new P2SGradLoss(of);
    // The peer divides by the lengths of rows alone and starts from unit weights: its gradient by a weight has a part along the weight
    // that changes its length, of which a cosine knows nothing. The rest, along the sphere, is the same.
    const file = "pml/loss_P2SGradLoss";
    const odd = { onSphere: true, without: ["zero_vector"], least: 4 };
    if (!expectProxyGolden({ file, make, labels: "labels", proxies: "weight", ...odd })) this.skip();
  });

  it("P2SGradLoss is finite for a zero vector, where the peer's is NaN", () => {
    const embeddings = [[0, 0, 0, 0], ...randomRows(new Random("zero"), 2, WIDTH)];
    const found = judge(new P2SGradLoss(size), { embeddings, targets: { groups: [0, 1, 2] } });
    expect([found.value, ...found.gradient].every(Number.isFinite)).to.equal(true);
  });

  it("refuse impossible options, all problems at once", () => {
    expect(() => new SubCenterArcFaceLoss({ ...size, centers: 0, margin: 4 })).to.throw(
      ConfigError,
      /centers.*\n.*margin/,
    );
    expect(() => new SoftTripleLoss({ ...size, temperature: 0, scale: -1 })).to.throw(
      ConfigError,
      /scale.*\n.*temperature/,
    );
    expect(() => new P2SGradLoss({ ...size, scale: 1 } as never)).to.throw(ConfigError, /scale/);
  });
});
