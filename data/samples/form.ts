import type { LoadedTargets } from "../../lib/contracts/batch.js";
import type { Group, Kind, Sample } from "../../lib/contracts/samples.js";
import { show } from "../../lib/show.js";

/** Everything a loader has to know about samples of one kind. */
export interface SampleForm<K extends Kind> {
  readonly kind: K;
  /** For messages: "{ item, group }". */
  readonly expected: string;
  /** What is wrong with the fields of an object that should be a sample; null when nothing is. */
  problem(sample: Readonly<Record<string, unknown>>): string | null;
  /** The items of a sample in the order in which a person would list them. */
  items<Item>(sample: Sample<K, Item>): readonly Item[];
  /** The same sample with something else in place of each item, asked for in the order of `items`. */
  replace<Item, Other>(sample: Sample<K, Item>, other: (item: Item) => Other): Sample<K, Other>;
  /** Puts what a sample says of its items among numbers; a group by the number it has. */
  pack<Item>(sample: Sample<K, Item>, put: (value: number) => void, numberOf: (group: Group) => number): void;
  /** The sample whose numbers are taken next, with something else in place of each item, asked for in the order of `items`. */
  unpack<Other>(take: () => number, other: () => Other, groupOf: (number: number) => Group): Sample<K, Other>;
  /** How many items every sample has; null when that differs. */
  readonly itemsPerSample: number | null;
  /** Items in row order, and targets. */
  batch<Item>(samples: readonly Sample<K, Item>[]): {
    readonly items: readonly Item[];
    readonly targets: LoadedTargets<K>;
  };
}

/** What is wrong with a value that should be a sample; null when nothing is. */
export function sampleProblem(form: SampleForm<Kind>, sample: unknown): string | null {
  if (typeof sample !== "object" || sample === null) return `is ${show(sample)}; expected ${form.expected}`;
  const problem = form.problem(sample as Readonly<Record<string, unknown>>);
  return problem === null ? null : `${problem}; expected ${form.expected}`;
}
