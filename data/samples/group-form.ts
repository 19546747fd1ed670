import type { GroupSample } from "../../lib/contracts/samples.js";
import { show } from "../../lib/show.js";
import type { SampleForm } from "./form.js";

/** One row a sample. */
export const groupForm: SampleForm<"group"> = {
  kind: "group",
  expected: "{ item, group: number | string }",

  problem({ item, group }) {
    if (item === undefined || item === null) return "has no item";
    if (group === undefined || group === null) return "has no group";
    return typeof group === "string" || Number.isFinite(group) ? null : `has the group ${show(group)}`;
  },

  items: ({ item }) => [item],

  replace: ({ item, group }, other) => ({ item: other(item), group }),

  pack({ group }, put, numberOf) {
    put(numberOf(group));
  },

  unpack: (take, other, groupOf) => ({ item: other(), group: groupOf(take()) }),

  itemsPerSample: 1,

  batch<Item>(samples: readonly GroupSample<Item>[]) {
    return {
      items: samples.map(({ item }) => item),
      targets: { groups: samples.map(({ group }) => group) },
    };
  },
};
