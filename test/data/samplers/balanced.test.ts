import { expect } from "chai";
import fc from "fast-check";
import { balanceShape } from "../../../data/samplers/balance-shape.js";
import { balancedBatches, balancedCount } from "../../../data/samplers/balanced.js";
import { groupSizes, groupTable, keepGroups } from "../../../data/samplers/group-table.js";
import { WeightedDraw } from "../../../data/samplers/weighted-draw.js";
import { Random } from "../../../lib/random.js";
import { count } from "../epoch.js";

describe("Balanced batches", () => {
  it("have P different groups with K rows each, which differ when the group has that many", () => {
    const cases = fc.record({
      sizes: fc.array(fc.integer({ min: 1, max: 15 }), { minLength: 2, maxLength: 12 }),
      groups: fc.integer({ min: 2, max: 5 }),
      perGroup: fc.integer({ min: 2, max: 5 }),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(cases, ({ sizes, groups: wanted, perGroup, seed }) => {
        const groups = Math.min(wanted, sizes.length);
        const groupOf = new Random(seed).shuffle(sizes.flatMap((size, group) => new Array<number>(size).fill(group)));
        const table = groupTable(groupOf);
        const shape = { groups, perGroup };
        const batches = [...balancedBatches(table, shape, new Random(seed))].map((batch) => Array.from(batch));
        expect(batches.length).to.equal(balancedCount(table, shape));
        const slots = sizes.reduce((sum, size) => sum + Math.ceil(size / perGroup), 0);
        expect(batches.length).to.equal(Math.max(1, Math.ceil(slots / groups)));
        for (const batch of batches) {
          expect(batch.length).to.equal(groups * perGroup);
          const perBatch = count(batch.map((row) => groupOf[row]!));
          expect([...perBatch.values()]).to.deep.equal(new Array(groups).fill(perGroup));
          for (const group of perBatch.keys()) {
            const rows = new Set(batch.filter((row) => groupOf[row] === group));
            expect(rows.size).to.equal(Math.min(perGroup, sizes[group]!));
          }
        }
        const seen = count(batches.flat());
        sizes.forEach((size, group) => {
          const rows = groupOf.flatMap((owner, row) => (owner === group ? [row] : []));
          const shown = rows.filter((row) => seen.has(row)).length;
          expect(shown, "rows of a group seen").to.equal(Math.min(size, batches.length * perGroup));
        });
      }),
    );
  });

  it("are as many as asked for, with all groups equally often whatever their sizes, and rows of each in turn", () => {
    const sizes = [2, 3, 40, 200, 5, 5];
    const groupOf = sizes.flatMap((size, group) => new Array<number>(size).fill(group));
    const shape = { groups: 4, perGroup: 2, batches: 30 };
    const batches = [...balancedBatches(groupTable(groupOf), shape, new Random(7))].map((batch) => Array.from(batch));
    expect(batches).to.have.length(30);
    for (const batch of batches) expect(count(batch.map((row) => groupOf[row]!)).size).to.equal(4);
    const rows = batches.flat();
    expect([...count(rows.map((row) => groupOf[row]!)).values()]).to.deep.equal(new Array(6).fill(40));
    // Forty rows of forty are each once, of five eight times.
    expect(new Set(rows.filter((row) => groupOf[row] === 2)).size).to.equal(40);
    expect([...count(rows.filter((row) => groupOf[row] === 4)).values()]).to.deep.equal(new Array(5).fill(8));
  });

  it("show every row exactly once when all groups are multiples of K", () => {
    const groupOf = Array.from({ length: 40 * 8 }, (_, row) => row % 40);
    const batches = [...balancedBatches(groupTable(groupOf), { groups: 8, perGroup: 4 }, new Random(1))];
    expect(batches.length).to.equal(10);
    expect([...count(batches.flatMap((batch) => Array.from(batch))).values()]).to.deep.equal(new Array(320).fill(1));
  });

  it("mix groups: over some epochs nearly every pair of groups meets", () => {
    const groupOf = Array.from({ length: 20 * 16 }, (_, row) => row % 20);
    const met = new Set<string>();
    for (let epoch = 0; epoch < 4; epoch += 1) {
      for (const batch of balancedBatches(groupTable(groupOf), { groups: 4, perGroup: 4 }, new Random(epoch))) {
        const groups = [...new Set(Array.from(batch, (row) => groupOf[row]!))].sort((a, b) => a - b);
        groups.forEach((left, place) => {
          for (const right of groups.slice(place + 1)) met.add(`${left} ${right}`);
        });
      }
    }
    expect(met.size).to.be.greaterThan(0.75 * 190);
  });

  it("keep a dominant group out of the way of the others: once a batch, another part of it each epoch", () => {
    const groupOf = [...new Array<string>(90).fill("large"), ...new Array<string>(10).fill("small")];
    const table = groupTable(groupOf);
    const shape = { groups: 2, perGroup: 4 };
    const epochs = [1, 2].map((seed) =>
      [...balancedBatches(table, shape, new Random(seed))].flatMap((batch) => Array.from(batch)),
    );
    expect(balancedCount(table, shape)).to.equal(13);
    const large = epochs.map((rows) => rows.filter((row) => row < 90));
    expect(large.map((rows) => new Set(rows).size)).to.deep.equal([52, 52]);
    expect(large[0]).to.not.deep.equal(large[1]);
  });

  it("choose a shape from the batch size and the groups there are", () => {
    const sizes = (groups: number, size: number): Int32Array => new Int32Array(groups).fill(size);
    expect(balanceShape("L", {}, 64, sizes(77, 100))).to.deep.equal({ groups: 16, perGroup: 4 });
    expect(balanceShape("L", {}, 64, sizes(77, 3))).to.deep.equal({ groups: 32, perGroup: 2 });
    expect(balanceShape("L", {}, 8, sizes(77, 100))).to.deep.equal({ groups: 4, perGroup: 2 });
    expect(balanceShape("L", {}, 64, sizes(10, 100))).to.deep.equal({ groups: 10, perGroup: 6 });
    expect(balanceShape("L", {}, 64, sizes(3, 5))).to.deep.equal({ groups: 3, perGroup: 5 });
    expect(balanceShape("L", { perGroup: 8 }, 64, sizes(77, 3))).to.deep.equal({ groups: 8, perGroup: 8 });
    expect(balanceShape("L", { groups: 4 }, 64, sizes(77, 3))).to.deep.equal({ groups: 4, perGroup: 16 });
    expect(() => balanceShape("L", { groups: 4 }, 64, sizes(3, 9))).to.throw(
      "L: balance.groups asks for 4 groups a batch and there are 3",
    );
    expect(() => balanceShape("L", {}, 64, sizes(1, 9))).to.throw("two groups or more and there is one only");
  });

  it("draw from an urn in proportion to the weights, never what has none", () => {
    const weights = [5, 0, 1, 0, 4, 0, 0];
    const urn = new WeightedDraw(weights);
    const random = new Random(5);
    const drawn = count(Array.from({ length: 10_000 }, () => urn.draw(random)));
    expect([...drawn.keys()].sort()).to.deep.equal([0, 2, 4]);
    expect(drawn.get(0)! / 1000).to.be.closeTo(5, 0.2);
    expect(drawn.get(2)! / 1000).to.be.closeTo(1, 0.2);
    urn.add(0, -5);
    urn.add(4, -4);
    expect(urn.total).to.equal(1);
    expect(urn.draw(random)).to.equal(2);
  });

  it("can leave groups out of a table", () => {
    const table = keepGroups(groupTable(["a", "b", "c", "a", "c", "c"]), (size) => size > 1);
    expect(table.names).to.deep.equal(["a", "c"]);
    expect([...table.rows]).to.deep.equal([0, 3, 2, 4, 5]);
    expect([...groupSizes(table)]).to.deep.equal([2, 3]);
  });
});
