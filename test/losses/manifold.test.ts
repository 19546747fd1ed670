import { expect } from "chai";
import { ManifoldLoss, type ManifoldOptions } from "likewise/losses";
import { ConfigError } from "../../lib/errors.js";
import { Random } from "../../lib/random.js";
import type { HostTensor } from "../../lib/tensor/host.js";
import { expectClose } from "../support/close.js";
import { centralDifferences, type Matrix } from "../support/gradient.js";
import { judge, randomRows } from "../support/loss.js";
import { kernelOf } from "../support/plain-softmax.js";

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const cosine = (a: readonly number[], b: readonly number[]): number =>
  sum(a.map((x, k) => x * (b[k] as number))) / Math.hypot(...a) / Math.hypot(...b);

/** By Gauss and Jordan. */
function inverse(matrix: Matrix): number[][] {
  const size = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...row.map((_, k) => Number(k === i))]);
  for (let at = 0; at < size; at += 1) {
    const pivot = rows[at] as number[];
    const first = pivot[at] as number;
    pivot.forEach((value, k) => (pivot[k] = value / first));
    for (const row of rows) {
      if (row === pivot) continue;
      const times = row[at] as number;
      row.forEach((value, k) => (row[k] = value - times * (pivot[k] as number)));
    }
  }
  return rows.map((row) => row.slice(size));
}

function plain(
  rows: Matrix,
  kernel: Matrix,
  groups: readonly number[],
  options: Required<Omit<ManifoldOptions, "groups" | "embeddingSize">>,
): number {
  const { alpha, margin, contextWeight } = options;
  const proxies = (kernel[0] as readonly number[]).map((_, k) => kernel.map((line) => line[k] as number));
  const points = [...rows, ...proxies];
  const weights = points.map((a, i) => points.map((b, k) => (i === k ? 0 : Math.exp(2 * Math.max(0, cosine(a, b))))));
  const totals = weights.map(sum);
  const system = weights.map((row, i) =>
    row.map((w, k) => Number(i === k) - (alpha * w) / Math.sqrt((totals[i] as number) * (totals[k] as number))),
  );
  const walks = inverse(system).map((row) => row.slice(rows.length).map((value) => (1 - alpha) * value));
  const behind = (similarities: readonly number[], own: number): number => {
    const excess = similarities.map((value) => value - (similarities[own] as number) + margin);
    return Math.log1p(sum(excess.map((e, k) => (k === own ? 0 : Math.exp(e)))));
  };
  const losses = rows.map((_, i) => {
    const own = (groups[i] as number) % proxies.length;
    const shares = walks[i] as number[];
    const context = proxies.map((__, k) => cosine(shares, walks[rows.length + k] as number[]));
    return behind(shares, own) + contextWeight * behind(context, own);
  });
  return sum(losses) / losses.length;
}

describe("ManifoldLoss", () => {
  const rows = randomRows(new Random("manifold"), 7, 4);
  const groups = [0, 1, 2, 3, 4, 0, 2];

  for (const options of [
    { proxies: 5, contextWeight: 1, alpha: 0.8, margin: 5e-4 },
    { proxies: 3, contextWeight: 0.5, alpha: 0.6, margin: 0.1 },
    { proxies: 2, contextWeight: 0, alpha: 0.95, margin: 0.01 },
  ]) {
    it(`equals plain loops and an inverse matrix, value and both gradients: ${JSON.stringify(options)}`, () => {
      const kernel = randomRows(new Random("proxies"), 4, options.proxies);
      const loss = new ManifoldLoss({ embeddingSize: 4, groups: 5, ...options });
      const found = judge(loss, { embeddings: rows, targets: { groups }, parameters: kernelOf(kernel) });
      const tolerance = { relative: 2e-3, absolute: 1e-5 };
      const byRows = centralDifferences((at) => plain(at, kernel, groups, options), rows);
      const byKernel = centralDifferences((at) => plain(rows, at, groups, options), kernel);
      expectClose(found.value, plain(rows, kernel, groups, options), { relative: 1e-5 });
      expectClose(found.gradient, byRows, tolerance);
      expectClose(found.parameterGradients["kernel"], byKernel, tolerance);
    });
  }

  it("has a vector a group, but 50 at most, and is infinite for a group that is not known", () => {
    const columns = (count: number): number | undefined => {
      const { kernel } = new ManifoldLoss({ embeddingSize: 4, groups: count }).initialize(new Random(0)).parameters;
      return (kernel as HostTensor).shape[1];
    };
    expect([columns(7), columns(80)]).to.deep.equal([7, 50]);
    const found = judge(new ManifoldLoss({ embeddingSize: 4, groups: 3 }), { embeddings: rows, targets: { groups } });
    expect(found.value).to.equal(Infinity);
  });

  it("refuses more vectors than groups and walks that never end", () => {
    expect(() => new ManifoldLoss({ embeddingSize: 4, groups: 3, proxies: 4 })).to.throw(ConfigError, "3 at most");
    expect(() => new ManifoldLoss({ embeddingSize: 4, groups: 3, alpha: 1, margin: -1 }))
      .to.throw(ConfigError)
      .with.property("problems")
      .that.has.length(2);
  });
});
