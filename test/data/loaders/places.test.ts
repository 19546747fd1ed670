import { expect } from "chai";
import {
  GroupLoader,
  GroupPairLoader,
  GroupTupleLoader,
  LabelLoader,
  MixedLoader,
  PairLoader,
  TupleLoader,
  type Dataset,
} from "likewise/data";
import { Random, type Kind, type Loader } from "likewise";
import { listOf } from "../epoch.js";

/** A dataset that counts how often each position is read. */
function counting<T>(samples: readonly T[]): Dataset<T> & { readonly reads: number[] } {
  const reads = samples.map(() => 0);
  const at = (position: number): T => {
    reads[position]! += 1;
    return samples[position]!;
  };
  return { length: samples.length, at, reads };
}

const numbers = Array.from({ length: 23 }, (_, i) => i);
const groups = counting(numbers.map((i) => ({ item: `item ${i}`, group: `group ${i % 4}` })));
const labels = counting(numbers.map((i) => ({ item: `item ${i}`, label: i / 2 })));
const pairs = counting(numbers.map((i) => ({ a: `a ${i}`, b: `b ${i}`, subgroup: i % 5, score: i / 23 })));
const tuples = counting(
  numbers.map((i) => ({
    anchor: `anchor ${i}`,
    positives: [`p ${i}`],
    negatives: Array.from({ length: i % 3 }, (_, j) => `n ${i} ${j}`),
  })),
);
const others = counting(numbers.map((i) => ({ item: `other ${i % 7}`, group: `group ${i % 2}` })));
const both = { reads: [] };
const members = [...numbers.map((i) => ({ item: `item ${i % 20}`, group: i % 4 })), { item: "alone", group: "alone" }];
const cases: readonly (readonly [string, Loader<Kind, string>, { readonly reads: number[] }, number | null])[] = [
  ["GroupLoader", new GroupLoader(groups, { batchSize: 8, balance: { perGroup: 2 } }), groups, 23],
  ["LabelLoader", new LabelLoader(labels, { batchSize: 5 }), labels, 23],
  ["PairLoader", new PairLoader(pairs, { batchSize: 5 }), pairs, 46],
  ["TupleLoader", new TupleLoader(tuples, { batchSize: 5, dropLast: true }), tuples, null],
  ["GroupPairLoader", new GroupPairLoader(members, { batchSize: 5 }), both, 23],
  [
    "GroupPairLoader with keys",
    new GroupPairLoader(members, { batchSize: 5, key: (item) => item.slice(-1) }),
    both,
    23,
  ],
  ["GroupTupleLoader", new GroupTupleLoader(members, { batchSize: 5, negatives: 2, duplicates: true }), both, 24],
  [
    "MixedLoader",
    new MixedLoader({
      a: new GroupLoader(groups, { batchSize: 6, balance: false }),
      b: new GroupLoader(others, { batchSize: 4, balance: false }),
    }),
    groups,
    46,
  ],
  [
    "MixedLoader in turn",
    new MixedLoader(
      { a: new LabelLoader(labels, { batchSize: 6 }), b: new LabelLoader(labels, { batchSize: 4 }) },
      { order: "round-robin" },
    ),
    both,
    46,
  ],
];

describe("Places of a loader", () => {
  for (const [name, loader, { reads }, count] of cases) {
    for (const whole of [true, false]) {
      it(`${name}: the same batches without reading again, ${whole ? "after" : "without"} going through all`, async () => {
        const request = { random: new Random(3), training: true };
        const expected = [];
        for (const epoch of [0, 1]) expected.push(await listOf(loader.epoch({ ...request, epoch })));
        const places = loader.places()!;
        expect(places.itemCount).to.equal(count);
        if (whole) {
          const met: string[] = [];
          for await (const block of places.blocks()) {
            met.push(...block.items);
            expect(await places.read(block.places!)).to.deep.equal(block.items);
          }
          expect(met).to.deep.equal(await listOf(loader.items()));
        }
        reads.fill(0);
        for (const epoch of [0, 1]) {
          const batches = await listOf(places.epoch({ ...request, epoch }));
          const most = Math.max(...reads);
          expect(most).to.be.at.most(whole ? 0 : 1);
          for (const [at, batch] of batches.entries()) {
            const items = await places.read(batch.items);
            expect({ ...batch, items }).to.deep.equal(expected[epoch]![at]);
          }
          reads.fill(0);
        }
        const skipped = await listOf(places.epoch({ ...request, epoch: 1, skip: 2 }));
        expect(skipped.map(({ position }) => position)).to.deep.equal(
          expected[1]!.slice(2).map(({ position }) => position),
        );
      });
    }
  }

  it("are not given by streams of one's own, by loaders that augment, and by loaders that make their own batches", () => {
    const stream = async function* () {
      yield* await Promise.resolve([{ item: "x", label: 1 }]);
    };
    class Own extends LabelLoader<string> {
      override epoch(request: Parameters<LabelLoader<string>["epoch"]>[0]) {
        return super.epoch({ ...request, epoch: 0 });
      }
    }
    expect(new LabelLoader(stream).places()).to.equal(null);
    expect(new LabelLoader(labels, { augment: (item) => item }).places()).to.equal(null);
    expect(new Own(labels).places()).to.equal(null);
    expect(new MixedLoader({ a: new LabelLoader(labels), b: new Own(labels) }).places()).to.equal(null);
    expect(new GroupPairLoader(members, { augment: (item) => item }).places()).to.equal(null);
    expect(new GroupTupleLoader(members, { augment: (item) => item }).places()).to.equal(null);
  });
});
