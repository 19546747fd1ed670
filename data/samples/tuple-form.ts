import type { TupleSample } from "../../lib/contracts/samples.js";
import { show } from "../../lib/show.js";
import type { SampleForm } from "./form.js";

/** Rows: every anchor, then all positives, then all negatives, sample after sample. */
export const tupleForm: SampleForm<"tuple"> = {
  kind: "tuple",
  expected: "{ anchor, positives: [one or more], negatives?: [], scores?: one number for each positive and negative }",

  problem({ anchor, positives, negatives = [], scores }) {
    if (anchor === undefined || anchor === null) return "has no anchor";
    if (!isList(positives) || positives.length === 0) return "has no positives";
    if (!isList(negatives)) return `has the negatives ${show(negatives)}`;
    if ([...positives, ...negatives].some((item) => item === undefined || item === null)) {
      return "has an empty place among its positives and negatives";
    }
    if (scores === undefined) return null;
    const count = positives.length + negatives.length;
    if (!isList(scores) || scores.length !== count || !scores.every(Number.isFinite)) {
      return `has the scores ${show(scores)} for ${count} positives and negatives`;
    }
    return null;
  },

  items: ({ anchor, positives, negatives = [] }) => [anchor, ...positives, ...negatives],

  replace: ({ anchor, positives, negatives = [], scores }, other) => ({
    anchor: other(anchor),
    positives: positives.map(other),
    negatives: negatives.map(other),
    ...(scores === undefined ? {} : { scores }),
  }),

  pack({ positives, negatives = [], scores }, put) {
    put(positives.length);
    put(negatives.length);
    put(scores === undefined ? 0 : 1);
    scores?.forEach(put);
  },

  unpack(take, other) {
    const [positives, negatives, scored] = [take(), take(), take()];
    const some = <T>(count: number, next: () => T): T[] => Array.from({ length: count }, next);
    const scores = scored === 0 ? {} : { scores: some(positives + negatives, take) };
    return { anchor: other(), positives: some(positives, other), negatives: some(negatives, other), ...scores };
  },

  itemsPerSample: null,

  batch<Item>(samples: readonly TupleSample<Item>[]) {
    const anchors: Item[] = [];
    const positives = new Rows<Item>();
    const negatives = new Rows<Item>();
    samples.forEach((sample, owner) => {
      const { scores, negatives: far = [] } = sample;
      anchors.push(sample.anchor);
      sample.positives.forEach((item, place) => {
        positives.add(item, owner, scores?.[place] ?? 1);
      });
      far.forEach((item, place) => {
        negatives.add(item, owner, scores?.[sample.positives.length + place] ?? 0);
      });
    });
    return {
      items: [...anchors, ...positives.items, ...negatives.items],
      targets: {
        positiveOwners: Int32Array.from(positives.owners),
        negativeOwners: Int32Array.from(negatives.owners),
        scores: Float32Array.from([...positives.scores, ...negatives.scores]),
      },
    };
  },
};

class Rows<Item> {
  readonly items: Item[] = [];
  readonly owners: number[] = [];
  readonly scores: number[] = [];

  add(item: Item, owner: number, score: number): void {
    this.items.push(item);
    this.owners.push(owner);
    this.scores.push(score);
  }
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}
