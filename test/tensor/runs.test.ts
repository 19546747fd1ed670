import { expect } from "chai";
import * as fc from "fast-check";
import { LabelRuns } from "../../lib/tensor/label-runs.js";
import { toRuns, type Runs } from "../../lib/tensor/nearest-rows.js";
import { unionOfRuns, withoutRuns } from "../../lib/tensor/runs.js";

const numbersOf = (runs: Runs): number[] => {
  const numbers: number[] = [];
  for (let at = 0; at < runs.length; at += 2) for (let n = runs[at]!; n < runs[at + 1]!; n += 1) numbers.push(n);
  return numbers;
};
const sets = fc.uniqueArray(fc.nat(30)).map((numbers) => numbers.sort((left, right) => left - right));

describe("runs of numbers", () => {
  it("are joined and taken away as sets are", () => {
    fc.assert(
      fc.property(sets, sets, (one, other) => {
        const union = [...new Set([...one, ...other])].sort((left, right) => left - right);
        expect(unionOfRuns(toRuns(one), toRuns(other))).to.deep.equal(toRuns(union));
        const left = one.filter((number) => !other.includes(number));
        expect(withoutRuns(toRuns(one), toRuns(other))).to.deep.equal(toRuns(left));
      }),
    );
  });

  it("of labels hold each label together", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(4)), fc.nat(4), (labels, least) => {
        const runs = new LabelRuns(labels);
        expect([...runs.order].sort((left, right) => left - right)).to.deep.equal([...labels.keys()]);
        const found = (places: Runs): number[] => numbersOf(places).map((place) => labels[runs.order[place]!]!);
        for (const label of runs.labels) {
          const own = found(runs.of(label));
          expect(own).to.deep.equal(labels.filter((other) => other === label));
        }
        const passed = runs.where((label) => label >= least);
        expect(found(passed).sort()).to.deep.equal(labels.filter((label) => label >= least).sort());
        expect(passed).to.deep.equal(toRuns(numbersOf(passed)));
        expect(runs.of(99).length).to.equal(0);
      }),
    );
  });
});
