import type { Runs } from "./nearest-rows.js";

/** Labelled things in an order in which those of one label lie together, so that each label is one run of places. */
export class LabelRuns<Label> {
  /** `order[place]` is the number of the thing at that place. */
  readonly order: Int32Array;
  readonly #ends = new Map<Label, readonly [start: number, end: number]>();

  constructor(labels: readonly Label[]) {
    const members = new Map<Label, number[]>();
    labels.forEach((label, at) => {
      const known = members.get(label);
      if (known === undefined) members.set(label, [at]);
      else known.push(at);
    });
    this.order = new Int32Array(labels.length);
    let start = 0;
    for (const [label, own] of members) {
      this.order.set(own, start);
      this.#ends.set(label, [start, start + own.length]);
      start += own.length;
    }
  }

  /** Every label once, in the order in which they came. */
  get labels(): Iterable<Label> {
    return this.#ends.keys();
  }

  /** Where the things of a label lie; nothing for a label that none has. */
  of(label: Label): Runs {
    return Int32Array.from(this.#ends.get(label) ?? []);
  }

  /** Where the things lie whose label passes. Each label is asked about once. */
  where(passes: (label: Label) => boolean): Runs {
    const runs: number[] = [];
    for (const [label, [start, end]] of this.#ends) {
      if (!passes(label)) continue;
      if (runs.at(-1) === start) runs[runs.length - 1] = end;
      else runs.push(start, end);
    }
    return Int32Array.from(runs);
  }
}
