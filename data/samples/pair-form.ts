import type { LoadedTargets } from "../../lib/contracts/batch.js";
import type { PairSample } from "../../lib/contracts/samples.js";
import { show } from "../../lib/show.js";
import type { SampleForm } from "./form.js";

/** Rows: every `a`, then every `b`. */
export const pairForm: SampleForm<"pair"> = {
  kind: "pair",
  expected: "{ a, b, score?: number, subgroup?: integer }",

  problem({ a, b, score, subgroup }) {
    if (a === undefined || a === null) return "has no a";
    if (b === undefined || b === null) return "has no b";
    if (score !== undefined && !Number.isFinite(score)) return `has the score ${show(score)}`;
    if (subgroup !== undefined && ((subgroup as number) | 0) !== subgroup) return `has the subgroup ${show(subgroup)}`;
    return null;
  },

  items: ({ a, b }) => [a, b],

  batch<Item>(samples: readonly PairSample<Item>[]) {
    const count = samples.length;
    const items: Item[] = [...samples.map(({ a }) => a), ...samples.map(({ b }) => b)];
    const labels = new Float32Array(count);
    const subgroups = new Int32Array(2 * count);
    samples.forEach(({ score = 1, subgroup = 0 }, pair) => {
      labels[pair] = score;
      subgroups[pair] = subgroup;
      subgroups[count + pair] = subgroup;
    });
    return { items, targets: { labels, subgroups } satisfies LoadedTargets<"pair"> };
  },
};
