import type { LabelSample } from "../../lib/contracts/samples.js";
import { show } from "../../lib/show.js";
import type { SampleForm } from "./form.js";

/** One row a sample. */
export const labelForm: SampleForm<"label"> = {
  kind: "label",
  expected: "{ item, label: number }",

  problem({ item, label }) {
    if (item === undefined || item === null) return "has no item";
    return Number.isFinite(label) ? null : `has the label ${show(label)}`;
  },

  items: ({ item }) => [item],

  replace: ({ item, label }, other) => ({ item: other(item), label }),

  pack({ label }, put) {
    put(label);
  },

  unpack: (take, other) => ({ item: other(), label: take() }),

  itemsPerSample: 1,

  batch<Item>(samples: readonly LabelSample<Item>[]) {
    return {
      items: samples.map(({ item }) => item),
      targets: { labels: Float32Array.from(samples, ({ label }) => label) },
    };
  },
};
