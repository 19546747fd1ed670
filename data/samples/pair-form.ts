import type { LoadedTargets } from "../../lib/contracts/batch.js";
import type { PairSample } from "../../lib/contracts/samples.js";
import { show } from "../../lib/show.js";
import type { SampleForm } from "./form.js";

/** Losses compare subgroups as float32, which tells whole numbers apart up to here. */
const LARGEST_SUBGROUP = 2 ** 24;

/** Rows: every `a`, then every `b`. */
export const pairForm: SampleForm<"pair"> = {
  kind: "pair",
  expected: "{ a, b, score?: number, subgroup?: integer }",

  problem({ a, b, score, subgroup }) {
    if (a === undefined || a === null) return "has no a";
    if (b === undefined || b === null) return "has no b";
    if (score !== undefined && !Number.isFinite(score)) {
      return `has the score ${show(score)}, not a number`;
    }
    if (subgroup === undefined) return null;
    const fits = Number.isInteger(subgroup) && Math.abs(subgroup as number) <= LARGEST_SUBGROUP;
    return fits ? null : `has the subgroup ${show(subgroup)}, not a whole number up to ${LARGEST_SUBGROUP}`;
  },

  items: ({ a, b }) => [a, b],

  replace: ({ a, b, ...said }, other) => pairOf(other(a), other(b), said),

  pack({ score, subgroup }, put) {
    put(score ?? NaN);
    put(subgroup ?? NaN);
  },

  unpack(take, other) {
    const [score, subgroup] = [take(), take()].map((number) => (Number.isNaN(number) ? undefined : number));
    return pairOf(other(), other(), { score, subgroup });
  },

  itemsPerSample: 2,

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

/** A pair that says nothing else. */
function pairOf<Item>(
  a: Item,
  b: Item,
  { score, subgroup }: { readonly score?: number | undefined; readonly subgroup?: number | undefined },
): PairSample<Item> {
  return { a, b, ...(score === undefined ? {} : { score }), ...(subgroup === undefined ? {} : { subgroup }) };
}
