import { hostTensor, type HostTensor } from "../../lib/tensor/host.js";
import type { Matrix } from "./gradient.js";

/** Cross entropy of scores with the right answer at a place. */
export function surprise(scores: readonly number[], answer: number): number {
  const most = Math.max(...scores);
  return most + Math.log(scores.reduce((sum, score) => sum + Math.exp(score - most), 0)) - (scores[answer] as number);
}

/** Mean cross entropy over rows against proxies, the columns of a kernel, in plain loops. */
export function plainProxyLoss(
  rows: Matrix,
  kernel: Matrix,
  groups: readonly number[],
  logit: (row: readonly number[], proxy: readonly number[], own: boolean) => number,
): number {
  const proxies = (kernel[0] as readonly number[]).map((_, group) => kernel.map((row) => row[group] as number));
  const losses = rows.map((row, i) => {
    const own = groups[i] as number;
    return surprise(
      proxies.map((proxy, group) => logit(row, proxy, group === own)),
      own,
    );
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

/** A kernel as the parameters of a loss. */
export function kernelOf(rows: Matrix): { readonly kernel: HostTensor } {
  const width = (rows[0] as readonly number[]).length;
  return { kernel: hostTensor(Float32Array.from(rows.flat()), [rows.length, width]) };
}
