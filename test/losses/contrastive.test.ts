import { expect } from "chai";
import { ContrastiveLoss, type ContrastiveOptions } from "likewise/losses";
import { ConfigError } from "../../lib/errors.js";
import { Random } from "../../lib/random.js";
import type { DistanceName } from "../../lib/distances/index.js";
import { expectClose } from "../support/close.js";
import { centralDifferences, type Matrix } from "../support/gradient.js";
import { judge, randomRows, type PlainBatch } from "../support/loss.js";
import { MixedCosine, plainDistance, quaterionDistance } from "../support/plain-distance.js";
import { readGolden } from "../support/shared.js";

/** The loss in plain loops. */
function plain(
  name: DistanceName,
  rows: Matrix,
  labels: readonly number[],
  subgroups: readonly number[],
  options: ContrastiveOptions,
): number {
  const { margin = 0.5, acrossSubgroups = true } = options;
  const distance = plainDistance[name];
  const p = labels.length;
  let sum = 0;
  labels.forEach((label, i) => {
    const d = distance(rows[i] as number[], rows[p + i] as number[]);
    sum += 0.5 * (label * d * d + (1 - label) * Math.max(0, margin - d) ** 2);
  });
  if (acrossSubgroups) {
    rows.forEach((row, i) => {
      const others = rows.filter((_, j) => subgroups[i] !== subgroups[j]).map((other) => distance(row, other));
      if (others.length > 0) sum += Math.max(0, margin - Math.min(...others)) ** 2;
    });
  }
  return sum / p;
}

describe("ContrastiveLoss", () => {
  it("gives the known numbers of the two-pair fixture", () => {
    const embeddings = [
      [0, 1, 0.5],
      [0.1, 2, 0],
      [0, 0.5, 0],
      [1, 0, 0],
    ];
    const loss = new ContrastiveLoss({ distance: new MixedCosine() });
    expectClose(judge(loss, { embeddings, targets: { labels: [1, 0], subgroups: [42, 13, 42, 13] } }).value, 0.3519136);
    expectClose(judge(loss, { embeddings, targets: { labels: [1, 0], subgroups: [0, 0, 0, 0] } }).value, 0.0027864);
  });

  for (const distance of ["cosine", "euclidean", "squared-euclidean", "manhattan", "dot-product"] as const) {
    for (const acrossSubgroups of [true, false]) {
      it(`equals plain loops, value and gradient: ${distance}${acrossSubgroups ? " across subgroups" : ""}`, () => {
        const random = new Random(`${distance}${acrossSubgroups}`);
        const labels = [1, 0, 1, 0.3, 0];
        const subgroups = [0, 1, 1, 2, 0, 0, 1, 1, 2, 0];
        const rows = randomRows(random, 10, 4);
        const options = { margin: 1.2, acrossSubgroups };
        const found = judge(new ContrastiveLoss({ ...options, distance }), {
          embeddings: rows,
          targets: { labels, subgroups },
        });
        expectClose(found.value, plain(distance, rows, labels, subgroups, options), { relative: 2e-5 });
        expect(found.weight).to.equal(5);
        const slope = centralDifferences((at) => plain(distance, at, labels, subgroups, options), rows, 1e-6);
        expectClose(found.gradient, slope, { relative: 1e-3, absolute: 2e-4, what: "gradient" });
      });
    }
  }

  it("equals Quaterion, values and gradients", function () {
    const cases = readGolden("quaterion/loss_ContrastiveLoss");
    if (cases === null) return this.skip();
    let compared = 0;
    for (const { tag, config, inputs, expected64 } of cases) {
      const { embeddings, pairs, labels, subgroups } = inputs as {
        embeddings: number[][];
        pairs: [number, number][];
        labels: number[];
        subgroups: number[];
      };
      const unit = config["size_average"] === true ? 1 : pairs.length;
      const order = [...pairs.map(([a]) => a), ...pairs.map(([, b]) => b)];
      const batch: PlainBatch = {
        embeddings: order.map((row) => embeddings[row] as number[]),
        targets: {
          labels,
          subgroups: tag === "shared_object" ? order.map((row) => subgroups[row] as number) : subgroups,
        },
      };
      const metric = config["distance_metric_name"];
      const loss = new ContrastiveLoss({
        margin: config["margin"] as number,
        distance: metric === "cosine" ? new MixedCosine() : quaterionDistance(metric),
      });
      const found = judge(loss, batch);
      const what = `${tag} ${JSON.stringify(config)}`;
      expectClose(found.value * unit, expected64?.["loss"], { relative: 5e-5, absolute: 5e-6, what });
      compared += 1;
      // Ties and zero vectors aside; several peers' gradients of euclidean matrices do not exist.
      const expected = expected64?.["grad_embeddings"] as Matrix | undefined;
      if (expected !== undefined && (tag.startsWith("random") || tag === "single_pair" || tag === "all_negative")) {
        const width = (embeddings[0] as number[]).length;
        const gradient = embeddings.map((row) => row.map(() => 0));
        order.forEach((row, at) => {
          for (let k = 0; k < width; k += 1)
            (gradient[row] as number[])[k] =
              ((gradient[row] as number[])[k] as number) + unit * (found.gradient[at * width + k] as number);
        });
        expectClose(gradient, expected, { relative: 2e-4, absolute: 5e-5, what });
      }
    }
    expect(compared).to.be.greaterThan(140);
  });

  it("measures pairs and subgroups by the same cosine", () => {
    // Orthogonal items: cosine distance 1 both within a pair and across subgroups.
    const embeddings = [
      [1, 0, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 1, 0],
      [0, 0, 0, 1],
    ];
    const found = judge(new ContrastiveLoss({ margin: 1.5 }), {
      embeddings,
      targets: { labels: [0, 0], subgroups: [0, 1, 0, 1] },
    });
    expectClose(found.terms["pairs"], 0.5 * 0.25);
    expectClose(found.terms["acrossSubgroups"], 2 * 0.25); // two ends a pair; on the halved scale it would be 2
  });

  it("may be cut into parts only without the term across subgroups", () => {
    expect(new ContrastiveLoss().separable).to.equal(false);
    expect(new ContrastiveLoss({ acrossSubgroups: false }).separable).to.equal(true);
  });

  it("refuses impossible options", () => {
    expect(() => new ContrastiveLoss({ margin: -0.1, acrossSubgroups: 1 as unknown as boolean }))
      .to.throw(ConfigError, /margin/)
      .with.property("problems")
      .that.has.length(2);
  });
});
